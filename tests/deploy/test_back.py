"""A release that goes wrong, wherever it does: the rollout goes back by itself, and only what the
bad version itself answered failed."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest

from deploy.engine import REPOSITORY, Images, Release, docker
from deploy.host import Answered, Host, Load, release_command
from deploy.memory import limits_mb, taken_mb
from deploy.worse import worse
from real.processes import wait_until

pytestmark = pytest.mark.deploy
TAMPERED = "USER 0\nRUN printf x >> models/forecaster/model.onnx\nUSER 10001:10001"


def service_that(goes_wrong: str) -> str:
    """Lines of a Dockerfile."""
    return f'COPY bad.py /opt/bad.py\nCMD ["python", "/opt/bad.py", "{goes_wrong}"]'


@contextlib.contextmanager
def load(host: Host) -> Iterator[list[Answered]]:
    """Steady requests meanwhile; afterwards the list holds how they went."""
    wrk, went = Load(host.url), []
    try:
        yield went
        time.sleep(1)  # for what comes after the last step
    finally:
        went.append(wrk.end())


def goes_back(
    host: Host,
    bad: Release,
    at_step: str,
    because: str,
    *,
    ready_s: float = 150,
    watch_s: float = 20,
) -> Answered:
    """The release fails for that reason and at that step, the live colour stays, the other one
    ends."""
    live = host.noted()["live"]
    with load(host) as went:
        done = host.release(bad, watch_s=watch_s, drain_s=0, ready_s=ready_s)
    assert done.returncode == 1, done.stdout + done.stderr
    assert host.noted()["live"] == live
    assert host.noted()["running"] is None
    note = host.history()[-1]
    assert (note["what"], note["at_step"]) == ("went back", at_step), note
    assert re.search(because, note["reason"]), note["reason"]
    assert host.running() == {
        "proxy",
        "refresh",
        f"service-{live['colour']}",
        f"dashboard-{live['colour']}",
    }
    serves(host, live["colour"])
    assert went[0].requests > 100
    assert not left_over(host, bad)
    return went[0]


def left_over(host: Host, bad: Release) -> list[str]:
    """Images that the engine has of a release that failed, and of no other."""
    noted = host.noted()
    known = [noted["live"], noted["previous"], *noted.get("earlier", [])]
    kept = {image for one in known if one for image in one["images"].values()}
    pulled = {image for image in (bad.service, bad.dashboard, bad.refresh) if "@" in image}
    return [image for image in pulled - kept if has_image(image)]


def has_image(image: str) -> bool:
    """Whether the engine has it."""
    command = ["docker", "image", "inspect", image]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def serves(host: Host, colour: str) -> None:
    """The API and the dashboard answer, and come from that colour."""
    for path in ("/api/forecast/latest", "/recommendation/by_day", "/api/model", "/health/ready"):
        answer = httpx.get(host.url + path, trust_env=False, timeout=10)
        assert (answer.status_code, answer.headers["Wearcast-Colour"]) == (200, colour), path


def ready(host: Host) -> bool:
    """Whether a visitor of the dashboard would be served."""
    return httpx.get(f"{host.url}/health/ready", trust_env=False, timeout=10).status_code == 200


def answered_badly(host: Host, colour: str) -> int:
    """How many errors the proxy counts of a colour's API since it began."""
    address = dict(line.split("=", 1) for line in host.settings.read_text().splitlines())[
        "SITE_INSIDE"
    ]
    page = httpx.get(f"http://127.0.0.1:{address}/metrics", trust_env=False).text
    counts = re.findall(
        rf'^traefik_service_requests_total{{code="5\d\d".*service="service-{colour}@file"}} (\S+)$',
        page,
        re.MULTILINE,
    )
    return int(sum(map(float, counts)))


