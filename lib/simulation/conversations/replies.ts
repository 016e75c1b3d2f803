import type { StoredMessage } from "#shared/conversations/message";
import type { World } from "../world.ts";
import type { Backends } from "./backends.ts";
import type { Chat } from "./chat.ts";
import type { ChatStory } from "./story.ts";

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
  { number, content, delivery, metadata }: StoredMessage,
  say: (problem: string) => void,
): void {
  const { faults } = world.observer;
  const asked = backends.asked.filter((one) => one.question === question.id);
  const isFailed = metadata["failed"] === true;
  const isGivenUp = delivery?.error?.code === "not_answered";
  // Five claims in a row ended without progress.
  if (isGivenUp && faults < 5) say(`reply ${number} was given up after ${faults} mishaps`);
  if (isFailed && content !== chat.bot.settings.error_message) {
    say(`reply ${number} is no error message`);
  }
  if (isFailed && !isGivenUp) {
    const failed = (backend: number) =>
      asked.some((one) => one.backend === backend && (!one.answer || one.mayBeLate));
    if (!wasLate(world) && !story.backends.every((_, backend) => failed(backend))) {
      say(`reply ${number} says that all backends failed`);
    }
  }
  if (!isFailed && story.backends.length > 0 && !asked.some(({ answer }) => answer === content)) {
    say(`reply ${number} is no answer of a backend: ${JSON.stringify(content)}`);
  }
}

/** Whether somebody stood still, or a call took long. */
export const wasLate = ({ calls }: World) =>
  calls.some((call) => /← .*"(slow|stall_before|stall_after)"/.test(call));
