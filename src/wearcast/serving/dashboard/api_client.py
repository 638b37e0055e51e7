"""A client of the API, over HTTP or in this process where no service runs. All failures are
ApiErrors of these kinds:

    gone     nothing listens at the address
    slow     no response in time
    empty    no forecast has been published yet
    unknown  no forecast of the requested station or day
    refused  a request that the API refuses
    broken   an error of the API, or a malformed response
"""

import asyncio
import json
import os
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any, Final, Literal

import httpx

ErrorKind = Literal["gone", "slow", "empty", "unknown", "refused", "broken"]
URL_VARIABLE: Final = "WEARCAST_API"
_CLIENT_HEADER: Final = "Wearcast-Client"
_CACHE_SIZE: Final = 64
_MAX_WAIT_S: Final = 10.0


class ApiError(Exception):
    """A failed request to the API.

    Attributes:
        kind: what went wrong.
        detail: the API's message, or the API's address.
        status: of the response; 0 where there was none.
    """

    def __init__(self, kind: ErrorKind, detail: str, status: int = 0) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.status = status


class ApiClient:
    """A client of the API that caches responses by their ETags."""

    def __init__(self, client: httpx.AsyncClient, where: str, id: str = "") -> None:
        self._client = client
        self._id = id
        self._others: dict[str, ApiClient] = {}
        self._cache: OrderedDict[str, tuple[str, Any]] = OrderedDict()
        self.where = where

    @classmethod
    async def open(cls) -> "ApiClient":
        """A client of the API at WEARCAST_API; else of the one that `wearcast serve` runs on this
        machine, else of one in this process."""
        if not os.environ.get(URL_VARIABLE) and not await _is_listening(_url()):
            from wearcast.serving.dashboard.inprocess import in_process_client

            return cls(await in_process_client(), "this process")
        return cls.over_http()

    @classmethod
    def over_http(cls) -> "ApiClient":
        """A client of the API at WEARCAST_API, else of the one on this machine, whether it runs or
        not."""
        url = _url()
        limits = httpx.Limits(max_connections=8, keepalive_expiry=30)
        timeout = httpx.Timeout(5.0, connect=2.0)
        return cls(
            httpx.AsyncClient(base_url=url, timeout=timeout, limits=limits, trust_env=False), url
        )

    def of(self, id: str) -> "ApiClient":
        """The client that the API knows by an id, over the same connections; empty for none. There
        are as many as models that are served."""
        if id == self._id:
            return self
        if id not in self._others:
            self._others[id] = ApiClient(self._client, self.where, id)
        return self._others[id]

    async def get(self, path: str, **query: str | None) -> Any:
        """The content of a response.

        Raises:
            ApiError: the request failed.
        """
        params = {name: value for name, value in query.items() if value is not None}
        key = f"{path}?{httpx.QueryParams(params)}"
        etag, content = self._cache.get(key, ("", None))
        headers = {"If-None-Match": etag} if etag else {}
        response = await self._response("GET", path, params=params, headers=headers)
        if response.status_code != 304:
            content = _content(response)
            self._cache[key] = (response.headers.get("ETag", ""), content)
        self._cache.move_to_end(key)
        while len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return content

    async def personal(
        self, method: str, path: str, token: str, body: Any = None, **query: str
    ) -> Any:
        """The content of a response for whoever has a token; it is neither kept nor asked for by
        another header than the one that no log holds.

        Raises:
            ApiError: the request failed.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return _content(
            await self._response(method, path, params=query, headers=headers, json=body)
        )

    async def _response(
        self, method: str, path: str, *, headers: dict[str, str], **how: Any
    ) -> httpx.Response:
        if self._id:
            headers |= {_CLIENT_HEADER: self._id}
        try:
            # httpx's timeouts are for each chunk of a response, which may have very many.
            async with asyncio.timeout(_MAX_WAIT_S):
                return await self._client.request(method, path, headers=headers, **how)
        except (httpx.TimeoutException, TimeoutError) as error:
            raise ApiError("slow", self.where) from error
        except httpx.TransportError as error:
            raise ApiError("gone", self.where) from error

    async def all(self, *requests: Coroutine[Any, Any, Any]) -> list[Any]:
        """The results of several requests at once, ApiErrors in the place of failed ones.

        Raises:
            ApiError: the first request failed.
        """
        results = await asyncio.gather(*requests, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, ApiError):
                raise result
        if isinstance(results[0], ApiError):
            raise results[0]
        return results


def _content(response: httpx.Response) -> Any:
    try:
        content = json.loads(response.content)
    except ValueError as error:
        status = f"{response.status_code} {response.reason_phrase}"
        raise ApiError("broken", status, response.status_code) from error
    if response.is_success:
        return content
    detail = str(content.get("detail", "")) if isinstance(content, dict) else ""
    kind = _error_kind(response.status_code)
    raise ApiError(kind, detail or response.reason_phrase, response.status_code)


def _error_kind(status: int) -> ErrorKind:
    match status:
        case 503:
            return "empty"
        case 404:
            return "unknown"
        case _ if 400 <= status < 500:
            return "refused"
        case _:
            return "broken"


def _url() -> str:
    host = os.environ.get("WEARCAST_HOST") or "127.0.0.1"
    port = os.environ.get("WEARCAST_PORT") or "8000"
    url = os.environ.get(URL_VARIABLE) or f"http://{host}:{port}"
    return url.rstrip("/")


async def _is_listening(url: str) -> bool:
    try:
        async with httpx.AsyncClient(base_url=url, timeout=2.0, trust_env=False) as client:
            await client.get("/health/live")
    except httpx.ConnectError:
        return False
    except httpx.HTTPError:
        return True
    return True