def test_from_an_image_that_does_not_exist(host: Host, images: Images) -> None:
    good = images.release("first")
    bad = Release(
        good.service.partition("@")[0] + "@sha256:" + "0" * 64,
        good.dashboard,
        good.refresh,
        "nothing",
    )
    assert goes_back(host, bad, "pull", "not found|unknown").failed == 0


def test_from_an_image_named_by_a_tag(host: Host) -> None:
    bad = Release(
        "wearcast-service:test", "wearcast-dashboard:test", "wearcast-refresh:test", "tags"
    )
    assert goes_back(host, bad, "pull", "isn't named by its digest").failed == 0


def test_from_a_container_that_never_gets_ready(host: Host, images: Images) -> None:
    bad = images.release("asleep", service='CMD ["sleep", "infinity"]')
    assert goes_back(host, bad, "ready", "service-.* isn't ready", ready_s=6).failed == 0


@pytest.mark.full
def test_from_a_container_that_ends_at_once(host: Host, images: Images) -> None:
    bad = images.release("ends", service='CMD ["sh", "-c", "echo no such thing >&2; exit 1"]')
    assert goes_back(host, bad, "ready", "(isn't running|was restarted).*no such thing").failed == 0


def test_from_a_service_that_fails_the_smoke_test(host: Host, images: Images) -> None:
    bad = images.release("no-recommendations", service=service_that("no-recommendations"))
    assert goes_back(host, bad, "smoke", "/recommendation/by_day answers 500").failed == 0


@pytest.mark.full
def test_from_a_dashboard_whose_notebook_fails(host: Host, images: Images) -> None:
    breaks = (
        "USER 0\n"
        "RUN sed -i 's/await page.show()/await page.nothing()/' notebooks/dashboard.ipynb\n"
        "USER 10001:10001"
    )
    assert (
        goes_back(
            host, images.release("no-page", dashboard=breaks), "smoke", "dashboard's kernel shows"
        ).failed
        == 0
    )


@pytest.mark.full
def test_from_a_model_that_was_tampered_with(host: Host, images: Images) -> None:
    assert (
        goes_back(
            host,
            images.release("tampered-service", service=TAMPERED),
            "smoke",
            "/model answers 503",
        ).failed
        == 0
    )
    assert (
        goes_back(
            host, images.release("tampered-refresh", refresh=TAMPERED), "check", "ModelError"
        ).failed
        == 0
    )


def test_from_a_model_that_is_not_the_one_on_the_label(host: Host, images: Images) -> None:
    other = 'LABEL io.wearcast.model="000000000000"'
    assert (
        goes_back(
            host, images.release("mixed", service=other), "pull", "aren't of one release"
        ).failed
        == 0
    )
    all_other = images.release("other-model", service=other, dashboard=other, refresh=other)
    assert goes_back(host, all_other, "check", "refresh's model is").failed == 0


