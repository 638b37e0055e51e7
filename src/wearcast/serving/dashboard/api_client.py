"""The API, asked over HTTP, or in this process where no service runs; whatever goes wrong is one
kind of error that a person understands.

Trouble
├── gone    nobody listens there
├── slow    no answer in time
├── empty   no forecast has been published yet
├── unknown no forecast of what was asked for
├── refused a question that the API doesn't take
└── broken  an answer that isn't one
"""

import asyncio
import json
import os
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any, Final, Literal

import httpx

Kind = Literal["gone", "slow", "empty", "unknown", "refused", "broken"]
URL_VARIABLE: Final = "WEARCAST_API"
_KEPT: Final = 64
_LONGEST_S: Final = 10.0


class Trouble(Exception):
    """The API didn't answer what was asked.

    Attributes:
        kind: what went wrong.
        detail: what the API says of it, or where it was looked for.
        status: of the answer; 0 where there was none.
    """

    def __init__(self, kind: Kind, detail: str, status: int = 0) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.status = status


class Client:
    """Asks the API; an answer that hasn't changed since isn't sent again."""

    def __init__(self, client: httpx.AsyncClient, where: str) -> None:
        self._client = client
        self._kept: OrderedDict[str, tuple[str, Any]] = OrderedDict()
        self.where = where

    @classmethod
    async def open(cls) -> "Client":
        """A client of the service that WEARCAST_API names; else of the one that `wearcast serve`
        runs here, else of one in this process."""
        named = os.environ.get(URL_VARIABLE, "")
        host = os.environ.get("WEARCAST_HOST") or "127.0.0.1"
        port = os.environ.get("WEARCAST_PORT") or "8000"
        here = f"http://{host}:{port}"
        if not named and not await _listens(here):
            from wearcast.serving.dashboard.inprocess import service

            return cls(await service(), "this process")
        url = (named or here).rstrip("/")
        limits = httpx.Limits(max_connections=8, keepalive_expiry=30)
        timeout = httpx.Timeout(5.0, connect=2.0)
        return cls(
            httpx.AsyncClient(base_url=url, timeout=timeout, limits=limits, trust_env=False), url
        )

    async def get(self, path: str, **query: str | None) -> Any:
        """The content of an answer.

        Raises:
            Trouble: there is none.
        """
        asked = {name: value for name, value in query.items() if value is not None}
        key = f"{path}?{httpx.QueryParams(asked)}"
        etag, content = self._kept.get(key, ("", None))
        try:
            # httpx bounds the wait for each piece of an answer, and one may come in very many.
            async with asyncio.timeout(_LONGEST_S):
                answer = await self._client.get(
                    path, params=asked, headers={"If-None-Match": etag} if etag else None
                )
        except (httpx.TimeoutException, TimeoutError) as error:
            raise Trouble("slow", self.where) from error
        except httpx.TransportError as error:
            raise Trouble("gone", self.where) from error
        if answer.status_code != 304:
            content = _content(answer)
            self._kept[key] = (answer.headers.get("ETag", ""), content)
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return content

    async def all(self, *asked: Coroutine[Any, Any, Any]) -> list[Any]:
        """The contents of several answers at once; a Trouble in the place of each that there isn't.

        Raises:
            Trouble: there isn't the first.
        """
        first, *others = await asyncio.gather(*asked, return_exceptions=True)
        for found in (first, *others):
            if isinstance(found, BaseException) and not isinstance(found, Trouble):
                raise found
        if isinstance(first, Trouble):
            raise first
        return [first, *others]


def _content(answer: httpx.Response) -> Any:
    try:
        content = json.loads(answer.content)
    except ValueError as error:
        raise Trouble(
            "broken", f"{answer.status_code} {answer.reason_phrase}", answer.status_code
        ) from error
    if answer.status_code == 200:
        return content
    detail = str(content.get("detail", "")) if isinstance(content, dict) else ""
    raise Trouble(_kind(answer.status_code), detail or answer.reason_phrase, answer.status_code)


def _kind(status: int) -> Kind:
    match status:
        case 503:
            return "empty"
        case 404:
            return "unknown"
        case _ if 400 <= status < 500:
            return "refused"
        case _:
            return "broken"


async def _listens(url: str) -> bool:
    try:
        async with httpx.AsyncClient(base_url=url, timeout=2.0, trust_env=False) as client:
            await client.get("/health/live")
    except httpx.ConnectError:
        return False
    except httpx.HTTPError:
        return True
    return True
