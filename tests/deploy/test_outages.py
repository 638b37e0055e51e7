"""What visitors see while both colours, the host or a part of AWS is away, and that all of it comes
back by itself."""

from collections.abc import Iterator

import httpx
import pytest

from deploy.engine import Images, Release, docker
from deploy.host import Host
from deploy.test_back import serves
from real.conftest import Server
from real.processes import wait_until

pytestmark = pytest.mark.deploy


def ask(host: Host, path: str) -> httpx.Response:
    """What a visitor gets."""
    return httpx.get(host.url + path, trust_env=False, timeout=10)


def is_ready(host: Host) -> bool:
    """Whether the API and the dashboard are."""
    try:
        answers = [ask(host, path) for path in ("/api/health/ready", "/health/ready")]
    except httpx.HTTPError:
        return False
    return [answer.status_code for answer in answers] == [200, 200]


def wait_until_ready(host: Host) -> None:
    """All of it is up again."""
    wait_until(lambda: is_ready(host), lambda: f"all is up: {host.running()}", 90)


@pytest.fixture
def live(host: Host) -> Iterator[list[str]]:
    """The live colour's parts, which serve again afterwards."""
    colour = host.noted()["live"]["colour"]
    parts = [f"service-{colour}", f"dashboard-{colour}"]
    yield parts
    for part in parts:
        docker("start", host.container(part))
    wait_until_ready(host)
    serves(host, colour)


def test_a_killed_host_comes_back_with_the_last_good_forecast_while_the_bucket_is_away(
    host: Host, live: list[str], bucket_server: Server
) -> None:
    """As after a restart for a new kernel; nothing but the engine starts anything."""
    before = ask(host, "/api/forecast/latest").json()["hours"]
    bucket_server.kill()
    try:
        host.lose_power()
        wait_until_ready(host)
        answer = ask(host, "/api/forecast/latest")
        assert answer.status_code == 200
        assert answer.json()["hours"] == before
        assert ask(host, "/recommendation/by_day").status_code == 200
        assert ask(host, "/").status_code == 200
        assert ask(host, "/api/health/ready").json()["store"]
    finally:
        bucket_server.start()
    assert host.running() == {"proxy", "refresh", *live}


def test_while_both_colours_are_down_visitors_see_a_page_that_says_so(
    host: Host, live: list[str]
) -> None:
    for part in live:
        docker("kill", host.container(part))
    for _ in range(2):
        page = ask(host, "/")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
        assert "지금은 예보를 보여 드릴 수 없어요" in page.text
        assert "The forecast can’t be shown right now" in page.text
        problem = ask(host, "/api/forecast/latest")
        assert problem.status_code == 503
        assert problem.headers["Content-Type"] == "application/problem+json"
    assert ask(host, "/privacy").status_code == 200


def test_while_the_registry_is_away_a_release_is_refused_and_the_site_goes_on(
    host: Host, images: Images
) -> None:
    good, noted = images.release("first"), host.noted()
    away = good.service.replace(good.service.partition("/")[0], "127.0.0.1:1")
    done = host.release(Release(away, good.dashboard, good.refresh, "away"))
    assert done.returncode == 1, done.stdout
    assert "refused" in host.history()[-1]["reason"]
    assert host.noted()["live"] == noted["live"]
    serves(host, noted["live"]["colour"])
