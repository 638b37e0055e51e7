"""An HTTP response, and the errors that its faults mean."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from wearcast.errors import PassingError, SourceError

_EXCERPT: Final = 160
_BUSY: Final = frozenset({408, 425, 429})


@dataclass(frozen=True)
class HttpResponse:
    """What a server answered, of whatever status.

    Attributes:
        url: the address asked, without its query.
        status: HTTP's.
        content: the body.
        retry_after_s: after how many seconds the server wants to be asked again, if it says so.
    """

    url: str
    status: int
    content: bytes
    retry_after_s: float | None = None

    @property
    def excerpt(self) -> str:
        """The body's beginning and end in one line, for a message."""
        words = self.content.decode("utf-8", errors="replace").split()
        text, half = " ".join(words), _EXCERPT // 2
        if len(text) <= _EXCERPT:
            return text
        return f"{text[:half]} … {text[-half:]}"

    def json(self) -> Any:
        """The body as JSON, with or without a byte order mark.

        Raises:
            PassingError: it breaks off, as a stream does that failed on its way.
            SourceError: it is HTML or XML.
        """
        text = self.content.decode("utf-8-sig", errors="replace").strip()
        if text.startswith("<"):
            raise self.rubbish("HTML or XML where JSON was asked for")
        try:
            return json.loads(text, parse_constant=_no_number)
        except ValueError:
            pass
        raise self.passing("JSON that breaks off")

    def require_success(self, reason: str = "") -> None:
        """Raise what a status other than 2xx means; `reason` is the server's own where the source
        knows how to read it.

        Raises:
            PassingError: the server is busy or broken (408, 425, 429, 5xx).
            SourceError: it refuses what was asked, or sends elsewhere.
        """
        reason = f"status {self.status}: {reason or self.excerpt or 'no reason given'}"
        if self.status in _BUSY or self.status >= 500:
            raise self.passing(reason)
        if 300 <= self.status < 400:
            raise SourceError(
                f"{self.url} sends elsewhere (status {self.status}), which is not followed. Set the"
                " address it has now."
            )
        if not 200 <= self.status < 300:
            raise SourceError(f"{self.url} refuses the request, {reason}")

    def passing(self, what: str, retry_after_s: float | None = None) -> PassingError:
        """An error for what may pass: the server answered `what`."""
        return PassingError(
            f"{self.url} answered {_with_body(what, self)}",
            self.retry_after_s if retry_after_s is None else retry_after_s,
        )

    def rubbish(self, what: str) -> SourceError:
        """An error for what is no answer at all: the server answered `what`."""
        return SourceError(
            f"{self.url} answered {_with_body(what, self)} Nothing of it was kept. If no proxy or"
            " login page stands in between, the service is being changed or mended: try again"
            " later."
        )


def retry_after_s(value: str | None) -> float | None:
    """The header Retry-After in seconds; it may be a number of them, or a date."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    in_utc = at.replace(tzinfo=at.tzinfo or UTC)
    left = in_utc - datetime.now(UTC)
    return max(0.0, left.total_seconds())


def _with_body(what: str, response: HttpResponse) -> str:
    excerpt = response.excerpt
    is_told = excerpt in what
    if is_told or not excerpt:
        return f"{what}."
    return f"{what}: {excerpt}."


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
