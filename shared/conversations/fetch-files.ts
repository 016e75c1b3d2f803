import { isOfPlatform, type PlatformChannel } from "../channels/channel.ts";
import { openCredentials } from "../channels/channel-secrets.ts";
import { disconnectChannel } from "../channels/disconnect-channel.ts";
import { noteFetched, noteNotFetched } from "../channels/note-activity.ts";
import type { Refusal } from "../platforms/failure.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import { waitUntil } from "../work/end-lease.ts";
import type { WorkDeps } from "../work/work-on.ts";
import { asConversationWork } from "./conversation-work.ts";
import { fetchOnce, type FetchOnceDeps, type Wanted } from "./fetch-once.ts";
import type { StoredMessage } from "./message.ts";
import type { Handled, ReplyStore } from "./reply-store.ts";
import type { Turn } from "./turn.ts";

export interface FetchFilesDeps extends WorkDeps, FetchOnceDeps {
  readonly secrets: TeamSecrets;
  readonly replies: ReplyStore;
}

/** The history with its files, or what is done instead of answering. */
export type FetchedFiles =
  | { readonly history: readonly StoredMessage[] }
  | { readonly instead: () => Promise<Handled | "waits"> };

/**
 * Fetches the files that a backend is shown for the first time, those of the turn before others, and writes down of each
 * what became of it. Of the turn each file is there then or a text says why not; others are left for a later turn where
 * this one has no room for them.
 */
export async function fetchFiles(
  deps: FetchFilesDeps,
  turn: Turn,
  history: readonly StoredMessage[],
  signal: AbortSignal,
): Promise<FetchedFiles> {
  const { lease, channel, question } = turn;
  const { team_id } = lease.ref;
  const wanted = wantedOf(turn, history);
  if (wanted.length === 0 || !isOfPlatform(channel)) return { history };
  const { fetching } = asConversationWork(lease.item);
  const tries = fetching?.question === question.number ? fetching.tries : 0;
  const credentials = await openCredentials(deps.secrets, team_id, channel);
  const source = { team_id, type: channel.type, credentials };
  const { fetched, told, end, pause_ms } = await fetchOnce(deps, source, {
    history,
    wanted,
    tries,
    signal,
  });
  if (told === "came") await noteFetched(deps, team_id, channel);
  else if (told) await noteNotFetched(deps, team_id, channel, told);
  if (end !== undefined) return { instead: () => endWith(deps, turn, channel, end) };
  if (pause_ms === undefined) return { history: fetched };
  const next = { question: question.number, tries: tries + 1 };
  return { instead: () => waits(deps, turn, pause_ms, { fetching: next }) };
}

async function waits(
  deps: FetchFilesDeps,
  { lease }: Turn,
  pauseMs: number,
  set: Readonly<Record<string, unknown>> = {},
): Promise<"waits"> {
  await waitUntil(deps, lease, deps.clock() + pauseMs, set);
  return "waits";
}

async function endWith(
  deps: FetchFilesDeps,
  turn: Turn,
  channel: PlatformChannel,
  end: "gone" | Refusal,
): Promise<Handled | "waits"> {
  const now = deps.clock();
  // The turn is read again, without what was erased.
  if (end === "gone") return waits(deps, turn, 0);
  const { team_id } = turn.lease.ref;
  const outcome = await disconnectChannel(deps, team_id, channel, end.message, now);
  // The channel was changed meanwhile, perhaps by other credentials: with what it has now.
  if (outcome === "changed") return waits(deps, turn, 0);
  return deps.replies.leaveUnanswered(turn, now);
}

/** Those of the turn in the order of saying, then those that come newest. */
function wantedOf({ earlier, question }: Turn, history: readonly StoredMessage[]): Wanted[] {
  const ofTurn = new Set([...earlier, question].map(({ number }) => number));
  const inTurn = history.filter(({ number }) => ofTurn.has(number));
  const before = history.filter(({ number }) => !ofTurn.has(number)).toReversed();
  return [...inTurn, ...before].flatMap(({ number, files = [] }) =>
    files.map((file) => ({ number, file, isOfTurn: ofTurn.has(number) })),
  );
}
