import { mostFileBytes } from "../platforms/download-file.ts";
import type { Refusal } from "../platforms/failure.ts";
import type { TakeSharedRoom } from "../runtime/room.ts";
import type { Timer } from "../runtime/timers.ts";
import { lostFile } from "../schema/content.ts";
import type { Table } from "../table/table.ts";
import {
  type FetchedFile,
  fetchFile,
  type FetchFileDeps,
  type FileSource,
  shownName,
} from "./fetch-file.ts";
import type { AwaitedFile, StoredMessage, StoredPart } from "./message.ts";
import { settleFile } from "./settle-file.ts";

/** Files that are begun for one answer at most. */
const mostFiles = 20;
/** When so much has come for one answer, no further file is begun. */
const mostBytes = 5 * mostFileBytes;
/** Files of one answer that are fetched at once. */
const atOnce = 3;
/** All files of one answer together get this long: what backends may take still fits into a worker's time. */
const budgetMs = 40_000;
/** A file that had less than this of it is not given up for want of time. */
const leastMs = 20_000;
/** A file that a platform gives later is asked for so often, each time under another claim of the work. */
const mostTries = 3;
const pausesMs = [2_000, 10_000];
/** Nobody waits longer for a file. */
const longestPauseMs = 30_000;

export interface FetchOnceDeps extends FetchFileDeps {
  readonly table: Table;
  readonly timer: Timer;
  /** For the bytes of files, which are held in memory until they are kept. */
  readonly fileRoom: TakeSharedRoom;
}

/** A file that is to be fetched. */
export interface Wanted {
  /** Of its message. */
  readonly number: number;
  readonly file: AwaitedFile;
  /** Whether it is of the turn: then a text says why it is not there. Others are left where there is no room for them. */
  readonly isOfTurn: boolean;
}

/** What is tried. */
interface Try {
  readonly history: readonly StoredMessage[];
  readonly wanted: readonly Wanted[];
  /** How often this was tried before. */
  readonly tries: number;
  readonly signal: AbortSignal;
}

/** What a try came to. */
interface Tried {
  /** The history with what was fetched. */
  readonly fetched: readonly StoredMessage[];
  /** What of the channel keeps its files away, where none came; `came` once one did, undefined where it says nothing. */
  readonly told: "came" | Refusal | undefined;
  /** That a message was erased, or that the credentials are dead: then nothing more was fetched. */
  readonly end: "gone" | Refusal | undefined;
  /** After which what is left is to be tried again. */
  readonly pause_ms: number | undefined;
}

/** Tries to fetch files, in this order, and writes into each message what became of its own. */
export async function fetchOnce(
  deps: FetchOnceDeps,
  source: FileSource,
  given: Try,
): Promise<Tried> {
  const round = new Round(deps, source, given);
  await round.run();
  const { told, end, pause_ms } = round;
  return { fetched: round.history(), told, end, pause_ms };
}

class Round {
  told: Tried["told"];
  end: Tried["end"];
  pause_ms: number | undefined;
  private readonly deps: FetchOnceDeps;
  private readonly source: FileSource;
  private readonly given: Try;
  /** Messages by number, as they are now. */
  private readonly known: Map<number, StoredMessage>;
  /** What is written to a message comes after what is being written to it. */
  private readonly writing = new Map<number, Promise<void>>();
  private readonly over = new AbortController();
  private readonly stop: AbortSignal;
  private begun = 0;
  private bytes = 0;

  constructor(deps: FetchOnceDeps, source: FileSource, given: Try) {
    this.deps = deps;
    this.source = source;
    this.given = given;
    this.known = new Map(given.history.map((message) => [message.number, message]));
    this.stop = AbortSignal.any([given.signal, this.over.signal]);
  }

