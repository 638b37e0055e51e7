"""People who read the site all month: what they are answered must be right by the clock and come
from one published snapshot."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx

from real.month.timeline import ZONE

STALE_AFTER = timedelta(hours=3)
LAST_HOUR_OUTDOORS = 21
_TOLERANCE = timedelta(minutes=3)
_ANSWERED_BY = timedelta(seconds=20)

FORECAST = "/api/forecast/latest?station=108"
ADVICE = "/api/recommendation/by_day?station=108"
RECENT = "/api/verification/recent?station=108"
TABLE = "/api/forecast/latest.csv?station=108"
OF_OLD = "/forecast/latest"
PATHS = (FORECAST, ADVICE, RECENT, TABLE, OF_OLD)


class Seen(NamedTuple):
    """What an answer says that it is from."""

    version: str
    issued_at: datetime
    model: str


@dataclass
class Reader:
    """Somebody who asks one thing after the other, each time whether there is anything newer.

    Attributes:
        url: of the site.
        now: the time by the month's clock.
        answers: how many there were, by their status.
        seen: what they were from.
        wrong: whatever was wrong with one of them.
        may_be_refused: whether a 503 that says when to come again is right for now.
    """

    url: str
    now: Callable[[], datetime]
    answers: Counter[int] = field(default_factory=Counter)
    seen: set[Seen] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    may_be_refused: bool = False

    def __post_init__(self) -> None:
        self._client = httpx.Client(
            base_url=self.url, trust_env=False, timeout=_ANSWERED_BY.seconds
        )
        self._etags: dict[str, str] = {}
        self._issued_at = datetime.min.replace(tzinfo=UTC)

    def close(self) -> None:
        """Leave."""
        self._client.close()

    def ask(self, path: str) -> None:
        """Ask for a path, and look at the answer."""
        etag = self._etags.get(path)
        headers = {"If-None-Match": etag} if etag else {}
        try:
            answer = self._client.get(path, headers=headers)
        except httpx.TransportError as error:
            self._complain(path, f"no answer: {error!r}")
            return
        self.answers[answer.status_code] += 1
        if answer.status_code == 503 and self.may_be_refused and "Retry-After" in answer.headers:
            return
        if answer.status_code not in (200, 304):
            self._complain(path, f"{answer.status_code} {answer.text[:300]}")
            return
        self._check_headers(path, answer.headers)
        if answer.status_code == 200:
            self._etags[path] = answer.headers["ETag"]
            if answer.headers["Content-Type"].startswith("application/json"):
                self._check_body(path, answer.json())

    def _check_headers(self, path: str, headers: Mapping[str, str]) -> None:
        issued_at = datetime.fromisoformat(headers["Wearcast-Issued-At"])
        if issued_at < self._issued_at:
            self._complain(path, f"{issued_at} after {self._issued_at}")
        self._issued_at = issued_at
        age = self.now() - issued_at
        told = timedelta(seconds=int(headers["Wearcast-Age"]))
        if abs(age - told) > _TOLERANCE:
            self._complain(path, f"the age is {told}, where it is {age}")
        is_stale = headers["Wearcast-Stale"] == "true"
        if abs(age - STALE_AFTER) > _TOLERANCE and is_stale != (age > STALE_AFTER):
            self._complain(path, f"stale is {is_stale} at an age of {age}")

    def _check_body(self, path: str, body: Any) -> None:
        if path == OF_OLD:
            return
        told = body["forecast"]
        issued_at = datetime.fromisoformat(told["issued_at"])
        self.seen.add(Seen(told["version"], issued_at, told["model"]))
        if told["replay"] or told["source"] != "kma":
            self._complain(path, f"from {told}")
        local_now = self.now().astimezone(ZONE)
        if path == FORECAST:
            self._check_hours(path, body, local_now)
        if path == ADVICE:
            today = local_now.date()
            is_over = local_now.hour >= LAST_HOUR_OUTDOORS
            wanted = today + timedelta(days=1) if is_over else today
            if body["target_date"] != str(wanted):
                self._complain(path, f"for {body['target_date']}, where it is {local_now}")

    def _check_hours(self, path: str, body: Any, local_now: datetime) -> None:
        if body["days"][0]["date"] != str(local_now.date()):
            self._complain(path, f"the first day is {body['days'][0]['date']} at {local_now}")
        expected = datetime.fromisoformat(body["forecast"]["issued_at"])
        for hour in body["hours"]:
            expected += timedelta(hours=1)
            local_time = expected.astimezone(ZONE).isoformat()
            if hour["local_time"] != local_time:
                self._complain(path, f"{hour['local_time']} for {local_time}")

    def _complain(self, path: str, what: str) -> None:
        self.wrong.append(f"{self.now():%m-%d %H:%M} {path}: {what}")


@contextmanager
def crowd(readers: list[Reader]) -> Iterator[None]:
    """Let them ask without a pause, all at a time, as long as the block runs."""
    over = threading.Event()

    def read(reader: Reader) -> None:
        while not over.is_set():
            for path in PATHS:
                reader.ask(path)
                over.wait(0.05)

    threads = [threading.Thread(target=read, args=(reader,), daemon=True) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
