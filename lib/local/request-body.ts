import type { IncomingMessage, ServerResponse } from "node:http";
import type { TakeRoom } from "#shared/runtime/room";

/** The most bytes of a body that an HTTP API takes. */
export const maxBodyBytes = 10 * 1024 * 1024;

/** What everybody may send without room for it. */
const roomlessBytes = 256 * 1024;

/**
 * Reads a body, and calls `whole` with it or `tooLong`. What is large waits for room, and has it until the answer is out. A
 * request that breaks off has no end, so nobody hears of half a body.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  takeRoom: TakeRoom,
  on: { readonly whole: (body: Buffer) => void; readonly tooLong: () => void },
): void {
  const chunks: Buffer[] = [];
  const expected = Number(request.headers["content-length"]) || maxBodyBytes;
  let size = 0;
  let isAsked = false;

  const waitForRoom = async () => {
    isAsked = true;
    request.pause();
    // Not for every request: aborting one costs as much as a tenth of a small one.
    const over = new AbortController();
    response.once("close", () => over.abort());
    const giveBack = await takeRoom(expected, over.signal);
    if (over.signal.aborted) return giveBack();
    over.signal.addEventListener("abort", () => giveBack(), { once: true });
    request.resume();
  };
  const take = (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > maxBodyBytes) {
      request.off("data", take).off("end", end);
      on.tooLong();
    } else if (size > roomlessBytes && !isAsked) {
      // Gone meanwhile: there is nobody to answer.
      waitForRoom().catch(() => {});
    }
  };
  const end = () => {
    const [first] = chunks;
    on.whole(first && chunks.length === 1 ? first : Buffer.concat(chunks, size));
  };
  request.on("data", take).on("end", end);
}
