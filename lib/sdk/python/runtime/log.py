"""Logging without secrets."""

from __future__ import annotations

import json
import logging
import re
from typing import Callable, Literal, Mapping

LogLevel = Literal["off", "warn", "info", "debug"]
"""How much is logged: `warn` what is tried again, `info` each request too, `debug` their headers and bodies too."""

Log = Callable[..., None]

_levels = {"warn": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}
_secret = re.compile(r"authorization|key$|token|secret|password|credential|cookie|signature", re.I)
_shown = re.compile(r"accept|content-type|user-agent|idempotency-key|x-request-id|retry-after", re.I)


def create_log(logger: logging.Logger | None, chosen: str | None) -> Log:
    """Logs what the level lets through, to `chatbot_platform` unless a logger is given. An unknown level is `off`."""
    least = _levels.get(chosen or "off", logging.CRITICAL)
    given = logger if logger is not None else _own(least)

    def log(level: str, line: str, more: object = None) -> None:
        if _levels[level] < least:
            return
        if more is not None:
            line = f"{line} {json.dumps(redact('', more), default=str, ensure_ascii=False)}"
        given.log(_levels[level], "%s", line)

    return log


def _own(least: int) -> logging.Logger:
    own = logging.getLogger("chatbot_platform")
    if least < logging.CRITICAL:
        own.setLevel(logging.DEBUG)
        # Where nobody has said where lines go, they go to the standard error.
        if not own.hasHandlers():
            own.addHandler(logging.StreamHandler())
    return own


def redact(name: str, value: object) -> object:
    """A value without what its name says is a secret, and without the headers that are sent to servers of others."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if _secret.search(name) and value is not None and name != "idempotency-key" and not is_number:
        return "[redacted]"
    if isinstance(value, Mapping):
        if name == "headers":
            return {one: text if _shown.fullmatch(one) else "[redacted]" for one, text in value.items()}
        return {one: redact(str(one), inner) for one, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact("", one) for one in value]
    if isinstance(value, str):
        return re.sub(r"\b(sk|whsec)_[\w+/=-]+", r"\1_[redacted]", value)
    return value
