import { type Agent, request } from "node:http";

/** A request. */
export interface BenchRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends a request over a connection of an agent. */
export function send(agent: Agent, url: string, wanted: BenchRequest): Promise<Answer> {
  const { method, path, headers, body } = wanted;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const outgoing = request(`${url}${path}`, {
      method,
      agent,
      headers: { ...headers, ...length },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.end(body);
  });
}