  /** Ends when nothing is under way any more, also where it throws. */
  async run(): Promise<void> {
    const rest = this.given.wanted.values();
    const cancel = this.deps.timer(budgetMs, () => this.over.abort(late));
    const runs = Array.from({ length: atOnce }, () =>
      this.fetchEach(rest).catch((error: unknown) => {
        this.over.abort();
        throw error;
      }),
    );
    const outcomes = await Promise.allSettled(runs);
    cancel();
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  history(): readonly StoredMessage[] {
    return this.given.history.map((message) => this.known.get(message.number) ?? message);
  }

  private async fetchEach(rest: Iterable<Wanted>): Promise<void> {
    for (const one of rest) {
      const becomes = await this.partFor(one);
      if (becomes) await this.settle(one, becomes);
    }
  }

  /** The part that a file becomes; undefined for one that is left. */
  private async partFor(one: Wanted): Promise<StoredPart | undefined> {
    const { number, file, isOfTurn } = one;
    const message = this.known.get(number);
    if (!message || (this.stop.aborted && !this.isLate())) return undefined;
    const hasRoom = this.begun < mostFiles && this.bytes < mostBytes && !this.isLate();
    if (!hasRoom) return isOfTurn ? lost(file, "There were too many for one answer.") : undefined;
    this.begun += 1;
    let giveBack: (() => void) | undefined;
    let from = Infinity;
    try {
      giveBack = await this.deps.fileRoom(this.source.team_id, roomFor(file), this.stop);
      from = this.deps.clock();
      return this.partOf(one, await fetchFile(this.deps, this.source, message, file, this.stop));
    } catch (error) {
      if (this.given.signal.aborted || !this.over.signal.aborted) throw error;
      // Others of this process may have had all the room for most of the time.
      const isShort = this.deps.clock() - from < leastMs;
      const isLeft = !this.isLate() || !isOfTurn || (isShort && this.isForLater());
      return isLeft ? undefined : lost(file, "It did not come in time.");
    } finally {
      giveBack?.();
    }
  }

  private partOf({ file: awaited }: Wanted, got: FetchedFile): StoredPart | undefined {
    if (got === "gone") return this.endWith(got);
    if (got.ok) {
      const { file } = got;
      this.bytes += file.size;
      this.told = "came";
      return { type: "stored_file", as: awaited.is_image ? "image" : "file", file };
    }
    if (got.class === "disconnected") return this.endWith(got);
    if (got.class === "configuration") this.told ??= got;
    const isLeft = got.class === "retry" && this.isForLater(got.retry_after_ms);
    return isLeft ? undefined : lost(awaited, got.message);
  }

  private endWith(why: "gone" | Refusal): undefined {
    this.end ??= why;
    this.over.abort();
  }

  private isLate(): boolean {
    return this.over.signal.reason === late;
  }

  /** Whether a file can be left for another try, which is then not before that time. */
  private isForLater(afterMs = pausesMs[this.given.tries] ?? 0): boolean {
    if (this.given.tries + 1 >= mostTries || afterMs > longestPauseMs) return false;
    this.pause_ms = Math.max(this.pause_ms ?? 0, afterMs);
    return true;
  }

  private settle({ number, file: { part } }: Wanted, becomes: StoredPart): Promise<void> {
    const write = async () => {
      const { team_id } = this.source;
      const message = this.known.get(number);
      const settled = message && (await settleFile(this.deps, team_id, message, { part, becomes }));
      if (settled) this.known.set(number, settled);
      else this.endWith("gone");
    };
    const written = (this.writing.get(number) ?? Promise.resolve()).then(write);
    this.writing.set(number, written);
    return written;
  }
}

const late = Symbol("late");

/** What a small file needs too, for its connections. */
const leastRoom = 4 * 1_048_576;

const roomFor = ({ size }: AwaitedFile) => Math.max(leastRoom, size ?? mostFileBytes);

const lost = (file: AwaitedFile, why: string): StoredPart => ({
  type: "text",
  text: lostFile(shownName(file), why),
});
