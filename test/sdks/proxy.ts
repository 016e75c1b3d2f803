import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** What happens to one request on its way. */
export type Fault =
  | { readonly kind: "pass" }
  /** The connection is lost before the server has seen it. */
  | { readonly kind: "lost_before" }
  /** The server acts, and the connection is lost before it has answered. */
  | { readonly kind: "lost_after" }
  /** Another answer in the place of the server's, which sees nothing. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body?: unknown;
      readonly text?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly delay_ms?: number;
    }
  /** No answer comes. */
  | { readonly kind: "stalled" }
  /** An answer that begins and stops in the middle, and then waits, or is cut off. */
  | { readonly kind: "half"; readonly end: "wait" | "cut"; readonly body: unknown }
  /** An answer of whose head or body a byte comes again and again, and never the last one. */
  | { readonly kind: "drip"; readonly part: "head" | "body" };

/** A request as it came. */
export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A server that stands before another, and does to requests what it is told. */
export interface Proxy {
  /** Without a slash at the end. */
  readonly url: string;
  /** The same until the next plan: what comes later of a call that has been given up is not heard any more. */
  readonly urlOfPlan: string;
  /** Every request since the last plan. */
  readonly seen: readonly Seen[];
  /** Does these to the next requests, one to each, and lets all others pass; forgets what was seen. */
  plan(...faults: readonly Fault[]): void;
  /** Answers every request by itself, until the next plan. */
  answerAll(answer: (seen: Seen) => Extract<Fault, { kind: "answer" }>): void;
  close(): Promise<void>;
}

/** Starts one before a server on this machine; `target` is asked each time, for servers that are started again. */
export async function startProxy(target: () => string): Promise<Proxy> {
  let [faults, seen]: [Fault[], Seen[]] = [[], []];
  let every: ((seen: Seen) => Fault) | undefined;
  let number = 1;
  const begin = (planned: Fault[], answer?: typeof every) => {
    [faults, seen, every] = [planned, [], answer];
    number += 1;
  };
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await buffer(incoming);
      const { method = "GET", url = "/", headers } = incoming;
      const [, of, path = url] = /^\/plan-(\d+)(\/.*)$/.exec(url) ?? [];
      if (of !== undefined && Number(of) !== number) throw new Error("It is of another plan.");
      const one = { method, path, headers, body: body.toString() };
      seen.push(one);
      await suffer(every?.(one) ?? faults.shift() ?? { kind: "pass" }, {
        incoming,
        outgoing,
        path,
        body,
        target,
      });
    })().catch(() => outgoing.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    get urlOfPlan() {
      return `${url}/plan-${number}`;
    },
    get seen() {
      return seen;
    },
    plan: (...planned) => begin([...planned]),
    answerAll: (answer) => begin([], answer),
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

interface OnItsWay {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly path: string;
  readonly body: Buffer;
  readonly target: () => string;
}

async function suffer(fault: Fault, way: OnItsWay): Promise<void> {
  const { outgoing } = way;
  switch (fault.kind) {
    case "pass":
      return pass(way, false);
    case "lost_after":
      return pass(way, true);
    case "lost_before":
      outgoing.destroy();
      return;
    case "stalled":
      return;
    case "answer": {
      if (fault.delay_ms !== undefined) await sleep(fault.delay_ms);
      const text = fault.text ?? (fault.body === undefined ? "" : JSON.stringify(fault.body));
      outgoing.writeHead(fault.status, {
        "content-type": "application/json",
        "x-request-id": "req_of_the_proxy",
        ...fault.headers,
      });
      outgoing.end(text);
      return;
    }
    case "half": {
      const text = JSON.stringify(fault.body);
      outgoing.writeHead(200, {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(text)),
      });
      outgoing.write(text.slice(0, text.length / 2), () => {
        if (fault.end === "cut") outgoing.destroy();
      });
      return;
    }
    case "drip": {
      const { socket } = outgoing;
      if (fault.part === "body") outgoing.writeHead(200, { "content-type": "application/json" });
      else socket?.write("HTTP/1.1 200 OK\r\nX-Slow: ");
      const timer = setInterval(
        () => (fault.part === "body" ? outgoing.write(" ") : socket?.write("a")),
        20,
      );
      outgoing.once("close", () => clearInterval(timer));
      return;
    }
  }
}

async function pass(
  { incoming, outgoing, path, body, target }: OnItsWay,
  isLost: boolean,
): Promise<void> {
  const { method, headers } = incoming;
  const asking = ask(`${target()}${path}`, { method, headers, agent: false });
  asking.end(body);
  // The event's argument comes without a type.
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  const text = await buffer(answer);
  if (isLost) {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.end(text);
}
