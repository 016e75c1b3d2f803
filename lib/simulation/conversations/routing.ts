import type { StoredMessage } from "#shared/conversations/message";
import type { Id } from "#shared/runtime/ids";
import type { World } from "../world.ts";
import type { AskedBackend, Backends } from "./backends.ts";
import type { Chat } from "./chat.ts";
import type { SeenBackends } from "./seen-backends.ts";
import { ordered, type SeenConversation, type SeenConversations } from "./seen-conversations.ts";
import { type ChatStory, isFallback } from "./story.ts";

/** What is looked at of who is asked. */
interface Routed {
  readonly story: ChatStory;
  readonly world: World;
  readonly chat: Chat;
  readonly backends: Backends;
  readonly seen: SeenConversations;
  readonly seenBackends: SeenBackends;
}

type Say = (problem: string) => void;

/** Who has failed often is passed over, a conversation stays where it is to, and fallbacks come after a failure. */
export function checkRouting(routed: Routed, say: Say): void {
  for (const one of routed.seen.all()) {
    for (const question of ordered(one.messages)) {
      const calls = routed.backends.about(question).filter((call) => !call.isBrokenOff());
      const [first] = calls;
      // A call that does not arrive fails all the same.
      const hasFailed = routed.seenBackends.failures.some(
        ({ conversation_id, number, at }) =>
          conversation_id === one.id && number === question.number && at <= (first?.from ?? 0),
      );
      if (!first || hasFailed) continue;
      const sayOf: Say = (problem) => say(`${one.id} ${question.number}: ${problem}`);
      checkFirst(routed, one, { question, first }, sayOf);
      if (routed.world.observer.faults === 0) checkOrder(routed, calls, sayOf);
    }
  }
  checkSkips(routed, say);
  checkRefusals(routed, say);
}

/** Who is asked first of all about a message. */
function checkFirst(
  routed: Routed,
  { messages, keptAt }: SeenConversation,
  { question, first }: { readonly question: StoredMessage; readonly first: AskedBackend },
  say: Say,
): void {
  const { story, chat, seenBackends, world } = routed;
  const from = keptAt.get(question.number) ?? 0;
  const skippedUntil = (backend: number) =>
    seenBackends.skippedUntil(idOf(chat, backend), from, first.from);
  const isWell = (backend: number) =>
    (skippedUntil(backend) ?? Infinity) < from - world.options.skewMs;
  const others = [...story.backends.keys()].filter((backend) => backend !== first.backend);
  const isSkipped = (skippedUntil(first.backend) ?? 0) > first.from + world.options.skewMs;
  const better = others.filter(isWell);
  if (isSkipped && better.length > 0) {
    say(`${first.backend} is asked while it is passed over, and not ${better.join()}`);
  }
  const candidates = others.filter((backend) => !isFallback(story, backend));
  if (isFallback(story, first.backend) && candidates.some(isWell)) {
    say(`the fallback ${first.backend} is asked first`);
  }
  const stays = story.isSticky ? stayingWith(routed, messages, question) : -1;
  if (stays >= 0 && stays !== first.backend && isWell(stays)) {
    say(`${first.backend} is asked and the conversation stays with ${stays}`);
  }
}

/** The integrations are the first in their order; what else a bot has is its echo. */
const idOf = ({ integrations }: Chat, backend: number): Id<"int"> =>
  integrations[backend] ?? "int_";

/** Who gave the last reply before a message that was not a fallback's; -1 for nobody. */
function stayingWith(
  { chat, story }: Routed,
  messages: SeenConversation["messages"],
  { number }: StoredMessage,
): number {
  const given = ordered(messages)
    .filter(({ reply_to }) => reply_to !== undefined && reply_to < number)
    .map(({ integration_id }) => chat.integrations.indexOf(integration_id ?? "int_"));
  return given.findLast((backend) => backend >= 0 && !isFallback(story, backend)) ?? -1;
}

/** Nobody is asked again, and but for one drawn all are fallbacks; a drawn one that is passed over comes last. */
function checkOrder({ story }: Routed, calls: readonly AskedBackend[], say: Say): void {
  const asked = calls.filter(({ isRefusal }) => !isRefusal).map(({ backend }) => backend);
  const drawn = asked.filter((backend) => !isFallback(story, backend));
  if (drawn.length > 1 || new Set(asked).size < asked.length) say(`asks ${asked.join()}`);
}

const mostFailures = 5;
const withinMs = 60_000;

/** Five failures within a minute, and no answer in between, have a backend passed over. */
function checkSkips({ chat, seen, seenBackends, world }: Routed, say: Say): void {
  if (world.observer.faults > 0) return;
  const replies = seen.all().flatMap(({ messages, keptAt }) =>
    [...messages.values()].map(({ integration_id, number }) => ({
      id: integration_id,
      at: keptAt.get(number) ?? 0,
    })),
  );
  for (const id of chat.integrations) {
    const failures = seenBackends.failures.filter((one) => one.id === id).map(({ at }) => at);
    for (const [index, last] of failures.entries()) {
      const first = failures[index - mostFailures + 1] ?? -Infinity;
      const isWithin = last - first < withinMs - 2 * world.options.skewMs;
      // What is noted beside the storing of an answer may come a moment later.
      const isAnswered = replies.some(
        (one) => one.id === id && one.at >= first - soonMs && one.at <= last,
      );
      const { until = 0 } =
        seenBackends.skips.findLast((one) => one.id === id && one.at <= last) ?? {};
      if (isWithin && !isAnswered && until < last - world.options.skewMs) {
        say(`${id} has failed five times and is asked on`);
      }
    }
  }
}

const soonMs = 3_000;

/** What takes no pictures is given none once that is known. */
function checkRefusals({ story, backends, seen, world }: Routed, say: Say): void {
  const refusals = seen.all().flatMap(({ messages, keptAt }) =>
    [...messages.values()].flatMap((question) => {
      const reply = messages.get(question.reply_number ?? 0);
      const repliedAt = keptAt.get(reply?.number ?? 0) ?? Infinity;
      return (
        backends
          .about(question)
          // One that comes too late says nothing.
          .filter(
            ({ isRefusal, from, at, timeoutMs }) =>
              isRefusal && at - from + world.options.latencyMs < timeoutMs,
          )
          .map(({ backend }) => ({ backend, repliedAt, keptAt: keptAt.get(question.number) ?? 0 }))
      );
    }),
  );
  for (const backend of story.backends.keys()) {
    const own = refusals.filter((one) => one.backend === backend);
    const knownAt = Math.min(...own.map(({ repliedAt }) => repliedAt));
    // What cannot be written down stops no reply.
    const again = own.filter((one) => one.keptAt > knownAt).length;
    if (again > world.observer.faults) say(`${backend} is given pictures again`);
  }
}
