import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** Somebody whom the platform asks: what it does with a request, once that has come whole. */
export async function startStranger(
  answer: (response: ServerResponse, body: string, times: number) => void,
) {
  let times = 0;
  const waiting: (() => void)[] = [];
  const server = createServer((incoming: IncomingMessage, outgoing) => {
    void text(incoming).then((body) => {
      times += 1;
      answer(outgoing, body, times);
      waiting.splice(0).forEach((resolve) => resolve());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Resolves at the next request. */
    asked: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      return promise;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Answers with JSON. */
export const json = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
};
