"""The Python SDK for the proof: reads commands, one a line, and answers them in their order. See `protocol.ts`."""

from __future__ import annotations

import asyncio
import json
import keyword
import logging
import sys
import threading
from typing import Any, Callable
from wsgiref.simple_server import WSGIRequestHandler, make_server

from chatbot_platform import ApiAbortError, AsyncChatbotPlatform, AsyncPage, ChatbotPlatform, Page, RawResponse, Resource

IS_ASYNC = sys.argv[1:] == ["async"]
SETTINGS = {"log": "log_level", "timeout_ms": "timeout"}
OPTIONS = {"timeout_ms": "timeout", "headers": "extra_headers", "query": "extra_query", "body": "extra_body"}
stop_backend: Callable[[], None] = lambda: None


def renamed(given: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value / 1000 if name == "timeout_ms" else value for name, value in given.items()}


class Notes(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def plain(value: Any) -> Any:
    if isinstance(value, Resource):
        return value.to_dict()
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def shown(error: BaseException) -> dict[str, Any]:
    if isinstance(error, asyncio.CancelledError):
        error = ApiAbortError("The task was cancelled.")
    fields = {name: getattr(error, name, None) for name in ("status", "code", "request_id", "details", "retry_after")}
    said = {name: plain(value) for name, value in fields.items() if value is not None}
    return {"class": type(error).__name__, "message": str(error), **said}


async def act(command: dict[str, Any]) -> dict[str, Any]:
    notes, pauses, steps = Notes(), [], []
    logger = logging.Logger("proof", logging.DEBUG)
    logger.addHandler(notes)
    outcome: dict[str, Any] = {}
    try:
        kind = AsyncChatbotPlatform if IS_ASYNC else ChatbotPlatform
        client = kind(logger=logger, **renamed(command["client"], SETTINGS))
        pause = client._pause

        def noted(seconds: float, options: Any) -> Any:
            pauses.append(seconds * 1000)
            return pause(min(seconds, 0.02), options)

        client._pause = noted
        given = start_async if IS_ASYNC else start_sync
        outcome = await given(client, command, steps)
    except (Exception, asyncio.CancelledError) as error:
        outcome = {"error": shown(error)}
    return {**outcome, "pauses": pauses, "log": notes.lines, "steps": steps}


def arguments(command: dict[str, Any], steps: list[int]) -> dict[str, Any]:
    options = renamed(command.get("options", {}), OPTIONS)
    options.pop("abort_ms", None)
    if options.pop("steps", False):
        options["on_step"] = lambda step: steps.append(step.number)
    params = {f"{name}_" if keyword.iskeyword(name) else name: value for name, value in command.get("params", {}).items()}
    return {**params, **options}


def method_of(client: Any, command: dict[str, Any]) -> Callable[..., Any]:
    call: str = command["call"]
    if call == "request":
        return client.request
    if call in ("backend.start", "backend.stop"):
        return start_backend if call == "backend.start" else lambda: stop_backend()
    resource = getattr(client, call.split(".")[0])
    if command.get("as") == "response":
        resource = resource.with_raw_response
    return getattr(resource, call.split(".")[1])


def given_of(command: dict[str, Any], value: Any) -> dict[str, Any]:
    if isinstance(value, RawResponse):
        response = {"status": value.status, "headers": dict(value.headers), "request_id": value.request_id}
        return {"value": plain(value.data), "response": response}
    if isinstance(value, (Page, AsyncPage)):
        page = {"data": plain(value.data), "meta": plain(value.meta), "has_next_page": value.has_next_page()}
        return {"value": page}
    return {"value": plain(value)}


async def start_sync(client: Any, command: dict[str, Any], steps: list[int]) -> dict[str, Any]:
    given = arguments(command, steps)
    abort_ms = command.get("options", {}).get("abort_ms")
    if abort_ms is not None:
        given["stop"] = threading.Event()
        if abort_ms == 0:
            given["stop"].set()
        else:
            threading.Timer(abort_ms / 1000, given["stop"].set).start()
    value = method_of(client, command)(*command.get("args", []), **given)
    if command["call"] == "executions.watch":
        return {"value": [plain(step) for step in value]}
    if command.get("as") == "items":
        return {"value": plain(value.to_list(limit=command["limit"]) if "limit" in command else list(value))}
    return given_of(command, value)


async def start_async(client: Any, command: dict[str, Any], steps: list[int]) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        value = method_of(client, command)(*command.get("args", []), **arguments(command, steps))
        if command["call"] == "executions.watch" or (command.get("as") == "items" and "limit" not in command):
            return {"value": [plain(one) async for one in value]}
        if command.get("as") == "items":
            value = value.to_list(limit=command["limit"])
        return given_of(command, await value if hasattr(value, "__await__") else value)

    task = asyncio.ensure_future(run())
    abort_ms = command.get("options", {}).get("abort_ms")
    if abort_ms == 0:
        task.cancel()
    elif abort_ms is not None:
        asyncio.get_running_loop().call_later(abort_ms / 1000, task.cancel)
    try:
        return await task
    finally:
        if command["call"] not in ("backend.start", "backend.stop"):
            await client.close()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def start_backend(secret: str, reply: Any = None, fails: bool = False, unsendable: bool = False) -> Any:
    global stop_backend

    def answer(turn: Any) -> Any:
        if fails:
            raise RuntimeError("The backend of the proof fails.")
        return {"content": "", "metadata": {"big": float("inf")}} if unsendable else reply

    if IS_ASYNC:
        return serve_asgi(AsyncChatbotPlatform.asgi_backend(secret, answer))
    server = make_server("127.0.0.1", 0, ChatbotPlatform.wsgi_backend(secret, answer), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop_backend = server.shutdown
    return {"url": f"http://127.0.0.1:{server.server_port}"}


async def serve_asgi(app: Any) -> dict[str, str]:
    """As much of a server as the cases need: one request a connection."""
    global stop_backend

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = [line.split(": ", 1) for line in head[1:] if line]
        headers = [(name.lower().encode(), value.encode()) for name, value in fields]
        left = int(dict(headers).get(b"content-length", b"0"))

        async def receive() -> dict[str, Any]:
            nonlocal left
            part = await reader.read(min(left, 65536)) if left else b""
            if left and not part:
                return {"type": "http.disconnect"}
            left -= len(part)
            return {"type": "http.request", "body": part, "more_body": left > 0}

        async def send(event: dict[str, Any]) -> None:
            if event["type"] == "http.response.start":
                writer.write(f"HTTP/1.1 {event['status']} Given\r\nConnection: close\r\n".encode())
                for name, value in event["headers"]:
                    writer.write(name + b": " + value + b"\r\n")
                writer.write(b"\r\n")
            else:
                writer.write(event["body"])

        method = head[0].split(" ")[0]
        await app({"type": "http", "method": method, "headers": headers}, receive, send)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    stop_backend = server.close
    return {"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}


async def main() -> None:
    loop = asyncio.get_running_loop()
    lines = open(0, "rb")
    # A backend answers while nothing is told.
    while line := await loop.run_in_executor(None, lines.readline):
        sys.stdout.write(json.dumps(await act(json.loads(line))) + "\n")
        sys.stdout.flush()


asyncio.run(main())
