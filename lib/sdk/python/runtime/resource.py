"""Answers: typed views of JSON, which keep what this version does not know."""

from __future__ import annotations

import copy
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Iterator, Mapping, TypeVar

from .log import redact

Reader = Callable[[Any], Any]
T = TypeVar("T")


class Resource:
    """
    An object of the API. Its fields are attributes, and items under their names on the wire: `bot.name`, `bot["name"]`.
    A field that is not there is None where it may be absent. Fields that came later are there too. It cannot be changed.
    """

    __slots__ = ("_data",)
    __hash__ = None  # type: ignore[assignment]
    _fields: ClassVar[Mapping[str, Reader | None]] = {}
    """Each field that is known, with what reads it where JSON has no such value."""
    _data: Mapping[str, Any]

    def __init__(self, data: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_data", data)

    def to_dict(self) -> dict[str, Any]:
        """The JSON as it came."""
        return copy.deepcopy(dict(self._data))

    def __getitem__(self, name: str) -> Any:
        read = self._fields.get(name)
        value = self._data[name]
        return value if read is None or value is None else read(value)

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    # Checkers know the fields, and say where a name is none of them.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            field = name[:-1] if name.endswith("_") else name
            if field in self._data:
                return self[field]
            if field in self._fields:
                return None
            raise AttributeError(f"{type(self).__name__} has no {name}: it has {', '.join(self._data)}.")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("What the API answered cannot be changed: call update.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Resource):
            return NotImplemented
        return type(self) is type(other) and self._data == other._data

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._data,)

    def __repr__(self) -> str:
        # Programs print what they get, and some of it is a secret.
        fields = ", ".join(f"{name}={redact(name, value)!r}" for name, value in self._data.items())
        return f"{type(self).__name__}({fields})"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._fields, *self._data})


R = TypeVar("R", bound=Resource)


def as_object(kind: type[R], value: Any) -> R:
    """A view of an object; anything else as it is, because an answer is read tolerantly."""
    # The type is what the document promises.
    return kind(value) if isinstance(value, dict) else value


def as_variant(field: str, kinds: Mapping[str, type[Resource]], value: Any) -> Any:
    """A view of one of several objects; of a kind that came later one without types."""
    if not isinstance(value, dict):
        return value
    kind = value.get(field)
    return as_object(kinds.get(kind, Resource) if isinstance(kind, str) else Resource, value)


def as_list(read: Callable[[Any], T], value: Any) -> list[T]:
    """Each item read; anything that is no list as it is."""
    return [read(one) for one in value] if isinstance(value, list) else value


def as_map(read: Callable[[Any], T], value: Any) -> dict[str, T]:
    """Each value read; anything that is no object as it is."""
    return {name: read(one) for name, one in value.items()} if isinstance(value, dict) else value


def as_time(value: Any) -> datetime:
    """A time, in UTC; anything that is none as it is."""
    try:
        # Python 3.10 reads no Z, and six digits or none.
        text = re.sub(r"\.(\d+)", lambda part: "." + part[1][:6].ljust(6, "0"), value)
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (TypeError, ValueError):
        return value  # type: ignore[no-any-return]
