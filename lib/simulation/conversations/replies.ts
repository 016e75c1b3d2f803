import { isDeepStrictEqual } from "node:util";
import type { StoredMessage } from "#shared/conversations/message";
import type { World } from "../world.ts";
import type { Backends } from "./backends.ts";
import type { Chat } from "./chat.ts";
import { type ChatStory, isFallback } from "./story.ts";

/** Where a reply was made. */
interface Made {
  readonly backends: Backends;
  readonly story: Pick<ChatStory, "backends">;
  readonly chat: Chat;
  readonly world: World;
}

/** A reply is what a backend answered, or the error message for a reason. */
export function checkReply(
  { backends, story, chat, world }: Made,
  question: StoredMessage,
  { number, content, delivery, metadata, integration_id }: StoredMessage,
  say: (problem: string) => void,
): void {
  const { faults } = world.observer;
  const asked = backends.about(question);
  const isFailed = metadata["failed"] === true;
  const isGivenUp = delivery?.error?.code === "not_answered";
  // Five claims in a row ended without progress.
  if (isGivenUp && faults < 5) say(`reply ${number} was given up after ${faults} mishaps`);
  if (isFailed && content !== chat.bot.settings.error_message) {
    say(`reply ${number} is no error message`);
  }
  if (isFailed && !isGivenUp) {
    const failed = (backend: number) =>
      asked.some((one) => {
        // A model that is given no more pictures is asked again.
        const isFailure = one.answer === undefined && !one.isRefusal;
        return one.backend === backend && (isFailure || one.mayBeLate);
      });
    const all = [...story.backends.keys()];
    const fallbacks = all.filter((backend) => isFallback(story, backend));
    const haveFailed = fallbacks.every(failed) && all.some(failed);
    if (!wasLate(world) && all.length > 0 && !haveFailed) {
      say(`reply ${number} says that all backends failed`);
    }
  }
  if (isFailed || story.backends.length === 0) return;
  const given = asked.find(({ answer }) => answer === content);
  if (!given) return say(`reply ${number} is no answer of a backend: ${JSON.stringify(content)}`);
  if (chat.integrations[given.backend] !== integration_id) say(`reply ${number} is another's`);
  if (!isDeepStrictEqual(metadata["usage"], given.usage)) say(`reply ${number} has another usage`);
}

/** Whether somebody stood still, or a call took long. */
export const wasLate = ({ calls }: World) =>
  calls.some((call) => /← .*"(slow|stall_before|stall_after)"/.test(call));
