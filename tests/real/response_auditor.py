"""A client that reads an API continuously while tests disturb it, and afterwards compares every
response with the published snapshots."""

import asyncio
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.api.app import create_app
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

_LATE_S = 1.5
"""By so much the clocks of the question and of the answer may differ on a busy machine."""


@dataclass(frozen=True)
class Ask:
    """A request, and the status of its response in normal operation."""

    path: str
    status: int = 200
    method: str = "GET"
    language: str = "en"
    conditional: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What is asked along with it."""
        return {"Accept-Language": self.language}


ASKS = (
    Ask("/forecast/latest"),
    Ask("/recommendation/by_day"),
    Ask("/forecast/latest?station=108&units=imperial"),
    Ask("/forecast/latest?format=csv"),
    Ask("/forecast/latest", conditional=True),
    Ask("/forecast/latest?format=records"),
    Ask("/recommendation/by_day?activity=cycling&style=business", language="ko"),
    Ask("/recommendation/by_hour?hour=8&units=imperial"),
    Ask("/forecast/latest", method="HEAD"),
    Ask("/stations"),
    Ask("/verification/recent"),
    Ask("/recommendation/by_day", conditional=True),
    Ask("/health/ready"),
    Ask("/model"),
    Ask("/metrics"),
    Ask("/model/verification"),
    Ask("/health/live"),
    Ask("/forecast/latest?station=nowhere", status=404),
    Ask("/recommendation/by_day?target_date=1999-12-31", status=404),
    Ask("/forecast/latest?units=furlongs", status=422),
)


@dataclass(frozen=True)
class Published:
    """A snapshot that was published; `honest` where its publisher's clock was right."""

    record: SnapshotRecord
    snapshot: Snapshot
    recent: Mapping[str, Any] | None = None
    honest: bool = True


@dataclass(frozen=True)
class AuditedResponse:
    """A response; without one, status 0 and the error as its body."""

    ask: Ask
    at: float
    took_s: float
    status: int
    headers: httpx.Headers
    body: bytes
    condition: str = ""


class Reference:
    """An undisturbed service of one snapshot, whose responses are the expected ones."""

    def __init__(self, settings: Deployment) -> None:
        self._reader = SnapshotReader(
            SnapshotStore(FolderStorage(settings.model / "nowhere"), 2), timedelta(days=1)
        )
        transport = httpx.ASGITransport(create_app(settings, self._reader))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://reference")
        self._runner = asyncio.Runner()
        self._kept: dict[tuple[str, Ask], httpx.Response] = {}

    def answer(self, published: Published, ask: Ask) -> httpx.Response:
        """Its answer."""
        key = published.record.version, ask
        if key not in self._kept:
            self._reader.current = ServedSnapshot(
                published.record, published.snapshot, published.recent, time.monotonic()
            )
            asked = self._client.request(ask.method, ask.path, headers=ask.headers)
            self._kept[key] = self._runner.run(asked)
        return self._kept[key]

    def close(self) -> None:
        """Ask no more."""
        self._runner.close()


