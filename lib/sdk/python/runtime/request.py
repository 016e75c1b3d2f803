"""What requests and answers are, before anything is sent and after it has come."""

from __future__ import annotations

import json
import os
import platform
import random
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Generic, Mapping, TypeVar
from urllib.parse import quote, urlencode

import httpx2

from .errors import ApiConnectionError, ApiError, ChatbotPlatformError
from .log import Log
from .options import AsyncRequestOptions, Omit
from .resource import Resource
from .statuses import status_errors
from .version import version
from .webhooks import Secrets

T = TypeVar("T")


@dataclass(frozen=True)
class RawResponse(Generic[T]):
    """An answer beside the status and the headers that it came with."""

    data: T
    status: int
    headers: httpx2.Headers
    request_id: str | None


@dataclass(frozen=True)
class Received:
    """An answer, whole but not read."""

    status: int
    headers: httpx2.Headers
    content: bytes


@dataclass(frozen=True)
class Prepared:
    """What all tries of a call have in common."""

    method: str
    path: str
    url: str
    headers: Mapping[str, str]
    sent: object
    content: bytes | None
    timeout: float


class Settings:
    """Settings of a client, with those of the environment where none are given."""

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str | None,
        webhook_secret: Secrets | None,
        timeout: float,
        max_retries: int,
        headers: Mapping[str, str] | None,
        log: Log,
    ) -> None:
        self.api_key = _key(api_key or _environment("API_KEY"))
        base = base_url or _environment("BASE_URL") or "http://127.0.0.1:3000"
        base = base.strip()
        if not re.match("https?://", base, re.I):
            raise ValueError("base_url has to begin with http:// or https://.")
        self.base_url = re.sub(r"/v1$", "", base.rstrip("/")).rstrip("/") + "/v1"
        secrets = _environment("WEBHOOK_SECRET")
        self.webhook_secret = webhook_secret or (secrets.split() if secrets else None)
        self.timeout = timeout
        self.max_retries = max_retries
        self.headers = headers or {}
        self.agent = f"chatbot-platform-python/{version} python/{platform.python_version()}"
        self.log = log


def _key(given: str | None) -> str | None:
    """A key as a header takes it. What is refused is not shown: most of it is the key."""
    key = (given or "").strip()
    if not re.fullmatch("[!-~]*", key):
        raise ChatbotPlatformError("The API key has a character that no key has.")
    return key or None


def _environment(name: str) -> str | None:
    return os.environ.get(f"CHATBOT_PLATFORM_{name}") or None


def level_of(given: str | None) -> str | None:
    """The level of logging that is given, or that of the environment."""
    return given or _environment("LOG")


def prepare(
    settings: Settings,
    method: str,
    path: str,
    query: Mapping[str, Any] | None,
    body: Any,
    is_public: bool,
    options: AsyncRequestOptions,
) -> Prepared:
    """Makes a request ready. Raises at what cannot be sent."""
    if not path.startswith("/"):
        raise ValueError("A path begins with a slash.")
    asked = {**(query or {}), **options.get("extra_query", {})}
    search = urlencode(
        [(name, _text(value)) for name, value in asked.items() if value is not None and not isinstance(value, Omit)]
    )
    sent = body
    if isinstance(body, Mapping):
        sent = {name: value for name, value in body.items() if not isinstance(value, Omit)}
    if "extra_body" in options:
        sent = {**(sent or {}), **options["extra_body"]}
    headers = {"accept": "application/json", "user-agent": settings.agent}
    if settings.api_key is not None:
        headers["authorization"] = f"Bearer {settings.api_key}"
    if sent is not None:
        headers["content-type"] = "application/json"
    if method == "POST":
        headers["idempotency-key"] = options.get("idempotency_key") or str(uuid.uuid4())
    for name, value in {**settings.headers, **options.get("extra_headers", {})}.items():
        headers[name.lower()] = value
    if not is_public and "authorization" not in headers:
        raise ChatbotPlatformError("There is no API key: set CHATBOT_PLATFORM_API_KEY or api_key.")
    wait = asked.get("wait")
    least = float(wait) + 10 if isinstance(wait, (int, float)) and wait > 0 else 0.0
    return Prepared(
        method=method,
        path=path,
        url=f"{settings.base_url}{path}" + (f"?{search}" if search else ""),
        headers=headers,
        sent=sent,
        content=None if sent is None else to_json(sent),
        timeout=options.get("timeout") or max(settings.timeout, least),
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _time(value) if isinstance(value, datetime) else str(value)


def _time(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone: give one, as datetime.now(timezone.utc) has.")
    # As the API takes it: in UTC, to the millisecond.
    return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_json(value: object) -> bytes:
    """JSON as the API reads it."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, Resource):
        return value.to_dict()
    raise TypeError(f"{value!r} cannot be sent as JSON.")


def read(prepared: Prepared, received: Received, log: Log) -> RawResponse[Any] | ChatbotPlatformError:
    """The answer of one try, or what it failed with."""
    status, headers = received.status, received.headers
    if 300 <= status < 400:
        error = ApiError(status, headers)
        error.args = ("The server answered with a redirect, which is not followed: correct base_url.",)
        return error
    try:
        body: Any = json.loads(received.content)
    except ValueError as cause:
        if 200 <= status < 300:
            failed = ApiConnectionError("No whole answer came: it is no JSON.")
            failed.__cause__ = cause
            return failed
        # Something between here and the API answered.
        body = None
    if 200 <= status < 300:
        log("debug", f"answer to {prepared.method} {prepared.path}", body)
        return RawResponse(body, status, headers, headers.get("x-request-id"))
    kind = status_errors.get(status) or (status_errors[500] if status >= 500 else ApiError)
    return kind(status, headers, body)


def data_of(body: Any) -> Any:
    """What is in the envelope of an answer."""
    if not isinstance(body, dict) or "data" not in body:
        raise ApiConnectionError("The answer has no data: is base_url that of the platform?")
    return body["data"]


_retried = {429, 500, 502, 503, 504}


def pause_before(error: ChatbotPlatformError, tries: int) -> float | None:
    """Seconds before the next try, or None where none would help."""
    if not isinstance(error, (ApiError, ApiConnectionError)):
        return None
    if isinstance(error, ApiError):
        if error.status not in _retried and error.code != "idempotency_in_progress":
            return None
        if error.retry_after is not None:
            return float(error.retry_after) if error.retry_after <= 60 else None
    # Full jitter, so that many who failed together do not come back together.
    return random.random() * min(8.0, 0.5 * 2.0**tries)


def is_transient(error: ChatbotPlatformError) -> bool:
    """Whether an error may be gone at another try."""
    return pause_before(error, 0) is not None


def part(name: str, value: str) -> str:
    """A part of a path. Raises at what would make another path."""
    if not isinstance(value, str) or value in ("", ".", ".."):
        raise ValueError(f"{name} has to be an id, and is {value!r}.")
    return quote(value, safe="")


