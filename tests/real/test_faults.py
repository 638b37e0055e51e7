"""What befalls a bucket while the API reads it: no read fails, none mixes two snapshots, and age
and trouble are told."""

import base64
import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from real.audited_service import QUICK, AuditedService, audited_service, publish, snapshot
from real.conftest import BUCKET, KEYS, Server
from real.faulty_proxy import NO_HTTP, RUBBISH, Proxy
from real.forked_refreshes import Refreshes
from real.processes import api, deployed, wait_until
from real.response_auditor import Ask, AuditedResponse, ResponseAuditor
from real.secret_leaks import leaks
from real.settable_clock import Clock, compiler
from wearcast.errors import StoreError
from wearcast.serving.store.object_storage import ObjectStorage, open_storage
from wearcast.serving.store.snapshot_store import POINTER, SnapshotStore

pytestmark = pytest.mark.real

URL = f"s3://{BUCKET}/faults"
OTHER_KEYS = {
    "AWS_ACCESS_KEY_ID": "ANOTHERKEYOFTHETESTS",
    "AWS_SECRET_ACCESS_KEY": "another secret of the tests",
}
TOKEN = "a-session-token-of-the-tests"  # noqa: S105 - of nobody
SECRETS = (*KEYS.values(), *OTHER_KEYS.values(), TOKEN)


@pytest.fixture(scope="module")
def proxy(s3: Server) -> Iterator[Proxy]:
    """The network between the API and the server."""
    proxy = Proxy(s3.port)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module", autouse=True)