@dataclass
class ResponseAuditor:
    """Reads an API in a thread, from `watch` to `close`.

    Attributes:
        url: the API.
        reference: gives the expected responses.
        stale_after: the setting of the API.
        published: all published snapshots in order; the API serves the first already.
        asks: the requests, sent in turn.
        a_second: requests a second.
        answers: the number of correct responses by status.
        slowest_s: the time of the slowest response.
    """

    url: str
    reference: Reference
    stale_after: timedelta
    published: list[Published]
    asks: tuple[Ask, ...] = ASKS
    a_second: int = 40
    answers: Counter[int] = field(default_factory=Counter)
    slowest_s: float = 0.0
    _heard: list[AuditedResponse] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _newest: int = 0

    def watch(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ask no more."""
        self._ended.set()
        self._thread.join(30)

    def check(self) -> list[float]:
        """Fail if any response since the last check was an error, of no snapshot, of two, or had a
        wrong age; else their times."""
        heard, self._heard = self._heard, []
        assert heard, "nothing was asked"
        faults = [fault for one in heard if (fault := self.fault(one))]
        assert not faults, f"{len(faults)} of {len(heard)} answers were wrong:\n" + "\n".join(
            faults[:8]
        )
        self.answers.update(one.status for one in heard)
        took_s = sorted(one.took_s for one in heard)
        self.slowest_s = max(self.slowest_s, took_s[-1])
        return took_s

    def _listen(self) -> None:
        tags: dict[str, str] = {}
        with httpx.Client(base_url=self.url, timeout=10, trust_env=False) as client:
            number, began = 0, time.monotonic()
            while not self._ended.wait(max(0.0, began + number / self.a_second - time.monotonic())):
                ask = self.asks[number % len(self.asks)]
                heard = _asked(client, ask, tags.get(ask.path, "") if ask.conditional else "")
                if ask.language == "en" and ask.method == "GET" and heard.status == 200:
                    tags[ask.path] = heard.headers.get("ETag", "")
                self._heard.append(heard)
                number += 1

    def fault(self, heard: AuditedResponse) -> str:
        """What is wrong with a response; empty where nothing is."""
        try:
            self._judge(heard)
        except (AssertionError, KeyError, ValueError) as error:
            condition = f" If-None-Match: {heard.condition}" if heard.condition else ""
            told = (
                f"{heard.ask.method} {heard.ask.path}{condition} at {heard.at:.1f}: {heard.status},"
                f" {heard.took_s:.2f} s"
            )
            return f"{told}: {error!r:.200}\n    {dict(heard.headers)}\n    {heard.body[:300]!r}"
        return ""

    def _judge(self, heard: AuditedResponse) -> None:
        expected = {heard.ask.status, 304} if heard.condition else {heard.ask.status}
        assert heard.status in expected, "the status is wrong"
        match heard.ask.path:
            case "/health/live":
                assert json.loads(heard.body)["status"] == "alive", "it isn't alive"
            case "/health/ready":
                told = json.loads(heard.body)
                assert told["status"] == "ready", "it isn't ready"
                self._of_one({told["snapshot"]}, heard)
            case "/metrics":
                [(model, version)] = re.findall(
                    rb'wearcast_snapshot_info\{model="([^"]*)",.*version="(\w*)"\}', heard.body
                )
                one = self._of_one({version.decode()}, heard)
                assert one.record.model == model.decode(), "the metric mixes two snapshots"
            case _ if heard.ask.status != 200:
                self._judge_problem(heard)
            case _:
                self._judge_forecast(heard)

    def _judge_problem(self, heard: AuditedResponse) -> None:
        assert heard.headers["Content-Type"] == "application/problem+json", "it is no problem"
        details = {self.reference.answer(one, heard.ask).json()["detail"] for one in self.published}
        assert json.loads(heard.body)["detail"] in details, "the detail belongs to no snapshot"

    def _judge_forecast(self, heard: AuditedResponse) -> None:
        models = {one.record.model: one for one in self.published}
        by_issue = {_issued(one): one for one in self.published}
        one = by_issue.get(heard.headers["Wearcast-Issued-At"])
        assert one, "no snapshot was issued then"
        assert heard.headers["Wearcast-Model"] in models, "no snapshot has that model"
        versions = {
            found.decode() for found in re.findall(rb'"version":"([0-9a-f]{64})"', heard.body)
        }
        self._of_one(versions | {one.record.version}, heard)
        expected = self.reference.answer(one, heard.ask)
        for name in ("Wearcast-Issued-At", "Wearcast-Model", "Wearcast-Replay"):
            assert heard.headers[name] == expected.headers[name], f"{name} is of another snapshot"
        if heard.status == 200:
            assert heard.headers["Content-Type"] == expected.headers["Content-Type"], (
                "the type is wrong"
            )
            assert _lasting(heard.body) == _lasting(expected.content), (
                "it isn't what that snapshot says"
            )
        self._judge_age(heard, one)

    def _judge_age(self, heard: AuditedResponse, one: Published) -> None:
        age_s, stale = int(heard.headers["Wearcast-Age"]), heard.headers["Wearcast-Stale"] == "true"
        told = {found == b"true" for found in re.findall(rb'"stale":(true|false)', heard.body)}
        assert told <= {stale}, "header and body differ in whether it is stale"
        after_s = self.stale_after.total_seconds()
        assert stale == (age_s >= after_s) or abs(age_s - after_s) <= 1, "stale doesn't fit the age"
        if one.honest and one.record.replay:
            real_s = heard.at - one.record.published_at.timestamp()
            assert real_s - heard.took_s - 1 - _LATE_S <= age_s <= real_s + _LATE_S, (
                f"it is {real_s:.1f} s old"
            )

    def _of_one(self, versions: Iterable[str], heard: AuditedResponse) -> Published:
        """The one published snapshot of these versions; no older one than was served before."""
        assert len(set(versions)) == 1, f"it mixes {sorted(versions)}"
        [version] = set(versions)
        places = [
            place for place, one in enumerate(self.published) if one.record.version == version
        ]
        assert places, f"{version[:12]} was never published"
        assert places[-1] >= self._newest, (
            f"{version[:12]} is older than what was served at {heard.at:.1f}"
        )
        self._newest = places[-1]
        return self.published[places[-1]]


def _asked(client: httpx.Client, ask: Ask, condition: str) -> AuditedResponse:
    headers = ask.headers | ({"If-None-Match": condition} if condition else {})
    began = time.monotonic()
    try:
        answer = client.request(ask.method, ask.path, headers=headers)
    except httpx.HTTPError as error:
        return AuditedResponse(
            ask,
            time.time(),
            time.monotonic() - began,
            0,
            httpx.Headers(),
            repr(error).encode(),
            condition,
        )
    return AuditedResponse(
        ask,
        time.time(),
        time.monotonic() - began,
        answer.status_code,
        answer.headers,
        answer.content,
        condition,
    )


def _issued(one: Published) -> str:
    return f"{one.snapshot.issued_at[0].item():%Y-%m-%dT%H:%M:%SZ}"


def _lasting(body: bytes) -> bytes:
    """A response without the parts that change with time."""
    return re.sub(rb'"age_s":\d+|"stale":(true|false)', b"", body)
