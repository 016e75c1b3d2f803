"""Everything that this package raises by itself."""

from __future__ import annotations

import re
from typing import Any, Mapping

import httpx2

from .resource import as_list, as_object
from .types import ErrorCode, ErrorDetail, Execution, Message


class ChatbotPlatformError(Exception):
    """The least that every error of this package is."""

    @property
    def message(self) -> str:
        """What went wrong, for people."""
        return str(self)


class ApiError(ChatbotPlatformError):
    """The API refused or failed. Its subclasses say with which status. As text it has each problem and the request's id too."""

    status: int
    code: ErrorCode | None
    """What went wrong, for programs. Codes may be added."""
    request_id: str | None
    """Quote it when you ask for help."""
    details: list[ErrorDetail]
    """Each problem with the field where it is; empty where no field is to blame."""
    headers: httpx2.Headers
    retry_after: int | None
    """Seconds to wait before the next try, where the API says so."""

    def __init__(self, status: int, headers: Mapping[str, str], body: object = None) -> None:
        # What the API says; anything between here and there may have answered something else.
        error = body.get("error") if isinstance(body, dict) else None
        said: dict[str, Any] = error if isinstance(error, dict) else {}
        text = said.get("message")
        self.status = status
        self.headers = httpx2.Headers(dict(headers))
        self.code = _text(said.get("code"))
        self.request_id = _text(said.get("request_id")) or self.headers.get("x-request-id")
        details = said.get("details")
        self.details = (
            as_list(lambda one: as_object(ErrorDetail, one), details) if isinstance(details, list) else []
        )
        seconds = self.headers.get("retry-after", "")
        self.retry_after = int(seconds) if re.fullmatch("[0-9]{1,15}", seconds) else None
        self._body = body
        parts = [text if isinstance(text, str) else f"The server answered with status {status}."]
        parts += [f"{one['path']}: {one['message']}" for one in self.details if "path" in one and "message" in one]
        parts += [f"({self.request_id})"] if self.request_id else []
        super().__init__(" ".join(parts))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, dict(self.headers), self._body)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


class ApiConnectionError(ChatbotPlatformError):
    """No whole answer came: the network failed, or what came was no JSON. `__cause__` says more."""


class ApiTimeoutError(ApiConnectionError):
    """No whole answer came in time."""


class ApiAbortError(ChatbotPlatformError):
    """The caller's own `stop` ended the call. A call of the async client that is cancelled raises `CancelledError`."""


class WebhookVerificationError(ChatbotPlatformError):
    """What came is not what the platform signed, or it is too old."""


class ReplyTimeoutError(ChatbotPlatformError):
    """The bot has not replied in time. The message is kept, and the reply may still come."""

    sent: Message | None
    """The message as it is kept; None when the platform was never reached."""

    def __init__(self, sent: Message | None = None) -> None:
        super().__init__("The bot has not replied in time: look into the conversation later.")
        self.sent = sent

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.sent,)


class WaitTimeoutError(ChatbotPlatformError):
    """The execution has not ended in time. It goes on unless `cancel_on_timeout` said otherwise."""

    execution: Execution | None
    """As it was last seen; None when the platform was never reached."""

    def __init__(self, execution: Execution | None = None) -> None:
        super().__init__("The execution has not ended in time.")
        self.execution = execution

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.execution,)
