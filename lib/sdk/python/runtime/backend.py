"""Backends of bots, as WSGI and ASGI applications."""

from __future__ import annotations

import inspect
import json
from typing import Any, Awaitable, Callable, Iterable, MutableMapping, Union

from .errors import WebhookVerificationError
from .request import to_json
from .resource import as_object
from .types import BackendReply, BackendRequest
from .webhooks import Secrets, sign, verify

Answer = Callable[[BackendRequest], BackendReply]
"""Makes the reply to a turn."""

AsyncAnswer = Callable[[BackendRequest], Union[BackendReply, Awaitable[BackendReply]]]
"""Makes the reply to a turn, at once or later."""

OnError = Callable[[Exception], None]
"""Is told what a backend failed with."""

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
AsgiApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]

_max_bytes = 1024 * 1024
# What is too large is read so far, so that whoever sends it hears the answer.
_drained_bytes = 8 * _max_bytes

_statuses = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 413: "Content Too Large", 500: "Internal Server Error"}


def wsgi_backend(secret: Secrets, answer: Answer, on_error: OnError | None = None) -> WsgiApp:
    """
    Makes a backend of a bot: it lets in what the platform has signed, and answers with what `answer` makes. Raises a
    `ValueError` at once where there is no secret.
    """
    # With none it raises.
    sign(b"", secret)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {
            name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        turn = _let_in(secret, headers, _read(environ))
        if isinstance(turn, BackendRequest):
            try:
                status, body = _replied(answer(turn))
            except Exception as error:
                status, body = _failed(error, on_error)
        else:
            status, body = turn
        length = str(len(body))
        start_response(
            f"{status} {_statuses[status]}", [("Content-Type", "application/json"), ("Content-Length", length)]
        )
        # Servers send what they are given.
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return app


def asgi_backend(secret: Secrets, answer: AsyncAnswer, on_error: OnError | None = None) -> AsgiApp:
    """The same as an ASGI application. `answer` may be async; it is not called in a thread."""
    sign(b"", secret)

    async def app(
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            while True:
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
                if kind == "lifespan.shutdown":
                    return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", [])}
        turn = _let_in(secret, headers, await _receive(receive))
        if isinstance(turn, BackendRequest):
            try:
                reply = answer(turn)
                status, body = _replied(await reply if inspect.isawaitable(reply) else reply)
            except Exception as error:
                status, body = _failed(error, on_error)
        else:
            status, body = turn
        fields = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return app


Answered = tuple[int, bytes]


def _let_in(secret: Secrets, headers: dict[str, str], body: bytes | None) -> BackendRequest | Answered:
    if body is None:
        return _refuse(413, "The body is larger than 1 MiB.")
    try:
        verify(body, headers, secret)
    except WebhookVerificationError as error:
        return _refuse(401, error.message)
    try:
        turn = as_object(BackendRequest, json.loads(body))
    except ValueError:
        turn = None
    return turn if isinstance(turn, BackendRequest) else _refuse(400, "The body is not JSON.")


def _replied(reply: BackendReply | None) -> Answered:
    if reply is None:
        raise ValueError("The backend gave no reply.")
    return 200, to_json(reply)


def _failed(error: Exception, on_error: OnError | None) -> Answered:
    if on_error is not None:
        on_error(error)
    return _refuse(500, "The backend failed.")


def _refuse(status: int, message: str) -> Answered:
    return status, to_json({"error": {"message": message}})


def _read(environ: dict[str, Any]) -> bytes | None:
    length = environ.get("CONTENT_LENGTH") or ""
    # Without a length the end is known only where the server says so.
    left = int(length) if length.isdigit() else _drained_bytes if environ.get("wsgi.input_terminated") else 0
    left = min(left, _drained_bytes)
    content = bytearray()
    while left > 0 and (chunk := environ["wsgi.input"].read(min(left, 65536))):
        left -= len(chunk)
        if len(content) <= _max_bytes:
            content += chunk
    return bytes(content) if len(content) <= _max_bytes else None


async def _receive(receive: Callable[[], Awaitable[Any]]) -> bytes | None:
    content = bytearray()
    total = 0
    while total <= _drained_bytes:
        part = await receive()
        if part["type"] != "http.request":
            break
        chunk = part.get("body", b"")
        total += len(chunk)
        if len(content) <= _max_bytes:
            content += chunk
        if not part.get("more_body", False):
            break
    return bytes(content) if total <= _max_bytes else None
