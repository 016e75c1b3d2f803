"""One request and its answer, within its time."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from typing import Any, Callable, TypeVar, Union

import httpx2

from ..errors import ApiAbortError, ApiTimeoutError
from ..options import RequestOptions, WaitOptions
from ..request import Prepared, Received

T = TypeVar("T")

_ended = "The call was ended by its stop."


def send(http: httpx2.Client, prepared: Prepared, options: RequestOptions) -> Received:
    """
    Sends a request. Raises an `ApiTimeoutError` when its time is up, and an `ApiAbortError` when `stop` is set. It is
    sent in a thread, because nothing else ends a call in time that waits for the next byte again and again.
    """
    request = http.build_request(
        prepared.method, prepared.url, headers=prepared.headers, content=prepared.content, timeout=prepared.timeout
    )
    stop = options.get("stop")
    given_up = threading.Event()
    outcomes: queue.SimpleQueue[Union[Received, BaseException]] = queue.SimpleQueue()

    def work() -> None:
        try:
            response = http.send(request, stream=True, follow_redirects=False)
            try:
                content = bytearray()
                for chunk in response.iter_bytes():
                    if given_up.is_set():
                        return
                    content += chunk
                outcomes.put(Received(response.status_code, response.headers, bytes(content)))
            finally:
                response.close()
        except BaseException as error:
            outcomes.put(error)

    if stop is not None and stop.is_set():
        raise ApiAbortError(_ended)
    context = contextvars.copy_context()
    deadline = time.monotonic() + prepared.timeout
    threading.Thread(target=context.run, args=(work,), name="chatbot-platform", daemon=True).start()
    try:
        while True:
            left = max(0.0, deadline - time.monotonic())
            try:
                outcome = outcomes.get(timeout=left if stop is None else min(left, 0.02))
                break
            except queue.Empty:
                if stop is not None and stop.is_set():
                    raise ApiAbortError(_ended) from None
                if left == 0:
                    raise ApiTimeoutError() from None
    finally:
        given_up.set()
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def pause(seconds: float, options: RequestOptions | WaitOptions) -> None:
    """Waits between tries. Raises an `ApiAbortError` when `stop` is set."""
    stop = options.get("stop")
    if stop is None:
        time.sleep(seconds)
    elif stop.wait(seconds):
        raise ApiAbortError(_ended)


def tell(listener: Callable[[T], Any], what: T) -> None:
    """Calls who wants to know."""
    listener(what)
