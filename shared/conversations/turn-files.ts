import type { FileReference } from "../files/file.ts";
import type { FileStore } from "../files/file-store.ts";
import { fileIdOfUrl } from "../files/file-url.ts";
import type { ChatFile, OpenedFile, OpenFiles } from "../models/given-files.ts";
import { mostCallBytes, mostCallFiles } from "../models/vendor-files.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { fetchAttachment, fileNameOf } from "../platforms/download-file.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { describeError, log } from "../runtime/log.ts";
import type { GiveBack, TakeSharedRoom } from "../runtime/room.ts";
import { setFree } from "../runtime/set-free.ts";
import type { Timer } from "../runtime/timers.ts";
import type { Attachment } from "../schema/content.ts";
import type { StoredMessage } from "./message.ts";

export interface TurnFilesDeps {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly files: FileStore;
  /** For their bytes, which are held in memory until the turn is answered. */
  readonly fileRoom: TakeSharedRoom;
}

/** The files of a history, opened at most once for all backends that are asked. */
export interface TurnFiles {
  readonly open: OpenFiles;
  /** Gives their memory back. */
  close(): void;
}

const tooMany = "There were too many for one answer.";
const tooLate = "It did not come in time.";

/** Opens files for models: ours out of the bucket, others from where they are, one after another. */
export function openTurnFiles(
  deps: TurnFilesDeps,
  teamId: Id<"team">,
  history: readonly StoredMessage[],
): TurnFiles {
  const own = new Map(ownFiles(history).map((file) => [file.id, file]));
  const lost = (file: ChatFile, why: string): OpenedFile => {
    const kept = ownOf(file);
    return { ok: false, name: kept ? kept.name : fileNameOf(attachmentOf(file)), why };
  };
  const ownOf = ({ url }: ChatFile) => own.get(fileIdOfUrl(url) ?? "file_");
  const opened = new Map<string, OpenedFile>();
  let giveBack: GiveBack | undefined;
  let left = mostCallBytes;

  const openOne = async (
    file: ChatFile,
    endsAt: number,
    signal: AbortSignal,
  ): Promise<OpenedFile> => {
    const kept = ownOf(file);
    if (!kept) return fetchOne(deps, file, { left, endsAt, signal });
    if (kept.size > left) return { ok: false, name: kept.name, why: tooMany };
    return readOne(deps, teamId, kept);
  };

  const openAll = async (files: readonly ChatFile[], endsAt: number, signal: AbortSignal) => {
    const sizes = files.map((file) => ownOf(file)?.size ?? mostCallBytes);
    const wanted = sizes.reduce((sum, size) => sum + size, 0);
    giveBack ??= await deps.fileRoom(teamId, Math.min(wanted, mostCallBytes), signal);
    for (const file of files) {
      if (opened.has(file.url)) continue;
      const isLate = deps.clock() >= endsAt;
      const isFull = left === 0 || opened.size >= mostCallFiles;
      const one = isLate || isFull ? undefined : await openOne(file, endsAt, signal);
      opened.set(file.url, one ?? lost(file, isLate ? tooLate : tooMany));
      if (one?.ok) left -= one.bytes.byteLength;
    }
    giveBack(mostCallBytes - left);
  };

  return {
    open: async (files, { timeout_ms, signal }) => {
      const endsAt = deps.clock() + timeout_ms;
      const over = new AbortController();
      const cancel = deps.timer(timeout_ms, () => over.abort());
      try {
        await openAll(files, endsAt, AbortSignal.any([signal, over.signal]));
      } catch (error) {
        if (signal.aborted || !over.signal.aborted) throw error;
      } finally {
        cancel();
      }
      const late = files.filter(({ url }) => !opened.has(url));
      for (const file of late) opened.set(file.url, lost(file, tooLate));
      return opened;
    },
    close: () => {
      for (const file of opened.values()) if (file.ok) setFree(file.bytes);
      giveBack?.();
    },
  };
}

/** Files that are kept for the messages themselves: a URL of another one's file is as good as one of a stranger. */
const ownFiles = (history: readonly StoredMessage[]): readonly FileReference[] =>
  history.flatMap(({ content }) =>
    typeof content === "string"
      ? []
      : content.flatMap((part) => (part.type === "stored_file" ? part.file : [])),
  );

async function readOne(
  { files }: TurnFilesDeps,
  teamId: Id<"team">,
  file: FileReference,
): Promise<OpenedFile> {
  const { name, mime_type } = file;
  try {
    const bytes = await files.read(teamId, file);
    return bytes
      ? { ok: true, bytes, name, mime_type }
      : { ok: false, name, why: "It is no longer there." };
  } catch (error) {
    log("warn", "file_not_read", describeError(error));
    return { ok: false, name, why: "It could not be read just now." };
  }
}

const attachmentOf = ({ url, name, mime_type }: ChatFile): Attachment => ({
  type: "file",
  url,
  name: name ?? undefined,
  mime_type: mime_type ?? undefined,
});

async function fetchOne(
  { fetch, clock }: TurnFilesDeps,
  file: ChatFile,
  {
    left,
    endsAt,
    signal,
  }: { readonly left: number; readonly endsAt: number; readonly signal: AbortSignal },
): Promise<OpenedFile> {
  const attachment = attachmentOf(file);
  const name = fileNameOf(attachment);
  const bounded: SafeFetch = (at, request) =>
    fetch(at, {
      ...request,
      max_bytes: Math.min(request.max_bytes, left),
      timeout_ms: Math.max(1, Math.min(request.timeout_ms, endsAt - clock())),
    });
  const got = await fetchAttachment({ fetch: bounded, base_url: "", clock, signal }, attachment);
  if (got.ok) return { ok: true, bytes: got.bytes, name, mime_type: got.mime_type };
  const isForWant = got.code === "too_large" && left < mostCallBytes;
  return { ok: false, name, why: isForWant ? tooMany : got.message };
}
