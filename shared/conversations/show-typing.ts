import { isOfPlatform, type PlatformChannel } from "../channels/channel.ts";
import { openCredentials } from "../channels/channel-secrets.ts";
import { adapterOf } from "../platforms/adapters.ts";
import { baseUrlOf, platforms } from "../platforms/catalogue.ts";
import { describeError, log } from "../runtime/log.ts";
import { pauseFor } from "../runtime/timers.ts";
import type { SendReplyDeps } from "./send-reply.ts";
import type { Turn } from "./turn.ts";

/**
 * Shows the user that an answer is on its way while it is made, at once and again as the platform needs it. It never
 * stands in the way of the answer: what fails is left out, and what is under way when the answer comes is broken off.
 */
export async function whileTyping<T>(
  deps: Omit<SendReplyDeps, "replies">,
  turn: Turn,
  act: () => Promise<T>,
): Promise<T> {
  const { bot, channel } = turn;
  if (!isOfPlatform(channel) || !bot.settings.typing_indicator) return act();
  const done = new AbortController();
  const shown = showUntil(deps, turn, channel, done.signal).catch((error: unknown) => {
    if (!done.signal.aborted) log("warn", "typing_not_shown", describeError(error));
  });
  try {
    return await act();
  } finally {
    done.abort();
    await shown;
  }
}

async function showUntil(
  deps: Omit<SendReplyDeps, "replies">,
  { lease, question: { address } }: Turn,
  channel: PlatformChannel,
  signal: AbortSignal,
): Promise<void> {
  const { typing } = adapterOf(channel.type);
  if (!typing || !address) return;
  const credentials = await openCredentials(deps.secrets, lease.ref.team_id, channel);
  const { fetch, clock, timer } = deps;
  const base_url = baseUrlOf(channel.type);
  const { typing_every_ms } = platforms[channel.type];
  while (!signal.aborted) {
    const shown = await typing({ fetch, base_url, clock, signal }, credentials, address);
    // What stands in its way stands in the answer's too, and is told with that.
    if (!shown.ok) return;
    await pauseFor(timer, typing_every_ms, signal);
  }
}
