"""A backend of a bot: SIGNING_SECRET is that of its integration, whose url is where this server can be reached."""

import logging
import os
from wsgiref.simple_server import make_server

from chatbot_platform import ChatbotPlatform, types


def answer(turn: types.BackendRequest) -> types.BackendReply:
    return {"content": f"{turn.bot.name} has read {len(turn.messages)} messages."}


# Gunicorn, uWSGI and others take it as `backend:app`.
app = ChatbotPlatform.wsgi_backend(
    os.environ["SIGNING_SECRET"], answer, on_error=lambda error: logging.error("failed: %s", error)
)

if __name__ == "__main__":
    server = make_server("127.0.0.1", int(os.environ.get("PORT", "8000")), app)
    print(f"Listens on {server.server_port}.")
    server.serve_forever()
