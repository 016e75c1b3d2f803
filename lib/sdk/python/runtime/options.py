"""Settings of calls."""

from __future__ import annotations

import threading
from typing import Any, Callable, Mapping, TypedDict

from .types import Step


class Omit:
    """The type of `omit`."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omit"


omit = Omit()
"""Stands for what is not given, and is not sent. None is sent, as null."""


class AsyncRequestOptions(TypedDict, total=False):
    """What every method takes beside its own arguments."""

    idempotency_key: str
    """Made anew for each POST unless given; all tries of a call have the same."""
    timeout: float
    """Seconds for one try, to the last byte of the answer."""
    max_retries: int
    """Further tries of what failed on its way."""
    extra_headers: Mapping[str, str]
    """Sent beside those of the client."""
    extra_query: Mapping[str, Any]
    """Added to the query, for what this version does not know."""
    extra_body: Mapping[str, Any]
    """Added to the body, for what this version does not know."""


class RequestOptions(AsyncRequestOptions, total=False):
    """What every method takes beside its own arguments."""

    stop: threading.Event
    """Ends the call at once when another thread sets it."""


class AsyncWaitOptions(TypedDict, total=False):
    """Until when a helper waits."""

    timeout: float
    """Seconds until it gives up."""


class WaitOptions(AsyncWaitOptions, total=False):
    """Until when a helper waits."""

    stop: threading.Event
    """Ends it at once when another thread sets it."""


class AsyncExecutionWaitOptions(AsyncWaitOptions, total=False):
    """What waits for an execution may be told."""

    on_step: Callable[[Step], Any]
    """Called with each step when it has finished, in their order. What it gives is awaited where it can be."""
    cancel_on_timeout: bool
    """Whether the execution is cancelled when time is up."""


class ExecutionWaitOptions(WaitOptions, total=False):
    """What waits for an execution may be told."""

    on_step: Callable[[Step], Any]
    """Called with each step when it has finished, in their order."""
    cancel_on_timeout: bool
    """Whether the execution is cancelled when time is up."""
