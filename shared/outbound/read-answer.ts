import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { CallSlot } from "./call-slots.ts";
import { textOf } from "./charset.ts";
import { networkError, OutboundError } from "./outbound-error.ts";
import { type Unpacker, unpackerFor } from "./unpacker.ts";

/** How an answer begins. */
export interface OutboundHead {
  readonly status: number;
  /** Names in lower case; without those of a packing that is already undone. */
  readonly headers: Readonly<Record<string, string>>;
  /** Each `Set-Cookie` for itself. */
  readonly cookies?: readonly string[];
}

/** What came back, whatever its status: a redirect is not followed and comes back as it is. */
export interface OutboundResponse extends OutboundHead {
  /** Unpacked, all of it or what is kept of it. */
  readonly body: Uint8Array;
  /** The body in the charset that its content type names, or else as UTF-8. */
  readonly text: () => string;
}

/** What of an answer is read. */
export interface AnswerLimits {
  /** As the people of the team know it. */
  readonly host: string;
  /** Of the body, packed and unpacked. */
  readonly max_bytes: number;
  readonly enough_bytes: number | undefined;
  readonly kept_bytes: number | undefined;
  readonly has_room: boolean | undefined;
  readonly onData: ((chunk: Uint8Array, head: OutboundHead) => "enough" | void) | undefined;
}

/** An answer that is being read. */
export interface IncomingAnswer {
  readonly soFar: () => OutboundResponse;
  /** Whether its end has come. */
  readonly isWhole: () => boolean;
  /** Whether it waits for room. */
  readonly isHeld: () => boolean;
  readonly stop: () => void;
}

/** What everybody may hold of an answer without room for it. */
const roomlessBytes = 262_144;

/** Reads an answer until it is whole, enough or too much; then calls `finish` or `fail`, once. */
export function readAnswer(
  response: IncomingMessage,
  { host, max_bytes, enough_bytes, kept_bytes = max_bytes, has_room, onData }: AnswerLimits,
  on: {
    readonly finish: () => void;
    readonly fail: (error: Error) => void;
    readonly takeRoom: CallSlot["takeRoom"];
  },
): IncomingAnswer {
  const packing = response.headers["content-encoding"];
  const makeUnpacker = unpackerFor(packing);
  const head = headOf(response, makeUnpacker !== undefined);
  const length = makeUnpacker ? 0 : Number(response.headers["content-length"]) || 0;
  const most = Math.min(kept_bytes, length || max_bytes, max_bytes);
  const received = new Growing(max_bytes, kept_bytes, length);
  // Of those that wait alone: to abort one costs as much as much else of a call.
  let waiting: AbortController | undefined;
  let unpacker: Unpacker | undefined;
  let arrived = 0;
  let room: "none" | "awaited" | "taken" = has_room ? "taken" : "none";
  let isOver = false;

  const end = (tell: () => void) => {
    if (isOver) return;
    isOver = true;
    tell();
  };
  const waitForRoom = (source: Readable, chunk: Uint8Array) => {
    room = "awaited";
    source.pause();
    waiting = new AbortController();
    on.takeRoom(most, waiting.signal).then(
      () => {
        room = "taken";
        read(chunk);
        source.resume();
      },
      // Ended meanwhile.
      () => undefined,
    );
  };
  const read = (chunk: Uint8Array) => {
    if (isOver) return;
    if (room === "none" && Math.min(most, received.size + chunk.length) > roomlessBytes) {
      return waitForRoom(unpacker ?? response, chunk);
    }
    const rest = (enough_bytes ?? Infinity) - received.size;
    if (!received.add(chunk.subarray(0, rest))) {
      return end(() => on.fail(tooLarge(host, max_bytes)));
    }
    try {
      if (chunk.length >= rest || onData?.(chunk, head) === "enough") end(on.finish);
    } catch (error) {
      // Nobody stands above us who could catch it: it would end the process.
      end(() => on.fail(error instanceof Error ? error : new Error(String(error))));
    }
  };
  const unpack = (chunk: Uint8Array, make: (first: Uint8Array) => Unpacker) => {
    unpacker ??= make(chunk)
      .on("data", read)
      .on("end", () => end(on.finish))
      .on("error", (error) => end(() => on.fail(notUnpacked(host, packing, error))));
    if (unpacker.write(chunk)) return;
    response.pause();
    unpacker.once("drain", () => response.resume());
  };

  response.on("data", (chunk: Uint8Array) => {
    if (isOver) return;
    arrived += chunk.length;
    if (!makeUnpacker) read(chunk);
    else if (arrived > max_bytes) end(() => on.fail(tooLarge(host, max_bytes)));
    else unpack(chunk, makeUnpacker);
  });
  response.on("error", (error) => end(() => on.fail(networkError(host, "reading", error))));
  response.on("end", () => (unpacker ? unpacker.end() : end(on.finish)));

  return {
    soFar: () => {
      const body = received.bytes();
      return { ...head, body, text: () => textOf(body, head.headers["content-type"]) };
    },
    isWhole: () => response.complete,
    isHeld: () => room === "awaited",
    stop: () => {
      isOver = true;
      waiting?.abort();
      unpacker?.destroy();
    },
  };
}

/** Not a list of chunks: a server that sends single bytes would make us hold a hundred times what it sent. */
class Growing {
  size = 0;
  private held = Buffer.alloc(0);
  private readonly max: number;
  private readonly kept: number;
  /** As the answer says; 0 where it does not. */
  private readonly expected: number;

  constructor(max: number, kept: number, expected: number) {
    this.max = max;
    this.kept = Math.min(kept, max);
    this.expected = expected;
  }

  /** False when it does not fit. */
  add(chunk: Uint8Array): boolean {
    const size = this.size + chunk.length;
    if (size > this.max) return false;
    const needed = Math.min(size, this.kept);
    if (needed > this.held.length) {
      const next = Math.max(needed, this.expected, 2 * this.held.length);
      const larger = Buffer.allocUnsafe(Math.min(this.kept, next));
      larger.set(this.bytes());
      this.held = larger;
    }
    if (this.size < needed) this.held.set(chunk.subarray(0, needed - this.size), this.size);
    this.size = size;
    return true;
  }

  bytes(): Buffer {
    return this.held.subarray(0, this.size);
  }
}

const tooLarge = (host: string, maxBytes: number) =>
  new OutboundError("too_large", `The answer of ${host} is larger than ${bytes(maxBytes)}.`);

function bytes(count: number): string {
  if (count % 1_048_576 === 0) return `${count / 1_048_576} MiB`;
  if (count % 1_024 === 0) return `${count / 1_024} KiB`;
  return `${count} bytes`;
}

const notUnpacked = (host: string, packing = "", cause: unknown) =>
  new OutboundError(
    "network",
    `The answer of ${host} cannot be unpacked: it is not what its content-encoding (${packing.slice(0, 20)}) says.`,
    cause,
  );

function headOf(response: IncomingMessage, isUnpacked: boolean): OutboundHead {
  const headers: Record<string, string> = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  if (isUnpacked) {
    delete headers["content-encoding"];
    delete headers["content-length"];
  }
  return {
    status: response.statusCode ?? 0,
    headers,
    cookies: response.headers["set-cookie"] ?? [],
  };
}
