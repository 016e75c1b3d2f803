import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerAll } from "./program.ts";

/** Where the backend is. */
export interface BackendAddress {
  readonly url: string;
}

const content = "Noted. Anything else?";
const choice = { index: 0, message: { role: "assistant", content }, finish_reason: "stop" };
const usage = { prompt_tokens: 120, completion_tokens: 6, total_tokens: 126 };
const reply = Buffer.from(JSON.stringify({ content, model: "fake", choices: [choice], usage }));

// A webhook backend, and a server with OpenAI's interface, that answers at once, whatever it is asked.
const server = createServer((request, response) => {
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": reply.length });
    response.end(reply);
  });
  request.resume();
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1");
await once(server, "listening");

answerAll(async (): Promise<BackendAddress> => {
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
});
