"""HTTP for the live sources: one request after the other, bounded in time and size, repeated where
that can help.

What goes wrong is of three kinds, and each says what to do:

what its reader can mend  SourceError, at once: a key, a parameter, a quota, an address
what passes               PassingError, asked again after pauses: 429, 5xx, time-outs, streams that
break off
what is rubbish           SourceError: HTML or XML where JSON was asked for; nothing of it is kept

A key goes into a query as a `SecretStr`. No message, log record, repr or exception chain shows it:
an address is shown without its query, and a text in which the server repeats the key has … in its
place.
"""

import logging
import random
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Final, TypeVar
from urllib.parse import quote, quote_plus

import httpx
import stamina
from pydantic import SecretStr

from wearcast.errors import PassingError, SourceError
from wearcast.weather.http_transport import EnvironmentTransport
from wearcast.weather.sources.http_response import HttpResponse, retry_after_s

T = TypeVar("T")
Query = Mapping[str, str | SecretStr]


@dataclass(frozen=True)
class RetryPolicy:
    """Time-outs of a request, and how often it is repeated.

    Attributes:
        connect_s, silence_s: until a connection stands; between two pieces of an answer.
        answer_s: for one whole answer.
        attempts, total_s: requests for one answer, and the time after which no other one begins.
        first_pause_s, longest_pause_s, jitter_s: pauses double from the first to the longest, each
            a little longer by chance.
    """

    connect_s: float = 10.0
    silence_s: float = 60.0
    answer_s: float = 180.0
    attempts: int = 8
    total_s: float = 600.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    jitter_s: float = 1.0


FOR_A_REFRESH: Final = RetryPolicy(silence_s=20.0, answer_s=60.0, attempts=3, total_s=120.0)
"""For a numerical model's newest run: it is wanted now, or the forecast goes on without it."""


class HttpClient:
    """Asks servers, and asks again while that can help."""

    def __init__(
        self,
        retry_policy: RetryPolicy | None = None,
        most_bytes: int = 64_000_000,
        ticks_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`retry_policy` bounds the waiting, `most_bytes` the size of a response; `ticks_s` is a
        clock that only goes forward.

        Raises:
            ConfigError: the environment's proxies or certificates can't be meant.
        """
        self._retry_policy = policy = retry_policy or RetryPolicy()
        self._most_bytes = most_bytes
        self._ticks_s = ticks_s
        self._client = httpx.Client(
            headers={"User-Agent": f"wearcast/{metadata.version('wearcast')}"},
            timeout=httpx.Timeout(policy.silence_s, connect=policy.connect_s),
            transport=EnvironmentTransport(),
            follow_redirects=False,
        )
        weakref.finalize(self, self._client.close)
        _keep_queries_out_of_logs()

    def get(self, url: str, query: Query, read: Callable[[HttpResponse], T]) -> T:
        """What `read` makes of the answer; it raises PassingError for an answer to be asked for
        again.

        Raises:
            PassingError: it didn't pass within the patience.
            SourceError: the server can't be asked, or `read` refuses its answer; a QuotaError of
                `read` stays one.
        """
        began_s, tries, policy = self._ticks_s(), 0, self._retry_policy
        try:
            for attempt in stamina.retry_context(
                on=lambda error: self._pause(error, began_s),
                attempts=policy.attempts,
                timeout=policy.total_s,
                wait_initial=policy.first_pause_s,
                wait_max=policy.longest_pause_s,
                wait_jitter=policy.jitter_s,
            ):
                with attempt:
                    tries = attempt.num
                    return self._once(url, query, read)
        except PassingError as error:
            last = error
        spent = f"asked {tries} time{'s' * (tries > 1)} in {self._ticks_s() - began_s:.0f} s"
        if last.retry_after_s:
            spent += f", to be asked again in {last.retry_after_s:.0f} s"
        raise PassingError(
            f"{last} ({spent}). Run again later: what is there already is not asked for again."
        )

    def _pause(self, error: Exception, began_s: float) -> bool | float:
        """Whether to ask again: True after a pause of stamina's, or after so many seconds, which
        the server asked for."""
        if not isinstance(error, PassingError):
            return False
        policy = self._retry_policy
        left_s = began_s + policy.total_s - self._ticks_s()
        if error.retry_after_s is None:
            return left_s > 0
        jitter_s = random.uniform(0, policy.jitter_s)  # noqa: S311 - no secret
        pause_s = error.retry_after_s + jitter_s
        return pause_s if pause_s < left_s else False

    def _once(self, url: str, query: Query, read: Callable[[HttpResponse], T]) -> T:
        keys = [value for value in query.values() if isinstance(value, SecretStr)]
        plain = {name: _shown(value) for name, value in query.items()}
        try:
            return read(self._ask(url, plain))
        except PassingError as error:
            safe: SourceError = PassingError(_without(keys, str(error)), error.retry_after_s)
        except SourceError as error:
            safe = type(error)(_without(keys, str(error)))
        # Out here the error that may show a key is not its context.
        raise safe

    def _ask(self, url: str, query: Mapping[str, str]) -> HttpResponse:
        public = url.partition("?")[0]
        try:
            with self._client.stream("GET", url, params=query) as streamed:
                after_s = retry_after_s(streamed.headers.get("Retry-After"))
                body = self._body(streamed, public)
                return HttpResponse(public, streamed.status_code, body, after_s)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            failure: SourceError = SourceError(
                f"{public} is no address that can be asked. Set one that begins with https://."
            )
        except httpx.TimeoutException:
            failure = PassingError(f"{public} did not answer in time.")
        except httpx.HTTPError as error:
            failure = _failure(public, str(error) or type(error).__name__)
        raise failure

    def _body(self, streamed: httpx.Response, public: str) -> bytes:
        """The body, if it is not too long and not too slow."""
        limit_s = self._retry_policy.answer_s
        until_s = self._ticks_s() + limit_s
        body = bytearray()
        for piece in streamed.iter_bytes():
            body += piece
            if len(body) > self._most_bytes:
                raise SourceError(
                    f"{public} answered more than {self._most_bytes / 1e6:g} MB; nothing of it was"
                    " kept. Ask for less at once."
                )
            if self._ticks_s() > until_s:
                raise PassingError(f"{public} did not complete its answer within {limit_s:g} s.")
        return bytes(body)


def _failure(public: str, reason: str) -> SourceError:
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return SourceError(
            f"{public} shows a certificate that can't be verified. Check this machine's clock; if a"
            " proxy shows certificates of its own, set SSL_CERT_FILE to the file that has them."
        )
    return PassingError(f"{public} can't be reached, or the connection broke off: {reason}.")


def _shown(value: str | SecretStr) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value


def _without(keys: list[SecretStr], text: str) -> str:
    """`text` with … for each key, as it is and as it stands in an address."""
    for key in filter(None, (key.get_secret_value() for key in keys)):
        for form in (key, quote(key, safe=""), quote_plus(key), quote(key)):
            text = text.replace(form, "…")
    return text


class _WithoutQuery(logging.Filter):
    """httpx logs each address; this leaves out its query, in which a key may stand."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(arg) for arg in record.args)
        return True


def _without_query(arg: object) -> object:
    if isinstance(arg, httpx.URL):
        return arg.copy_with(query=None)
    return arg


_WITHOUT_QUERY: Final = _WithoutQuery()


def _keep_queries_out_of_logs() -> None:
    logging.getLogger("httpx").addFilter(_WITHOUT_QUERY)
    # Its debug records show headers of answers, and a redirect's repeats the whole address.
    logging.getLogger("httpcore").setLevel(logging.INFO)