@pytest.fixture
def canary(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases have one, which is soon over."""
    monkeypatch.setitem(host.environment, "ROLLOUT_CANARY_S", "5")
    monkeypatch.setitem(host.environment, "ROLLOUT_CANARY_ROUNDS", "30")


def other_colour(host: Host) -> str:
    return {"blue": "green", "green": "blue"}[host.noted()["live"]["colour"]]


@pytest.mark.usefixtures("canary")
def test_from_a_canary_because_of_errors(host: Host, images: Images) -> None:
    """Only its share of the visitors meets them."""
    colour = other_colour(host)
    before = answered_badly(host, colour)
    bad = images.release("fails-after-the-shift", service=service_that("fails-after-the-shift"))
    went = goes_back(host, bad, "canary", "the canary does worse: errors: ")
    assert went.failed <= answered_badly(host, colour) - before
    assert went.failed < 0.05 * went.requests


@pytest.mark.usefixtures("canary")
def test_from_a_canary_because_of_slowness(host: Host, images: Images) -> None:
    bad = images.release("slow", service=service_that("slow"))
    assert goes_back(host, bad, "canary", "the canary does worse: too slow: ").failed == 0


@pytest.mark.usefixtures("canary")
def test_from_a_canary_because_forecasts_got_worse(host: Host, images: Images) -> None:
    """No visitor sees any of them."""
    label = f'LABEL io.wearcast.model="{worse(REPOSITORY / "models/forecaster").version}"'
    lines = (
        "USER 0\nCOPY worse.py /opt/worse.py\nRUN python /opt/worse.py models/forecaster\n"
        f"USER 10001:10001\n{label}"
    )
    bad = images.release("worse-model", service=lines, refresh=lines, dashboard=label)
    assert goes_back(host, bad, "check", "the new release does worse: forecasts: ").failed == 0


@pytest.mark.full
def test_from_errors_that_start_only_after_the_shift(host: Host, images: Images) -> None:
    colour = other_colour(host)
    before = answered_badly(host, colour)
    bad = images.release("fails-after-the-shift", service=service_that("fails-after-the-shift"))
    went = goes_back(host, bad, "watch", "too many errors|answers 500")
    assert 0 < went.failed <= answered_badly(host, colour) - before


@pytest.mark.full
def test_from_answers_that_are_slow_only_after_the_shift(host: Host, images: Images) -> None:
    bad = images.release("slow-after-the-shift", service=service_that("slow-after-the-shift"))
    assert goes_back(host, bad, "watch", "too slow").failed == 0


@pytest.mark.full
def test_from_a_crash_during_the_watch(host: Host, images: Images) -> None:
    colour = other_colour(host)
    before = answered_badly(host, colour)
    bad = images.release("dies-after-the-shift", service=service_that("dies-after-the-shift"))
    went = goes_back(host, bad, "watch", "isn't running|restarted|answers|errors")
    assert went.failed <= answered_badly(host, colour) - before


@pytest.mark.full
def test_from_a_refresh_that_ends_at_once(host: Host, images: Images) -> None:
    """Refresh follows after the shift; the one before comes back, too."""
    live = host.noted()["live"]
    bad = images.release("no-refresh", refresh='CMD ["sh", "-c", "echo no such thing >&2; exit 1"]')
    assert (
        goes_back(host, bad, "watch", "refresh (isn't running|was restarted).*no such thing").failed
        == 0
    )
    assert (
        docker("inspect", "--format", "{{.Config.Image}}", host.container("refresh")).strip()
        == live["images"]["refresh"]
    )


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("ready", marks=pytest.mark.full),
        pytest.param("canary", marks=pytest.mark.full),
        "watch",
    ],
)
def test_from_the_death_of_the_program_itself(
    host: Host, images: Images, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed with all its processes, as when the host dies: status tells the truth, nobody notices,
    recover goes back. Until then both colours run, within what they may take of the memory."""
    monkeypatch.setitem(host.environment, "ROLLOUT_CANARY_S", "60" if step == "canary" else "0")
    live, release = host.noted()["live"], images.release("killed")
    with load(host) as went:
        program = host.begin(*release_command(release, watch_s=60))
        host.wait_for(step, within_s=240)
        if step == "canary":
            wait_until(lambda: host.noted()["running"].get("shifted"), "it has its share")
        if step == "watch":
            all_are_within_their_limits(host)
        for pid in (program.pid, host.noted()["running"]["pid"]):
            os.kill(pid, signal.SIGKILL)
        program.communicate(timeout=30)
        told = host.rollout("status")
        assert told.returncode == 3
        assert f"BROKEN OFF at {step}" in told.stdout
        assert f"live      {live['colour']}, code {live['code'][:12]}" in told.stdout
        assert host.rollout("recover").returncode == 1
    assert went[0].failed == 0
    assert host.noted()["live"] == live
    assert host.rollout("status").returncode == 0
    assert "process ended in the middle" in host.history()[-1]["reason"]
    serves(host, live["colour"])
    assert host.rollout("recover").returncode == 0


def all_are_within_their_limits(host: Host) -> None:
    """Both colours, and what runs beside them."""
    limits = limits_mb()
    taken = {part: taken_mb(host, part) for part in host.running() | {"notices"}}
    print({part: round(mb) for part, mb in taken.items()})
    assert set(taken) == set(limits)
    for part, mb in taken.items():
        # What a limit holds besides: files that were read, which go when the space is wanted.
        assert mb < 0.9 * limits[part], part


@pytest.mark.full
def test_from_the_death_of_the_host(host: Host, images: Images) -> None:
    """The rollout and all that runs in containers end together, and come up together, both colours:
    the old one serves."""
    live = host.noted()["live"]
    program = host.begin(*release_command(images.release("killed"), watch_s=60))
    host.wait_for("watch")
    for pid in (program.pid, host.noted()["running"]["pid"]):
        os.kill(pid, signal.SIGKILL)
    host.lose_power()
    program.communicate(timeout=30)
    assert host.rollout("status").returncode == 3
    assert host.rollout("recover").returncode == 1
    assert host.noted()["live"] == live
    # The API was waited for; the dashboard starts as it does at boot.
    parts = {"proxy", "refresh", f"service-{live['colour']}", f"dashboard-{live['colour']}"}
    wait_until(
        lambda: host.running() == parts and ready(host), lambda: f"all is up: {host.running()}", 60
    )
    told = host.rollout("status")
    assert told.returncode == 0
    assert f"it leads to {live['colour']}" in told.stdout
    serves(host, live["colour"])


@pytest.mark.parametrize("step", [pytest.param("smoke", marks=pytest.mark.full), "watch"])
def test_from_a_disk_that_fills_up(host: Host, images: Images, step: str) -> None:
    """Before the shift and after it; going back needs no space, and once there is some the note is
    cleared: then, or with the page that the replaced routes free."""
    live = host.noted()["live"]
    with load(host) as went:
        program = host.begin(*release_command(images.release("killed"), watch_s=60))
        host.wait_for(step)
        with host.full_disk():
            said, _ = program.communicate(timeout=120)
            assert program.returncode == 1, said
            assert "No space left on device" in said
            serves(host, live["colour"])
            left = host.noted()["running"] is not None
            assert host.rollout("status").returncode == (3 if left else 0)
        assert host.rollout("recover").returncode == (1 if left else 0)
    assert went[0].failed == 0
    assert host.noted()["live"] == live
    assert host.rollout("status").returncode == 0
    serves(host, live["colour"])


def test_from_too_little_space_for_what_is_not_here_yet(
    host: Host, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused before anything is pulled."""
    monkeypatch.setitem(host.environment, "ROLLOUT_LEAST_FREE_MB", "1000000000")
    assert goes_back(host, images.release("never-pulled"), "pull", "MB free, less than").failed == 0


@pytest.mark.full
def test_from_the_death_of_the_working_process(host: Host, images: Images) -> None:
    """Whoever waits for it cleans up after it."""
    live = host.noted()["live"]
    with load(host) as went:
        program = host.begin(*release_command(images.release("killed"), watch_s=60))
        host.wait_for("watch")
        os.kill(host.noted()["running"]["pid"], signal.SIGKILL)
        said, _ = program.communicate(timeout=60)
    assert program.returncode == 1, said
    assert "was killed by SIGKILL" in said
    assert went[0].failed == 0
    assert host.noted()["live"] == live
    serves(host, live["colour"])


@pytest.mark.full
def test_when_told_to_end(host: Host, images: Images) -> None:
    live = host.noted()["live"]
    with load(host) as went:
        program = host.begin(*release_command(images.release("killed"), watch_s=60))
        host.wait_for("watch")
        program.terminate()
        said, _ = program.communicate(timeout=60)
    assert program.returncode == 1, said
    assert went[0].failed == 0
    assert host.history()[-1]["reason"] == "it was told to end"
    serves(host, live["colour"])
