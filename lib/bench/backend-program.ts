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
const asJson = (answer: object) => Buffer.from(JSON.stringify(answer));
const reply = asJson({ content, model: "fake", choices: [choice], usage });
const ofAnthropic = asJson({ type: "message", content, stop_reason: "end_turn", usage });
const ofBedrock = asJson({
  output: { message: { role: "assistant", content: [{ text: content }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 120, outputTokens: 6 },
});
const picture = Buffer.from("GIF89a");

const answerTo = (path: string) =>
  path.endsWith("/messages") ? ofAnthropic : path.endsWith("/converse") ? ofBedrock : reply;

// A webhook backend, and a server with the interfaces of all vendors of models, that answers at once, whatever it is
// asked; who gets something from it gets a picture.
const server = createServer((request, response) => {
  const [type, answer] =
    request.method === "GET"
      ? ["image/gif", picture]
      : ["application/json", answerTo(request.url ?? "")];
  request.on("end", () => {
    response.writeHead(200, { "content-type": type, "content-length": answer.length });
    response.end(answer);
  });
  request.resume();
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1");
await once(server, "listening");

answerAll(async (): Promise<BackendAddress> => {
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
});
