"""The pages of an answer of data.go.kr's services: all rows, or an error where a page is another
than was asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from wearcast.weather.sources.http_client import HttpClient, Query
from wearcast.weather.sources.http_response import HttpResponse

Item = dict[str, Any]
ReadBody = Callable[[HttpResponse], dict[str, Any] | None]
"""A body out of its envelope, None where the service doesn't have it yet."""


@dataclass(frozen=True)
class _Page:
    items: list[Item]
    total: int


def items(
    client: HttpClient, url: str, query: Query, read_body: ReadBody, page_rows: int
) -> list[Item] | None:
    """The rows of all pages of `page_rows` each, none where there are no data; None where the
    service doesn't have them yet.

    Raises:
        SourceError: they can't be had, or aren't what was asked for.
    """
    found: list[Item] = []
    number, total = 1, None
    while total is None or len(found) < total:
        paged = {**query, "pageNo": str(number), "numOfRows": str(page_rows)}
        page = client.get(url, paged, partial(_page, read_body, number, total))
        if page is None:
            return None
        found += page.items
        number, total = number + 1, page.total
    return found


def _page(
    read_body: ReadBody, number: int, total_before: int | None, response: HttpResponse
) -> _Page | None:
    body = read_body(response)
    if body is None:
        return None
    items = _items(response, body.get("items"))
    total = _whole_number(response, body, "totalCount", 0)
    is_page = _whole_number(response, body, "pageNo", number) == number
    is_same_answer = total_before in (None, total)
    is_full = bool(items) == (total > 0) and len(items) <= total
    if not (is_page and is_same_answer and is_full):
        raise response.passing(
            f"another page than {number}, or another number of rows than it says"
        )
    return _Page(items, total)


def _items(response: HttpResponse, items: Any) -> list[Item]:
    """The rows, which come as a list, alone, or as one of several kinds of nothing."""
    found = items
    if isinstance(items, dict):
        found = items.get("item")
    rows = found or []
    if isinstance(found, dict):
        rows = [found]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise response.rubbish("no rows where rows should be")
    return rows


def _whole_number(response: HttpResponse, body: dict[str, Any], name: str, absent: int) -> int:
    try:
        return int(body.get(name, absent))
    except (TypeError, ValueError):
        pass
    raise response.rubbish(f"no number as {name}")
