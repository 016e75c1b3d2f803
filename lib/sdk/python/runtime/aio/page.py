"""Lists."""

from __future__ import annotations

from typing import AsyncIterator, Awaitable, Callable, Generic, TypeVar

from ..types import PageMeta

Row = TypeVar("Row")


class AsyncPage(Generic[Row]):
    """One page of a list. Iterating over it gives the rows of this page and of all that follow."""

    data: list[Row]
    meta: PageMeta

    def __init__(
        self, data: list[Row], meta: PageMeta, following: Callable[[str], Awaitable[AsyncPage[Row]]]
    ) -> None:
        self.data = data
        self.meta = meta
        self._following = following

    def has_next_page(self) -> bool:
        """Whether rows follow."""
        return self.meta.next_cursor is not None

    async def get_next_page(self) -> AsyncPage[Row]:
        """Raises when there is none: ask `has_next_page` first."""
        cursor = self.meta.next_cursor
        if cursor is None:
            raise ValueError("This is the last page: ask has_next_page() first.")
        return await self._following(cursor)

    async def __aiter__(self) -> AsyncIterator[Row]:
        page = self
        while True:
            for row in page.data:
                yield row
            if not page.has_next_page():
                return
            page = await page.get_next_page()

    async def to_list(self, *, limit: int) -> list[Row]:
        """All rows, `limit` of them at most: lists may be long."""
        rows: list[Row] = []
        if limit <= 0:
            return rows
        async for row in self:
            rows.append(row)
            if len(rows) >= limit:
                break
        return rows
