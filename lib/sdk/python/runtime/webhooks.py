"""Standard Webhooks: what the platform signs, and how that is checked."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
import uuid
from typing import Iterable, Protocol, Sequence, Union

from .errors import WebhookVerificationError

Body = Union[str, bytes]
"""A body as it came."""

Secrets = Union[str, Sequence[str]]
"""One secret, or several while one is being rotated."""


class HeadersLike(Protocol):
    """Headers as any framework holds them."""

    def items(self) -> Iterable[tuple[str, str]]: ...


def verify(body: Body, headers: HeadersLike, secrets: Secrets | None, tolerance_seconds: float = 300) -> None:
    """Checks that the platform has sent this body, given as it came. Raises a `WebhookVerificationError` that says what is wrong."""
    given = {name.lower(): value for name, value in headers.items()}
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    for name in names:
        if not given.get(name):
            raise WebhookVerificationError(f"The header {name} is missing.")
    id, timestamp, signatures = (given[name] for name in names)
    if not re.fullmatch(r"[0-9]{1,15}", timestamp) or abs(time.time() - int(timestamp)) > tolerance_seconds:
        raise WebhookVerificationError("webhook-timestamp is too far from now.")
    known = [_bytes(one[3:]) for one in signatures.split(" ") if one.startswith("v1,")]
    for secret in _list(secrets):
        expected = _signature(secret, id, timestamp, body)
        for signature in known:
            if signature is not None and hmac.compare_digest(signature, expected):
                return
    raise WebhookVerificationError("No signature fits: is it the right secret, and the body as it came?")


def sign(body: Body, secrets: Secrets | None, id: str | None = None, timestamp: int | None = None) -> dict[str, str]:
    """Signs a body as the platform does, for tests of what receives it. Gives the headers."""
    id = id if id is not None else f"evt_{uuid.uuid4()}"
    at = str(timestamp if timestamp is not None else int(time.time()))
    signatures = [base64.b64encode(_signature(secret, id, at, body)).decode() for secret in _list(secrets)]
    return {
        "webhook-id": id,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def _list(secrets: Secrets | None) -> Sequence[str]:
    found = [secrets] if isinstance(secrets, str) else list(secrets or [])
    if not found:
        raise ValueError("Give the secret, or webhook_secret to the client.")
    return found


def _signature(secret: str, id: str, timestamp: str, body: Body) -> bytes:
    key = _bytes(secret.removeprefix("whsec_"))
    if not key:
        raise ValueError("A signing secret is whsec_ and base64.")
    content = body.encode() if isinstance(body, str) else body
    return hmac.new(key, f"{id}.{timestamp}.".encode() + content, hashlib.sha256).digest()


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
