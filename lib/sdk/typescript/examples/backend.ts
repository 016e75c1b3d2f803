// A backend of a bot: SIGNING_SECRET is that of its integration, whose url is where this server can be reached.
import { createServer } from "node:http";
import { ChatbotPlatform, toNodeHandler } from "@chatbot-platform/sdk";

const client = new ChatbotPlatform();
const handler = client.createBackend(
  process.env["SIGNING_SECRET"] ?? "",
  ({ messages, bot }) => ({ content: `${bot.name} has read ${messages.length} messages.` }),
  { onError: console.error },
);
const port = Number(process.env["PORT"] ?? 8000);
createServer(toNodeHandler(handler)).listen(port, "127.0.0.1", () =>
  console.log(`Listens on ${port}.`),
);
