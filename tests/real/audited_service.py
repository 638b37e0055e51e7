"""An API over a store, a publisher to that store, and a `ResponseAuditor` that reads the API."""

import itertools
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from real.processes import Api, api, wait_until
from real.response_auditor import Published, Reference, ResponseAuditor
from service.synthetic_snapshots import NEWARK, SEOUL, joined, varied
from wearcast.errors import StoreError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import ObjectStorage
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

_LOG = logging.getLogger(__name__)
_NUMBERS = itertools.count()
_FIRST = np.datetime64("2024-03-01T00", "h")
QUICK = {
    "REVALIDATE_EVERY": "1s",
    "REFRESH_EVERY": "1s",
    "STALE_AFTER": "5s",
    "STORE_TIMEOUT": "1s",
}
"""Settings with which a fault shows within seconds."""


def snapshot(number: int) -> Snapshot:
    """A replay that differs from those of other numbers in model, issue time and weather."""
    at = str(_FIRST + number)
    made = joined(
        *(
            varied(station, at, seed=number, mean_c=5.0 + number % 17)
            for station in (NEWARK, SEOUL)
        ),
        replay=True,
    )
    return replace(made, origin=replace(made.origin, model=f"model-{number:04}"))


class Damaging:
    """An object storage that damages snapshots as they are written; where the damage returns None,
    they aren't written."""

    def __init__(self, objects: ObjectStorage, damage: Callable[[bytes], bytes | None]) -> None:
        self._objects = objects
        self._damage = damage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    def put(self, name: str, content: bytes) -> None:
        """Write it, damaged."""
        left = self._damage(content) if name.endswith(".npz") else content
        if left is not None:
            self._objects.put(name, left)


def make(at: datetime | None = None) -> Published:
    """The next snapshot to publish; `at` is the time by its publisher's clock."""
    number = next(_NUMBERS)
    made, recent = (
        snapshot(number),
        {station.id: {"forecasts": number} for station in (NEWARK, SEOUL)},
    )
    record = SnapshotRecord.of(
        made.to_bytes(), made, at or datetime.now(UTC), json.dumps(recent).encode()
    )
    return Published(record, made, recent, honest=at is None)


def publish(objects: ObjectStorage, one: Published | None = None) -> Published:
    """Publish a snapshot, or this one."""
    one = one or make()
    store = SnapshotStore(objects, keep=1_000)
    store.publish(
        one.snapshot.to_bytes(), one.record, json.dumps(one.recent).encode(), store.read_state()
    )
    return one


@dataclass
class AuditedService:
    """An API, its store and its auditor."""

    api: Api
    objects: ObjectStorage
    auditor: ResponseAuditor
    latest: Published = field(init=False)

    def publish(self, at: datetime | None = None) -> Published:
        """Publish a snapshot that the API may serve."""
        one = make(at)
        # Where publishing fails because the answer gets lost, it may have been published all the
        # same.
        self.auditor.published.append(one)
        self.latest = publish(self.objects, one)
        return one

    def publish_damaged(self, damage: Callable[[bytes], bytes | None]) -> Published:
        """Publish a snapshot that the API must not serve."""
        return publish(Damaging(self.objects, damage))

    def get_fresh(self) -> Published:
        """Publish, again and again as a schedule would, until the API serves what was published
        just now and all is well."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                one = self.publish()
            except StoreError:
                time.sleep(0.5)
                continue
            serves = self._serves(one)
            if serves():
                return one
        raise AssertionError(f"it doesn't get fresh again: {self.api.ready()}")

    def _serves(self, one: Published) -> Callable[[], bool]:
        def serves() -> bool:
            for _ in range(30):
                ready = self.api.ready()
                if (ready["snapshot"], ready["stale"], ready["store"]) == (
                    one.record.version,
                    False,
                    "",
                ):
                    return (
                        self.says_stale() == {False}
                        and self.api.metric("wearcast_store_trouble") == 0
                    )
                time.sleep(0.1)
            return False

        return serves

    def is_troubled(self, why: str) -> None:
        """Wait until the API says of its store what matches `why`, with the snapshot it had."""
        wait_until(
            lambda: re.search(why, self.api.ready()["store"]),
            lambda: f"trouble that matches {why!r}: {self.api.ready()}",
        )
        assert self.api.metric("wearcast_store_trouble") == 1

    def falls_stale(self, why: str) -> None:
        """Wait for the trouble, and until the forecast is called stale wherever that is said."""
        self.is_troubled(why)
        wait_until(lambda: self.says_stale() == {True}, "it is called stale")
        assert (
            self.api.metric("wearcast_snapshot_age_seconds")
            > self.auditor.stale_after.total_seconds()
        )
        assert self.latest.record.version == self.api.ready()["snapshot"]

    def is_well(self) -> None:
        """Wait until there is no trouble any more."""
        wait_until(
            lambda: not self.api.ready()["store"],
            lambda: f"the trouble is over: {self.api.ready()}",
        )
        assert self.api.metric("wearcast_store_trouble") == 0

    def says_stale(self) -> set[bool]:
        """Whether it is stale by the metric, /health/ready, and an answer's body and header: all of
        them in one look."""
        # Of a language that nobody asked for before: no kept answer, whose age may be told up to
        # ten seconds late.
        answer = self.api.get("/forecast/latest", **{"Accept-Language": f"x-{time.monotonic_ns()}"})
        told = [answer.json()["forecast"]["stale"], answer.headers["Wearcast-Stale"] == "true"]
        return {*told, self.api.metric("wearcast_snapshot_stale") == 1, self.api.ready()["stale"]}

    def check(self) -> list[float]:
        """Hold every answer since the last check against what was published; how long they took, in
        order."""
        return self.auditor.check()


@contextmanager
def audited_service(
    root: Path, log: Path, objects: ObjectStorage, settings: Mapping[str, str]
) -> Iterator[AuditedService]:
    """Start an API that serves its first snapshot, and its auditor; `settings` is the API's whole
    environment."""
    deployment = Deployment.from_environment(
        {name: value for name, value in settings.items() if name.startswith("WEARCAST_")}, root
    )
    reference = Reference(deployment)
    with api(root, log, settings) as one:
        auditor = ResponseAuditor(one.url, reference, deployment.stale_after, [])
        service = AuditedService(one, objects, auditor)
        service.get_fresh()
        auditor.watch()
        try:
            yield service
        finally:
            auditor.close()
            reference.close()
            _LOG.info(
                "%s: %s answers, the slowest in %.2f s, %d snapshots",
                log.stem,
                dict(auditor.answers),
                auditor.slowest_s,
                len(auditor.published),
            )
