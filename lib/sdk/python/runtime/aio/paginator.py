"""What a list of the async client gives."""

from __future__ import annotations

from typing import AsyncIterator, Awaitable, Callable, Generator, Generic, TypeVar

from .page import AsyncPage

Row = TypeVar("Row")


class AsyncPaginator(Generic[Row]):
    """Await it for its first page, or iterate over it for every row of all pages."""

    def __init__(self, first: Callable[[], Awaitable[AsyncPage[Row]]]) -> None:
        self._first = first

    def __await__(self) -> Generator[object, None, AsyncPage[Row]]:
        return self._first().__await__()

    async def __aiter__(self) -> AsyncIterator[Row]:
        async for row in await self:
            yield row

    async def to_list(self, *, limit: int) -> list[Row]:
        """All rows, `limit` of them at most: lists may be long."""
        return await (await self).to_list(limit=limit) if limit > 0 else []
