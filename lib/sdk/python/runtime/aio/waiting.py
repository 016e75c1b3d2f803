"""Helpers that wait for what the platform does."""

from __future__ import annotations

import math
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any, AsyncIterator, Awaitable, Callable, Mapping, TypeVar, cast

from ..errors import ChatbotPlatformError, ReplyTimeoutError, WaitTimeoutError
from ..options import AsyncExecutionWaitOptions, AsyncRequestOptions, AsyncWaitOptions, Omit
from ..request import is_transient, part
from ..resource import as_object
from ..types import Execution, Message, MessageSendResult, Step, read_step
from .client import AsyncBaseClient
from .transport import tell

if sys.version_info >= (3, 11):
    from typing import Unpack
elif TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")

_held = 25
"""How long one request is held for a reply, in seconds."""

_per_page = 100
_running = ("queued", "running")


class _Until:
    """Who waits, and until when."""

    def __init__(self, client: AsyncBaseClient, options: AsyncWaitOptions, default: float) -> None:
        self.client = client
        # A request has a time of its own; what ends the waiting ends it too.
        kept = {name: value for name, value in options.items() if name == "stop"}
        self.options = cast(AsyncRequestOptions, kept)
        self.deadline = time.monotonic() + options.get("timeout", default)

    def left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    async def rest(self, seconds: float) -> None:
        """Pauses, and not beyond the end."""
        await self.client._pause(max(0.0, min(seconds, self.left())), self.options)

    async def persist(
        self, call: Callable[[], Awaitable[T]], late: Callable[[], ChatbotPlatformError]
    ) -> T:
        """Calls until there is an answer, through errors that another try may mend; raises all others, and `late` in the end."""
        while True:
            try:
                return await call()
            except ChatbotPlatformError as error:
                if not is_transient(error):
                    raise
                if self.left() == 0:
                    raise late() from error
            await self.rest(1)


async def ask(
    client: AsyncBaseClient, path: str, body: Mapping[str, Any], **options: Unpack[AsyncWaitOptions]
) -> Message | None:
    """Sends the same message again and again, which is kept once, until its reply is there or none is to come."""
    until = _Until(client, options, 120)
    given = body.get("message_id")
    message = {**body, "message_id": str(uuid.uuid4()) if given is None or isinstance(given, Omit) else given}
    sent: MessageSendResult | None = None

    async def once() -> MessageSendResult:
        wait = min(_held, math.floor(until.left()))
        # A new key each time: the one before would give its answer again.
        return await client._one(
            lambda value: as_object(MessageSendResult, value),
            "POST",
            path,
            query={"wait": wait},
            body=message,
            options=until.options,
        )

    while True:
        begun = time.monotonic()
        sent = await until.persist(once, lambda: ReplyTimeoutError(sent.message if sent else None))
        # Newer servers say where nobody will reply, as when the bot is paused.
        is_expected = "reply_expected" not in sent or sent["reply_expected"] is not False
        if sent.reply is not None or not is_expected:
            return sent.reply
        if until.left() == 0:
            raise ReplyTimeoutError(sent.message)
        # What answers at once, such as a bot that is paused, is not asked more than once a second.
        await until.rest(begun + 1 - time.monotonic())


async def run_and_wait(
    client: AsyncBaseClient,
    path: str,
    body: Mapping[str, Any],
    **options: Unpack[AsyncExecutionWaitOptions],
) -> Execution:
    """Runs a loop, and waits as `wait_for_execution` does."""
    until = _Until(client, options, 600)
    # The same key each time, so that it runs once.
    once: AsyncRequestOptions = {**until.options, "idempotency_key": str(uuid.uuid4())}
    execution = await until.persist(
        lambda: client._one(_execution, "POST", path, body=body, options=once),
        lambda: WaitTimeoutError(),
    )
    options["timeout"] = until.left()
    return await wait_for_execution(client, execution.id, **options)


async def wait_for_execution(
    client: AsyncBaseClient, id: str, **options: Unpack[AsyncExecutionWaitOptions]
) -> Execution:
    """Waits until an execution has ended, and gives it whatever became of it."""
    until = _Until(client, options, 600)
    on_step = options.get("on_step")
    try:
        async for told in _follow(until, id, on_step is not None):
            if isinstance(told, Execution):
                return told
            if on_step is not None:
                await tell(on_step, told)
    except WaitTimeoutError:
        if not options.get("cancel_on_timeout"):
            raise
    raise WaitTimeoutError(
        await client._one(_execution, "POST", f"{_path(id)}/cancel", options=until.options)
    )


async def watch_execution(
    client: AsyncBaseClient, id: str, **options: Unpack[AsyncWaitOptions]
) -> AsyncIterator[Step]:
    """Gives each step when it has finished, in their order, until the execution has ended."""
    async for told in _follow(_Until(client, options, 600), id, True):
        if not isinstance(told, Execution):
            yield told


def _execution(value: Any) -> Execution:
    return as_object(Execution, value)


def _path(id: str) -> str:
    return f"/executions/{part('id', id)}"


async def _follow(until: _Until, id: str, with_steps: bool) -> AsyncIterator[Step | Execution]:
    """The steps, and the execution at last."""
    client = until.client
    seen = 0
    execution: Execution | None = None
    pause = 0.5
    while True:
        execution = await until.persist(
            lambda: client._one(_execution, "GET", _path(id), options=until.options),
            lambda: WaitTimeoutError(execution),
        )
        if with_steps:
            for step in await until.persist(
                lambda: _finished_after(until, id, seen), lambda: WaitTimeoutError(execution)
            ):
                seen, pause = step.number, 0.5
                yield step
        if execution.status not in _running:
            yield execution
            return
        if until.left() == 0:
            raise WaitTimeoutError(execution)
        await until.rest(pause)
        pause = min(5.0, pause * 1.5)


async def _finished_after(until: _Until, id: str, seen: int) -> list[Step]:
    """The finished steps after a number, in their order: numbers are dense, and one that runs holds up those after it."""
    query = {"page": seen // _per_page + 1, "per_page": _per_page}
    finished: list[Step] = []
    async for step in await until.client._list(read_step, f"{_path(id)}/steps", query=query, options=until.options):
        if step.number <= seen:
            continue
        if step.status != "finished":
            break
        finished.append(step)
    return finished
