import { apiOf } from "../api.ts";
import { startBackend } from "./load.ts";
import { table } from "./say.ts";
import { type LogLine, startServer } from "./server.ts";
import { openTable } from "./table-access.ts";
import { webhookBot } from "./webhook-bot.ts";

/** Counts calls and units of one message: of the route that takes it and of the worker that answers it. */
export async function messageCosts(): Promise<void> {
  const server = await startServer({ logLevel: "info" });
  const [backend, access] = [startBackend(), await openTable(server.dataDir)];
  try {
    const { api_key } = await access.team();
    const api = apiOf(server.url, api_key);
    const { channelId } = await webhookBot(api, (await backend.ask({})).url);
    let sent = 0;
    const send = async () => {
      const path = `/v1/channels/${channelId}/messages?wait=10`;
      const body = { user: { id: "user-1", name: "Ada" }, content: "How late are you open today?" };
      const { requestId, data } = await api("POST", path, body);
      const { conversation_id } = data["message"] as { conversation_id: string };
      sent += 1;
      const route = await server.line((line) => line.request_id === requestId);
      const isWorker = ({ worker, body: text }: LogLine) =>
        worker === "inbound" && text?.includes(conversation_id) === true;
      // Waits for the worker's end too, so that the next message finds it idle.
      return { route, worker: await server.line(isWorker, sent) };
    };
    const rows: (string | number)[][] = [];
    const count = async (name: string) => {
      const lines = await send();
      const sum = (of: (line: LogLine) => number) => of(lines.route) + of(lines.worker);
      rows.push(
        ...(["route", "worker"] as const).map((part) => [
          `${name}, ${part}`,
          lines[part].calls,
          lines[part].write_units,
          lines[part].read_units,
        ]),
        [
          `${name}, together`,
          sum(({ calls }) => calls),
          sum(({ write_units }) => write_units),
          sum(({ read_units }) => read_units),
        ],
      );
    };
    await count("first of a conversation");
    while (sent < 9) await send();
    await count("tenth and later");
    table(
      "SDK calls and units of one message (model: at most 12 calls, 28 W and 6 more for the first, 12 R)",
      ["message", "calls", "W", "R"],
      rows,
    );
  } finally {
    await Promise.all([access.close(), backend.stop()]);
    await server.stop();
  }
}
