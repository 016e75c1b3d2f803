import type { StoredMessage } from "#shared/conversations/message";
import { group, movedGroup } from "./story.ts";
import type { SendCall } from "./telegram.ts";

type Say = (problem: string) => void;

/** A reply is a text. */
const wordsOf = (content: StoredMessage["content"]) => (typeof content === "string" ? content : "");

/** The calls that have sent parts of a reply; one that no backend gave is told by what it answers. */
export function callsOf(
  sends: readonly SendCall[],
  question: StoredMessage,
  { content }: StoredMessage,
): SendCall[] {
  const number = numberIn(wordsOf(content));
  const { platform_message_id } = question;
  return sends.filter(({ said, quotes }) =>
    number === undefined
      ? said === content && quotes === platform_message_id
      : numberIn(said) === number,
  );
}

/** Which answer a part is of. */
const numberIn = (said: string) => /(?:answer |files\.example\/)(\d+)/.exec(said)?.[1];

/** What is known of the sending of a reply. */
export interface Sending {
  readonly calls: readonly SendCall[];
  /** Whether its conversation was deleted, perhaps meanwhile: then nothing more is written down. */
  readonly isDeleted: boolean;
}

/** What was written down as sent is what the platform has, in order, whole when it is said to be; nothing else is there. */
export function checkParts(
  question: StoredMessage,
  reply: StoredMessage,
  { calls, isDeleted }: Sending,
  say: Say,
): void {
  const { number, parts_sent = [], delivery } = reply;
  const written: SendCall[] = [];
  for (const { id } of parts_sent) {
    const call = calls.find((one) => one.id === id);
    if (!call?.isHeard) say(`reply ${number} names ${id}, which nobody heard of`);
    if (call) written.push(call);
  }
  if (new Set(written).size < written.length) say(`reply ${number} names a message twice`);
  if (written.some(({ at }, index) => at < (written[index - 1]?.at ?? 0))) {
    say(`reply ${number} names its parts in another order`);
  }
  checkWhole(reply, written, say);
  for (const { said, chat, quotes } of calls) {
    const asked = String(question.address?.["chat_id"]);
    const isThere = chat === asked || (asked === group && chat === movedGroup);
    if (!isThere) say(`${said} is sent to ${chat}`);
    const isFirst = isBeginning(reply, said);
    const right = isFirst ? question.platform_message_id : undefined;
    if (quotes !== right) say(`${said} quotes ${quotes}`);
  }
  for (const call of calls) {
    const isExplained = written.includes(call) || isDeleted || isInDoubt(call, calls);
    if (call.id !== undefined && !isExplained) {
      say(`reply ${number}: ${call.said} was sent and is not written down (${delivery?.status})`);
    }
  }
}

/** The texts of a reply are its content, and its files follow; of one that was not sent they are its beginning. */
function checkWhole(
  { number, content, attachments, delivery }: StoredMessage,
  written: readonly SendCall[],
  say: Say,
): void {
  const said = written.map((one) => one.said);
  const firstFile = said.findIndex((words) => words.includes("files.example"));
  const texts = firstFile < 0 ? said : said.slice(0, firstFile);
  const files = said.slice(texts.length);
  const words = texts.join("\n\n");
  const isWhole = words === content;
  const isRight =
    (isWhole || (wordsOf(content).startsWith(words) && files.length === 0)) &&
    files.every((file, place) => file === attachments[place]?.url);
  if (!isRight) say(`reply ${number} is written down as ${JSON.stringify(said)}`);
  if (delivery?.status === "sent" && !(isWhole && files.length === attachments.length)) {
    say(`reply ${number} is sent, and only ${said.length} parts of it are`);
  }
}

/** Whether a reply begins with this. */
const isBeginning = ({ content }: StoredMessage, said: string) => wordsOf(content).startsWith(said);

/** Whether who sent it could not tell that it had arrived, or could not write it down: then it sent nothing more. */
function isInDoubt(call: SendCall, calls: readonly SendCall[]): boolean {
  const { does, process } = call;
  if (does !== "ok") return true;
  const last = calls.findLast((one) => one.process === process);
  return last === call && (process.isDead || process.faults > 0);
}

/** What there was of what. */
export function figuresOfCalls(sends: readonly SendCall[]): Record<string, number> {
  const obeyed = sends.filter(({ id }) => id !== undefined);
  const parts = new Set(obeyed.map(({ chat, quotes, said }) => `${chat} ${quotes} ${said}`));
  return { "parts sent": parts.size, "parts doubled": obeyed.length - parts.size };
}
