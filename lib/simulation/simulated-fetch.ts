import { OutboundError } from "#shared/outbound/outbound-error";
import type { OutboundRequest, SafeFetch } from "#shared/outbound/safe-fetch";
import type { SimulatedProcess } from "./simulated-process.ts";

/** What a server does with a request. */
export interface Served {
  readonly ms: number;
  /** Undefined: it cuts the connection. */
  readonly status: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text: string;
  /** Told when the caller hears it. */
  readonly onHeard?: () => void;
}

/** Plays the servers that a process calls, which `name` stands for in its calls. */
export const simulatedFetch =
  (
    process: SimulatedProcess,
    name: string,
    serve: (url: string, request: OutboundRequest) => Served,
  ): SafeFetch =>
  async (url, request) => {
    const over = new AbortController();
    const { timeout_ms, signal } = request;
    const cancel = process.timer(timeout_ms, () =>
      over.abort(new OutboundError("timeout", "The server did not answer in time.")),
    );
    try {
      return await process.outside(
        name,
        AbortSignal.any([over.signal, ...(signal ? [signal] : [])]),
        () => {
          const { ms, status, headers = {}, text, onHeard } = serve(url, request);
          const answer = () => {
            onHeard?.();
            return answerOf(status, headers, text);
          };
          return { ms, answer };
        },
      );
    } catch (error) {
      if (signal?.aborted) throw new OutboundError("aborted", "The call was ended.", error);
      throw error;
    } finally {
      cancel();
    }
  };

function answerOf(status: number | undefined, headers: Record<string, string>, text: string) {
  if (status === undefined) throw new OutboundError("network", "The server cut the connection.");
  return { status, headers, body: Buffer.from(text), text: () => text };
}
