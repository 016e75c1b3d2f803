"""Receives webhooks. CHATBOT_PLATFORM_WEBHOOK_SECRET is the endpoint's, or two of them while it is rotated."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from chatbot_platform import ChatbotPlatform, WebhookVerificationError

client = ChatbotPlatform()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = client.webhooks.unwrap(body, self.headers)
        except WebhookVerificationError as error:
            self.send_error(400, str(error))
            return
        if event.type == "agent_loop.completed":
            print(event.data.agent_loop_name, event.data.status)
        elif event.type == "channel.disconnected":
            print(event.data.reason)
        else:
            print(event.type)
        self.send_response(204)
        self.end_headers()


server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Receiver)
print(f"Listens on {server.server_port}.")
server.serve_forever()
