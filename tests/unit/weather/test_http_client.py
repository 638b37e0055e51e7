"""HTTP as the live sources use it: what is bounded, and what is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import SecretStr

from fakes.serving import served
from wearcast.errors import PassingError, SourceError
from wearcast.weather.sources.http_client import HttpClient, RetryPolicy
from wearcast.weather.sources.http_response import HttpResponse, retry_after_s

HASTY = RetryPolicy(
    connect_s=0.5,
    silence_s=2.0,
    attempts=2,
    total_s=5,
    first_pause_s=0.01,
    longest_pause_s=0.01,
    jitter_s=0.0,
)


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope
        assert receive
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    with served(app) as url:
        yield url


def asked(url: str, read: Callable[[HttpResponse], Any] = HttpResponse.json, **options: Any) -> Any:
    return HttpClient(HASTY, **options).get(url, {"key": SecretStr("s3cret/key")}, read)


def test_a_body_is_read_as_json_with_or_without_a_byte_order_mark() -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        with answering(mark + '{"서울": 1}'.encode()) as url:
            assert asked(url) == {"서울": 1}


def test_an_answer_may_not_be_longer_than_its_bound() -> None:
    with (
        answering(b"[" + b"1," * 60_000 + b"1]") as url,
        pytest.raises(SourceError, match=r"more than 0.1 MB; nothing of it was kept") as e,
    ):
        asked(url, most_bytes=100_000)
    assert not isinstance(e.value, PassingError)


def test_numbers_that_json_does_not_know_are_refused() -> None:
    with (
        answering(b'{"temp": NaN}') as url,
        pytest.raises(PassingError, match="JSON that breaks off"),
    ):
        asked(url)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_raised_at_once_with_the_servers_reason(status: int) -> None:
    with (
        answering(b"no, because of s3cret/key and s3cret%2Fkey", status) as url,
        pytest.raises(SourceError) as failure,
    ):
        asked(url, HttpResponse.require_success)
    assert (
        str(failure.value) == f"{url} refuses the request, status {status}: no, because of … and …"
    )
    assert failure.value.__cause__ is failure.value.__context__ is None


def test_nobody_listening_passes() -> None:
    with pytest.raises(
        PassingError,
        match=(
            r"127.0.0.1:9 can't be reached, or the connection broke off: .*\(asked 2 times in 0 s\)"
        ),
    ):
        asked("http://127.0.0.1:9")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "127.0.0.1/x"])
def test_an_invalid_address_is_raised_at_once(url: str) -> None:
    with pytest.raises(
        SourceError, match=r"is no address that can be asked. Set one that begins with https://"
    ):
        asked(url)


def test_when_to_ask_again_may_be_seconds_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert retry_after_s("120") == 120
    assert retry_after_s(soon) == pytest.approx(90, abs=3)
    assert retry_after_s(format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)) == 0
    assert retry_after_s("soon") is retry_after_s(None) is None


def test_an_excerpt_shows_both_ends_of_a_long_body() -> None:
    excerpt = HttpResponse("http://x", 200, b"begin " + b"x" * 5_000 + b" end").excerpt
    assert excerpt.startswith("begin")
    assert excerpt.endswith("end")
    assert len(excerpt) < 200
