"""Sends requests: what every resource is made of."""

from __future__ import annotations

import copy
import logging
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Mapping, TypeVar, cast

import httpx2

from ..errors import ApiConnectionError, ApiError, ApiTimeoutError, ChatbotPlatformError
from ..log import LogLevel, create_log
from ..options import AsyncRequestOptions
from ..request import Prepared, RawResponse, Settings, data_of, level_of, pause_before, prepare, read
from ..resource import as_list, as_object
from ..types import PageMeta
from ..webhooks import Secrets
from .page import AsyncPage
from .transport import pause, send

if sys.version_info >= (3, 11):
    from typing import ParamSpec, Self, Unpack
elif TYPE_CHECKING:
    from typing_extensions import ParamSpec, Self, Unpack
else:
    from typing import ParamSpec

P = ParamSpec("P")
T = TypeVar("T")


class AsyncBaseClient:
    """Sends requests: what the client is made of."""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        webhook_secret: Secrets | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        http_client: httpx2.AsyncClient | None = None,
        log_level: LogLevel | None = None,
        logger: logging.Logger | None = None,
    ) -> None:
        """
        `api_key`, `base_url` (with or without /v1), `webhook_secret` and `log_level` are CHATBOT_PLATFORM_API_KEY,
        _BASE_URL, _WEBHOOK_SECRET and _LOG unless given. `timeout` is the seconds of one try, to the last byte of its
        answer; `max_retries` further tries are made of what failed on its way; `headers` are sent with every request.
        `http_client` sends everything, through a proxy for example; `logger` is `chatbot_platform` unless given.
        """
        self._settings = Settings(
            api_key=api_key,
            base_url=base_url,
            webhook_secret=webhook_secret,
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
            log=create_log(logger, level_of(log_level)),
        )
        self._http = http_client if http_client is not None else httpx2.AsyncClient()
        self._pause = pause
        self._is_raw = False

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return self._settings.base_url

    async def close(self) -> None:
        """Closes its connections. A client that is left open is closed when the program ends."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        **options: Unpack[AsyncRequestOptions],
    ) -> Any:
        """
        Sends any request, for what this version has no method for: `path` begins with `/` and is below `/v1`. Gives the
        parsed JSON of the answer, with its envelope.
        """
        return (await self._send(method, path, query=query, body=body, options=options)).data

    def _giving_raw(self) -> Self:
        raw = copy.copy(self)
        raw._is_raw = True
        return raw

    async def _whole(self, read_as: Callable[[Any], T], method: str, path: str, **request: Any) -> T:
        """JSON without an envelope."""
        answer = await self._send(method, path, **request)
        return self._given(answer, read_as(answer.data))

    async def _one(self, read_as: Callable[[Any], T], method: str, path: str, **request: Any) -> T:
        """One resource, out of its envelope."""
        answer = await self._send(method, path, **request)
        return self._given(answer, read_as(data_of(answer.data)))

    async def _list(
        self,
        read_as: Callable[[Any], T],
        path: str,
        *,
        query: Mapping[str, Any],
        options: AsyncRequestOptions,
    ) -> AsyncPage[T]:
        """One page of a list, which knows how the next one is asked for."""
        answer = await self._send("GET", path, query=query, options=options)

        async def following(cursor: str) -> AsyncPage[T]:
            # The cursor knows the place: a page beside it is refused.
            after = {**query, "page": None, "cursor": cursor}
            return await plain._list(read_as, path, query=after, options=options)

        plain = copy.copy(self)
        plain._is_raw = False
        meta = as_object(PageMeta, answer.data.get("meta") if isinstance(answer.data, dict) else None)
        return self._given(answer, AsyncPage(as_list(read_as, data_of(answer.data)), meta, following))

    def _given(self, answer: RawResponse[Any], data: T) -> T:
        if not self._is_raw:
            return data
        # `raw` gives methods this type.
        return cast(T, RawResponse(data, answer.status, answer.headers, answer.request_id))

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        is_public: bool = False,
        deleted: tuple[str, str] | None = None,
        options: AsyncRequestOptions,
    ) -> RawResponse[Any]:
        settings = self._settings
        prepared = prepare(settings, method, path, query, body, is_public, options)
        max_retries = options.get("max_retries", settings.max_retries)
        may_have_acted = False
        tries = 0
        while True:
            outcome = await self._try(prepared, options)
            if isinstance(outcome, RawResponse):
                return outcome
            if deleted is not None and may_have_acted and isinstance(outcome, ApiError) and outcome.status == 404:
                data = {"data": {deleted[0]: deleted[1], "deleted": True}}
                return RawResponse(data, 200, outcome.headers, outcome.request_id)
            wait = pause_before(outcome, tries) if tries < max_retries else None
            if wait is None:
                raise outcome
            may_have_acted = may_have_acted or not isinstance(outcome, ApiError) or outcome.status >= 500
            settings.log("warn", f"{method} {path} is tried again in {wait:.2f} s: {outcome}")
            await self._pause(wait, options)
            tries += 1

    async def _try(
        self, prepared: Prepared, options: AsyncRequestOptions
    ) -> RawResponse[Any] | ChatbotPlatformError:
        """The answer of one try, or what it failed with. Raises when the caller ended it."""
        log = self._settings.log
        what = f"{prepared.method} {prepared.path}"
        log("debug", what, {"headers": prepared.headers, "body": prepared.sent})
        begun = time.monotonic()
        failed: ChatbotPlatformError
        try:
            received = await send(self._http, prepared, options)
        except (ApiTimeoutError, httpx2.TimeoutException) as cause:
            failed = ApiTimeoutError(f"No whole answer came within {prepared.timeout} s.")
            failed.__cause__ = cause
            return failed
        except (httpx2.RequestError, OSError) as cause:
            failed = ApiConnectionError(f"No whole answer came from {self.base_url}.")
            failed.__cause__ = cause
            return failed
        took = (time.monotonic() - begun) * 1000
        id = received.headers.get("x-request-id", "without id")
        log("info", f"{what} {received.status} in {took:.0f} ms, {id}")
        return read(prepared, received, log)


class AsyncResourceBase:
    """What a resource is made of."""

    def __init__(self, client: AsyncBaseClient) -> None:
        self._client = client


def raw(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[RawResponse[T]]]:
    """A method of a resource whose client gives raw responses, under the type that it has there."""
    return cast(Any, method)  # type: ignore[no-any-return]
