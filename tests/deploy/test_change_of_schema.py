"""Forward over a change of the snapshots' form, both colours restarted, and back: not one request
fails, but those under way while the proxy is started anew, where the releases' proxies differ."""

import io
import json
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from deploy.engine import Images, docker
from deploy.host import Host, Load, serving
from previous_release import checkout
from real.conftest import BUCKET
from real.processes import wait_until

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def host(
    images: Images, bucket: dict[str, str], real_part, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    """A host that serves the release before, whose refresh moves on every 15 seconds."""
    sources = checkout(tmp_path_factory.mktemp("previous"), real_part)
    previous = images.build_previous(sources)
    settings = {
        **bucket,
        "WEARCAST_STORE": f"s3://{BUCKET}/change",
        "WEARCAST_REFRESH_EVERY": "15s",
        "WEARCAST_STALE_AFTER": "1h",
    }
    with serving(
        tmp_path_factory.mktemp("change"), settings, previous, sources / "deploy/rollout"
    ) as found:
        yield found


@pytest.fixture
def published(bucket_server) -> "Published":
    return Published(bucket_server)


class Published:
    """What refresh published, as it lies in the bucket."""

    def __init__(self, server) -> None:
        self._server = server

    def latest(self) -> tuple[str, int]:
        """The version and the schema of the newest snapshot."""
        version = json.loads(self._content("change/latest.json"))["history"][0]["version"]
        with np.load(io.BytesIO(self._content(f"change/objects/{version}.npz"))) as file:
            return version, json.loads(file["header"].tobytes())["schema"]

    def next(self, schema: int) -> str:
        """Wait until the refresh that runs now has published; its snapshot's version, which has
        this schema."""
        before = self.latest()[0]
        wait_until(lambda: self.latest()[0] != before, "something new is published")
        version, found = self.latest()
        assert found == schema
        return version

    def _content(self, key: str) -> bytes:
        return bytes(self._server.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def restarted(host: Host, colour: str) -> httpx.Response:
    """What a colour that nobody is led to answers once it has been started anew with nothing but
    the store."""
    name = host.container(f"service-{colour}")
    docker("restart", name)
    address = json.loads(docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", name))
    network = next(iter(address.values()))

    def asked(path: str) -> httpx.Response | None:
        try:
            answer = httpx.get(
                f"http://{network['IPAddress']}:8000{path}", timeout=5, trust_env=False
            )
        except httpx.TransportError:
            return None
        return answer if answer.status_code == 200 else None

    wait_until(
        lambda: asked("/health/ready"),
        lambda: f"{name} is ready; it said {docker('logs', '--tail', '5', name)}",
    )
    answer = asked("/recommendation/by_day")
    assert answer, f"{name} recommends nothing"
    docker("stop", name)
    return answer


def active_colour(host: Host) -> str:
    return httpx.get(f"{host.url}/api/health/live", trust_env=False).headers["Wearcast-Colour"]


def test_forward_over_a_change_of_schema_and_back(
    host: Host, images: Images, published: Published
) -> None:
    """From the release before, which reads the old form alone, to this one, and back with what this
    one published. No request fails, unless the proxy itself is another one."""
    load = Load(host.url)
    try:
        done = host.release(images.release("this"), watch_s=8, drain_s=3)
        assert done.returncode == 0, done.stdout + done.stderr
        is_cut = "the proxy was started anew" in done.stdout
        live = active_colour(host)
        old = {"blue": "green", "green": "blue"}[live]
        published.next(schema=1)
        assert restarted(host, old).json()["outfit"]
        done = host.rollout("back", "--watch", "8", "--drain", "3")
        assert done.returncode == 0, done.stdout + done.stderr
        assert active_colour(host) == old
        published.next(schema=1)
        assert restarted(host, live).json()["outfit"]
    finally:
        answered = load.end()
    assert answered.requests > 1_000
    assert is_cut or answered.failed == 0, answered.said


@pytest.mark.full
def test_the_new_form_is_published_once_no_old_reader_can_come_back(
    host: Host, images: Images, published: Published
) -> None:
    load, is_cut = Load(host.url), False
    try:
        for code, schema in (("this", 1), ("next", 2)):
            done = host.release(images.release(code), watch_s=8, drain_s=3)
            assert done.returncode == 0, done.stdout + done.stderr
            is_cut = is_cut or "the proxy was started anew" in done.stdout
            published.next(schema)
        done = host.rollout("back", "--watch", "8", "--drain", "3")
        assert done.returncode == 0, done.stdout + done.stderr
        assert host.noted()["live"]["code"] == "this"
        published.next(schema=2)
    finally:
        answered = load.end()
    assert is_cut or answered.failed == 0, answered.said
