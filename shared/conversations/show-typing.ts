import { isOfPlatform, type PlatformChannel } from "../channels/channel.ts";
import { openCredentials } from "../channels/channel-secrets.ts";
import { adapterOf } from "../platforms/adapters.ts";
import { baseUrlOf, platforms } from "../platforms/catalogue.ts";
import { describeError, log } from "../runtime/log.ts";
import { pauseFor } from "../runtime/timers.ts";
import type { SendReplyDeps, Watched } from "./send-reply.ts";
import { postTemporary } from "./temporary-message.ts";
import type { Turn } from "./turn.ts";

/** An answer that is there so soon needs no message to stand in for it, which people would be told of and not find. */
const soonMs = 300;

/**
 * Shows the user that an answer is on its way while it is made, at once and again as the platform needs it; a message
 * stands in for that where the platform has no place for it. It never stands in the way of the answer: what fails is left
 * out, and what is under way when the answer comes is broken off, or awaited after it.
 */
export async function whileTyping<T>(
  deps: Omit<SendReplyDeps, "replies">,
  turn: Turn,
  watched: Watched,
  act: () => Promise<T>,
): Promise<T> {
  const { bot, channel } = turn;
  if (!isOfPlatform(channel) || !bot.settings.typing_indicator) return act();
  const done = new AbortController();
  const shown = showUntil(deps, turn, channel, { ...watched, done: done.signal }).catch(
    (error: unknown) => {
      if (!done.signal.aborted) isNotShown(error);
    },
  );
  try {
    return await act();
  } finally {
    done.abort();
    await shown;
  }
}

async function showUntil(
  deps: Omit<SendReplyDeps, "replies">,
  turn: Turn,
  channel: PlatformChannel,
  { done, signal, pace }: Watched & { readonly done: AbortSignal },
): Promise<void> {
  const { address } = turn.question;
  const adapter = adapterOf(channel.type);
  const { typing_every_ms } = platforms[channel.type];
  if (!adapter.typing || typing_every_ms === null || !address) return;
  const credentials = await openCredentials(deps.secrets, turn.lease.ref.team_id, channel);
  const { fetch, clock, timer } = deps;
  const ask = { fetch, base_url: baseUrlOf(channel.type), clock };
  while (!done.aborted) {
    const shown = await adapter.typing({ ...ask, signal: done }, credentials, address);
    if (!shown.ok) {
      // What else stands in its way stands in the answer's too, and is told with that.
      const isPlaceless = shown.class === "refused" || shown.class === "configuration";
      if (!isPlaceless) return;
      await pauseFor(timer, soonMs, done);
      if (done.aborted) return;
      // Not to be waited for: the answer may be there before it is written down.
      turn.temporary.settled = postTemporary(
        deps,
        turn,
        { adapter, ask: { ...ask, signal }, credentials },
        pace,
      ).catch(isNotShown);
      return;
    }
    await pauseFor(timer, typing_every_ms, done);
  }
}

const isNotShown = (error: unknown) => log("warn", "typing_not_shown", describeError(error));
