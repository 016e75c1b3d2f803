// Receives webhooks. CHATBOT_PLATFORM_WEBHOOK_SECRET is the endpoint's, or two of them while it is rotated.
import { createServer } from "node:http";
import { ChatbotPlatform, toNodeHandler, WebhookVerificationError } from "@chatbot-platform/sdk";

const client = new ChatbotPlatform();

async function receive(request: Request): Promise<Response> {
  try {
    const event = await client.webhooks.unwrap(await request.text(), request.headers);
    switch (event.type) {
      case "agent_loop.completed":
        console.log(event.data.agent_loop_name, event.data.status);
        break;
      case "channel.disconnected":
        console.log(event.data.reason);
        break;
      default:
        console.log(event.type);
    }
    return new Response(null, { status: 204 });
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    return new Response(error.message, { status: 400 });
  }
}

const port = Number(process.env["PORT"] ?? 8000);
createServer(toNodeHandler(receive)).listen(port, "127.0.0.1", () =>
  console.log(`Listens on ${port}.`),
);