def _directly(s3: Server) -> Iterator[None]:
    """Who publishes reaches the server without the proxy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", s3.endpoint)
        yield


def settings(root: Path, endpoint: str, url: str = URL, **others: str) -> dict[str, str]:
    """The environment of an API that reads the bucket."""
    return deployed(root, url, {"AWS_ENDPOINT_URL_S3": endpoint}, **(QUICK | others))


def bucket(url: str = URL) -> ObjectStorage:
    """The bucket as a publisher knows it."""
    return open_storage(url, timedelta(seconds=2))


@pytest.fixture(scope="module")
def running(proxy: Proxy, small_project: Path, said: Path) -> Iterator[AuditedService]:
    """An API that goes through all the faults; its log tells everything."""
    environment = settings(small_project, proxy.endpoint, LOG_LEVEL="debug")
    with audited_service(small_project, said / "faults.log", bucket(), environment) as running:
        yield running


@pytest.fixture
def service(running: AuditedService, proxy: Proxy) -> Iterator[AuditedService]:
    """It, all well at first."""
    running.get_fresh()
    running.check()
    yield running
    proxy.heal()


def delete(s3: Server, *names: str) -> None:
    for name in names:
        s3.client.delete_object(Bucket=BUCKET, Key=name)


def test_it_becomes_ready_with_the_first_snapshot(s3, small_project, said):
    url = f"s3://{BUCKET}/first"
    objects = bucket(url)
    with api(small_project, said / "first.log", settings(small_project, s3.endpoint, url)) as early:
        for asked in ("/forecast/latest", "/recommendation/by_day", "/stations", "/health/ready"):
            answer = early.get(asked)
            assert (answer.status_code, answer.headers["Retry-After"].isdigit()) == (
                503,
                True,
            ), asked
        wait_until(
            lambda: "Nothing has been published to the store" in early.ready()["store"],
            "it says why",
        )
        objects.put(POINTER, b'{"format": 1, "hist')
        wait_until(
            lambda: "latest.json is broken" in early.ready()["store"], "it says that it is broken"
        )
        assert early.get("/forecast/latest").status_code == 503
        assert early.metric("wearcast_ready") == 0
        one = publish(objects)
        wait_until(lambda: early.get("/health/ready").status_code == 200, "it is ready")
        assert early.ready()["snapshot"] == one.record.version
        assert early.get("/forecast/latest").json()["forecast"]["version"] == one.record.version


@pytest.mark.usefixtures("s3")
def test_an_object_is_read_up_to_a_bound():
    objects = bucket(f"s3://{BUCKET}/large")
    content = bytes(3_000_000)
    objects.put("a", content)
    for _ in range(3):
        with pytest.raises(StoreError, match=r"large/a is larger than the 1,000,000 bytes"):
            objects.get("a", 1_000_000)
        assert objects.get("a", len(content)) == content


def test_the_s3_server_is_killed_and_restarted(service, s3):
    s3.kill()
    service.falls_stale("Could not connect to the endpoint")
    s3.start()
    service.is_well()
    service.get_fresh()
    service.check()


def test_the_keys_are_revoked_and_restored(service, s3):
    s3.kill()
    s3.start(OTHER_KEYS)
    service.falls_stale("InvalidAccessKeyId")
    s3.kill()
    s3.start(KEYS)
    service.is_well()
    service.get_fresh()
    service.check()


def test_the_bucket_denies_reading(service, s3):
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{BUCKET}/*"],
    }
    s3.client.put_bucket_policy(
        Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    )
    try:
        service.falls_stale("AccessDenied")
    finally:
        s3.client.delete_bucket_policy(Bucket=BUCKET)
    service.is_well()
    service.get_fresh()
    service.check()


def test_the_bucket_shows_the_pointer_and_denies_the_snapshot(service, s3):
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{BUCKET}/faults/objects/*"],
    }
    s3.client.put_bucket_policy(
        Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    )
    try:
        newer = publish(service.objects)
        service.falls_stale("AccessDenied")
    finally:
        service.auditor.published.append(newer)
        s3.client.delete_bucket_policy(Bucket=BUCKET)
    service.is_well()
    assert service.api.ready()["snapshot"] == newer.record.version
    service.get_fresh()
    service.check()


def test_snapshots_are_broken_and_a_new_process_serves_the_last_good_one(
    service, s3, small_project, said
):
    good = service.publish()
    wait_until(
        lambda: service.api.ready()["snapshot"] == good.record.version, "the good one is served"
    )
    other = snapshot(9_999).to_bytes()
    for damage, why in (
        (lambda whole: whole[:-1_000], "is not what was published"),
        (lambda _: other, "is not what was published"),
        (lambda _: b"", "is not what was published"),
        (lambda _: None, "is not in the store"),
    ):
        broken = service.publish_damaged(damage)
        service.is_troubled(f"{broken.record.version}.*{why}")
    service.falls_stale(f"{broken.record.version}.npz is not in the store")
    good = service.publish()
    for damage in (lambda whole: whole[:100], lambda _: None):
        service.publish_damaged(damage)
    with api(small_project, said / "late.log", settings(small_project, s3.endpoint)) as late:
        wait_until(lambda: late.get("/health/ready").status_code == 200, "the new process is ready")
        assert late.ready()["snapshot"] == good.record.version
        wait_until(
            lambda: "is not in the store" in late.ready()["store"], "it has looked at the store"
        )
        assert late.get("/forecast/latest").json()["forecast"]["version"] == good.record.version
    service.get_fresh()
    service.check()


def test_the_pointer_is_broken_and_the_next_publication_repairs_it(service):
    good = service.latest
    whole = service.objects.get(POINTER)
    service.objects.put(POINTER, whole[: len(whole) // 2])
    service.falls_stale("latest.json is broken")
    service.get_fresh()
    history = [record.version for record in SnapshotStore(service.objects, 1_000).pointer().history]
    assert good.record.version in history
    assert len(history) == len(set(history))
    service.check()


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("the pointer", "What was published is gone"),
        ("all objects", "What was published is gone"),
        ("the bucket", "NoSuchBucket"),
    ],
)
def test_what_was_published_is_deleted(service, s3, what, why):
    delete(s3, *([f"faults/{POINTER}"] if what == "the pointer" else s3.keys("faults/")))
    if what == "the bucket":
        delete(s3, *s3.keys(""))
        s3.client.delete_bucket(Bucket=BUCKET)
    service.falls_stale(why)
    if what == "the bucket":
        s3.client.create_bucket(Bucket=BUCKET)
    service.get_fresh()
    service.check()


def test_the_s3_server_hangs_and_no_request_waits_for_it(service, s3):
    impatient = open_storage(URL, timedelta(seconds=1))
    service.check()
    s3.hang()
    try:
        assert "no whole answer within 4 s" in outcome(
            lambda: impatient.put("objects/late", bytes(100_000)), within_s=15
        )
        service.falls_stale("Read timeout|no whole answer within 4 s")
    finally:
        s3.go_on()
    took_s = service.check()
    assert len(took_s) > 100
    assert took_s[int(0.99 * len(took_s))] < 2
    service.is_well()
    service.get_fresh()
    service.check()


def outcome(work: Callable[[], object], within_s: float) -> str:
    """The StoreError that work ends in, in time."""
    errors: list[str] = []

    def run() -> None:
        try:
            work()
        except StoreError as error:
            errors.append(str(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(within_s)
    assert not thread.is_alive(), f"it isn't over within {within_s:g} s"
    return "".join(errors)


def test_it_shuts_down_soon_while_the_s3_server_hangs(s3, small_project, said):
    with api(
        small_project, said / "ends.log", settings(small_project, s3.endpoint, STORE_TIMEOUT="25s")
    ) as one:
        wait_until(lambda: one.get("/health/ready").status_code == 200, "it is ready")
        s3.hang()
        try:
            time.sleep(2)  # it looks every second, so by now a look hangs
            assert one.end() < 20
        finally:
            s3.go_on()


@pytest.mark.full
def test_a_process_that_starts_while_the_s3_server_hangs_serves_the_last_good_snapshot(
    s3, small_project, said, tmp_path
):
    url = f"s3://{BUCKET}/last-good"
    folder = tmp_path / "last-good"
    environment = settings(small_project, s3.endpoint, url, LAST_GOOD=str(folder))
    good = publish(bucket(url))
    with api(small_project, said / "before.log", environment) as before:
        wait_until(folder.exists, "it has kept the snapshot")
        age_s = before.get("/forecast/latest").json()["forecast"]["age_s"]
    s3.hang()
    try:
        with api(small_project, said / "after.log", environment) as after:
            wait_until(lambda: after.get("/health/ready").status_code == 200, "it is ready")
            assert after.ready()["store"] == "The store hasn't answered yet since the start."
            forecast = after.get("/forecast/latest").json()["forecast"]
            assert forecast["version"] == good.record.version
            assert forecast["age_s"] >= age_s
    finally:
        s3.go_on()


def test_the_network_is_slow(service, proxy):
    proxy.bytes_a_second = 200
    service.falls_stale("no whole answer within 4 s")
    took_s = service.check()
    assert took_s[int(0.99 * len(took_s))] < 2
    proxy.heal()
    service.is_well()
    service.get_fresh()
    service.check()


def test_the_auditor_detects_a_planted_mixture_of_snapshots(service):
    judge = ResponseAuditor(
        service.auditor.url,
        service.auditor.reference,
        service.auditor.stale_after,
        service.auditor.published,
    )
    ask, heard = Ask("/forecast/latest"), []
    for _ in range(2):
        service.get_fresh()
        answer = service.api.get(ask.path, **ask.headers)
        heard.append(
            AuditedResponse(
                ask, time.time(), 0.0, answer.status_code, answer.headers, answer.content
            )
        )
        assert judge.fault(heard[-1]) == ""
    other, right = heard
    aged = right.headers.copy()
    aged["Wearcast-Age"] = "60"
    [version] = re.findall(rb'"version":"\w{64}"', other.body)
    for wrong in (
        {"status": 500},
        {"status": 0, "body": b"ReadTimeout"},
        {"headers": other.headers},
        {"headers": aged},
        {"body": other.body},
        {"body": right.body.replace(b'"p50":', b'"p50":1', 1)},
        {"body": re.sub(rb'"model":"[^"]*"', b'"model":"model-0000"', right.body)},
        {"body": re.sub(rb'"version":"\w{64}"', version, right.body)},
        {"body": right.body.replace(b'"stale":false', b'"stale":true')},
    ):
        assert judge.fault(replace(right, **wrong)), wrong
    service.check()


def test_connections_break_and_responses_come_from_another_server(service, proxy):
    for fault, said in (
        ("break_after", 0),
        ("break_after", 150),
        ("break_after", 700),
        ("says", NO_HTTP),
    ):
        setattr(proxy, fault, said)
        service.is_troubled("s3://wearcast/faults can't be used: ")
        proxy.heal()
        service.is_well()
    proxy.says = RUBBISH
    service.falls_stale("502|Bad Gateway")
    proxy.heal()
    service.is_well()
    service.get_fresh()
    service.check()


def test_the_publishers_clock_is_hours_ahead_or_behind(service):
    ahead = service.publish(at=datetime.now(UTC) + timedelta(hours=10))
    wait_until(lambda: service.api.ready()["snapshot"] == ahead.record.version, "it is served")
    # Nobody can say how old it really is; it is as old as this service has known it, and no
    # fresher.
    wait_until(lambda: service.says_stale() == {True}, "it is called stale", within_s=20)
    service.get_fresh()
    behind = service.publish(at=datetime.now(UTC) - timedelta(hours=10))
    wait_until(lambda: service.api.ready()["snapshot"] == behind.record.version, "it is served")
    assert service.says_stale() == {True}
    assert 36_000 <= service.api.metric("wearcast_snapshot_age_seconds") < 36_600
    service.get_fresh()
    service.check()


def test_its_own_clock_is_hours_ahead_or_behind(s3, small_project, said, tmp_path, real_part):
    real_part("a C compiler", compiler())
    clock = Clock(tmp_path)
    at = settings(small_project, s3.endpoint, REFRESH_EVERY="1h", STALE_AFTER="3h") | dict(
        clock.environment
    )
    with audited_service(small_project, said / "clock.log", bucket(), at) as service:
        for ahead in (timedelta(hours=10), timedelta(hours=-10)):
            clock.set_ahead(ahead)
            service.is_troubled("RequestTimeTooSkewed")
            # Behind, it would be of the future; it is as old as this service has known it.
            assert service.says_stale() == {ahead > timedelta(0)}
            clock.set_ahead(timedelta(0))
            service.is_well()
            assert service.says_stale() == {False}
            service.get_fresh()
        # Of its ages the witness can't be the judge, who has the right time.
        service.auditor.published = [
            replace(one, honest=False) for one in service.auditor.published
        ]
        service.check()


PLANTED = (
    f"Could not connect to {KEYS['AWS_ACCESS_KEY_ID']}",
    f"key={KEYS['AWS_SECRET_ACCESS_KEY']}!",
    "a%20secret%20of%20the%20tests/%2B%3D",
    "a+secret+of+the+tests%2F%2B%3D",
    base64.b64encode(KEYS["AWS_SECRET_ACCESS_KEY"].encode()).decode(),
    TOKEN,
    "GET /wearcast/latest.json?X-Amz-Expires=60",
    "X-Amz-Signature: abc",
    "Authorization: AWS4-HMAC-SHA256",
    "?AWSAccessKeyId=a&Signature=b",
    '{"x-amz-security-token": "…"}',
)


@pytest.mark.parametrize("line", PLANTED)
def test_the_secret_scanner_detects_a_planted_secret(tmp_path, line):
    (tmp_path / "log").write_text(f'{{"message": "all is well"}}\n{{"message": "{line}"}}\n')
    [found] = leaks(tmp_path, SECRETS)
    assert found.startswith("log:2: ")


def test_no_secret_is_in_any_log(s3, small_project, said, tmp_path):
    environment = settings(
        small_project,
        s3.endpoint,
        f"s3://{BUCKET}/token",
        LOG_LEVEL="debug",
        HISTORY=str(tmp_path / "history"),
    )
    environment |= {"AWS_SESSION_TOKEN": TOKEN}

    refreshes = Refreshes(small_project, said / "refresh.log", environment)

    def refused(why: str) -> None:
        wait_until(
            lambda: re.search(why, one.ready()["store"]),
            lambda: f"trouble that matches {why!r}: {one.ready()}",
        )
        assert refreshes.run().code == 73, refreshes.log.read_text()

    with contextlib.closing(refreshes), api(small_project, said / "token.log", environment) as one:
        refused("InvalidAccessKeyId")
        s3.hang()
        try:
            refused("Read timeout|no whole answer")
        finally:
            s3.go_on()
        s3.kill()
        refused("Could not connect")
    s3.start()
    for name in ("token.log", "refresh.log"):
        text = (said / name).read_text()
        for told in ("InvalidAccessKeyId", "Read timeout", "Could not connect to the endpoint"):
            assert told in text, name
    assert leaks(said, SECRETS) == []
