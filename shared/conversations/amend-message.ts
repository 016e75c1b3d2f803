import { usagePart } from "../figures/figures.ts";
import { isoTime } from "../runtime/clock.ts";
import { isSameJson } from "../schema/same-json.ts";
import { all, below, changes, equals, exists, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Operation, Table } from "../table/table.ts";
import { armIfIdle } from "../work/work-item.ts";
import { asMessage } from "./conversation-store.ts";
import { isErased, type StoredMessage } from "./message.ts";
import { type Arrival, type MessagePlan, notBefore, wantsAnswer } from "./plan-message.ts";

/**
 * Adds to a kept message what a later delivery of it brings: files that it lacked, or that it is for the bot. To one that
 * was answered or erased nothing is added. Gives the message as it is then.
 */
export function amendMessage(
  table: Table,
  plan: MessagePlan,
  kept: StoredMessage,
): Promise<StoredMessage> {
  const { conversation_id, number } = kept;
  const key = keys.message(plan.teamId, conversation_id, number);
  let message: StoredMessage | undefined = kept;
  let isOvertaken = false;
  return overChanges(["conversation", conversation_id], async (isOld) => {
    if (isOld) {
      const row = await table.get(key);
      message = row && asMessage(row);
    }
    if (!message || message.reply_number !== undefined || isErased(message)) return message ?? kept;
    const added = addedBy(plan.arrival, message);
    const isCalled = message.overheard === true && wantsAnswer(plan) && !isOvertaken;
    if (!added && !isCalled) return message;
    const { content } = message;
    const set = {
      ...added,
      ...(isCalled && { answer: true }),
      updated_at: isoTime(Math.max(plan.mint.now, Date.parse(message.updated_at))),
    };
    const outcome = await table.transactOnce({
      message: {
        update: key,
        change: { set, ...(isCalled && { remove: ["overheard"] }) },
        condition: all(
          missing("reply_number"),
          equals("content", content),
          ...(isCalled ? [exists("overheard")] : []),
        ),
      },
      work: isCalled ? callPart(plan, message) : undefined,
      // It was counted when it was kept, as what wants no answer, and will be counted with its answer.
      usage: isCalled
        ? usagePart(plan.teamId, conversation_id, Date.parse(message.created_at), { messages: -1 })
        : undefined,
    });
    if (outcome.applied) return { ...message, ...set };
    const { failed } = outcome;
    // What was said after it was for the bot too, and is answered with this in sight.
    if (failed.work) isOvertaken = true;
    if (failed.message) message = failed.message.item && asMessage(failed.message.item);
    return undefined;
  });
}

/** What the arrival says beyond the message, which begins like it: as one that came without its files. */
function addedBy(
  { content, from_platform }: Arrival,
  message: StoredMessage,
): Pick<StoredMessage, "content" | "files"> | undefined {
  const [before, now] = [partsOf(message.content), partsOf(content)];
  const begins = now.length > before.length && isSameJson(now.slice(0, before.length), before);
  const files = from_platform?.files;
  return begins ? { content, ...(files && { files }) } : undefined;
}

const partsOf = (content: StoredMessage["content"]) =>
  typeof content === "string" ? [{ type: "text", text: content }] : content;

/** The part that has a message answered, unless what came after it is to be. */
function callPart(
  plan: MessagePlan,
  { conversation_id, number }: Pick<StoredMessage, "conversation_id" | "number">,
): Operation {
  const work = keys.conversationWork(plan.teamId, conversation_id);
  return {
    update: work,
    change: changes(
      { set: { last_inbound: number } },
      armIfIdle(work, notBefore(plan), plan.mint.now),
    ),
    condition: all(below("last_inbound", number), below("handled", number)),
  };
}
