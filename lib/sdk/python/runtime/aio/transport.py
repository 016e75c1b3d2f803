"""One request and its answer, within its time."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Callable, TypeVar

import httpx2

from ..errors import ApiTimeoutError
from ..options import AsyncRequestOptions, AsyncWaitOptions
from ..request import Prepared, Received

T = TypeVar("T")


async def send(http: httpx2.AsyncClient, prepared: Prepared, options: AsyncRequestOptions) -> Received:
    """Sends a request. Raises an `ApiTimeoutError` when its time is up; cancelling the task ends it."""
    request = http.build_request(
        prepared.method, prepared.url, headers=prepared.headers, content=prepared.content, timeout=None
    )
    try:
        response = await asyncio.wait_for(http.send(request, follow_redirects=False), prepared.timeout)
    except asyncio.TimeoutError as cause:
        raise ApiTimeoutError() from cause
    return Received(response.status_code, response.headers, response.content)


async def pause(seconds: float, options: AsyncRequestOptions | AsyncWaitOptions) -> None:
    """Waits between tries."""
    await asyncio.sleep(seconds)


async def tell(listener: Callable[[T], Any], what: T) -> None:
    """Calls who wants to know, and waits where it can be waited for."""
    told = listener(what)
    if inspect.isawaitable(told):
        await told
