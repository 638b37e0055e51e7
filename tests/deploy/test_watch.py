"""The watch over a new colour while strangers do what they like: only what the release itself does
worse than the one before counts. No engine is needed."""

from collections import Counter
from pathlib import Path

import pytest

from deploy.colours import DROPPED, ERROR, SHED, WELL, Says, Site, at, slow, well
from rollout import strangers
from rollout import watch as watching
from rollout.errors import Failed
from rollout.visits import VISITED

HOSTILE = ["/voila/static/%00", f"/voila/static/{'x' * 300}"]

FULL = Says(503, {"heated": 0, "kernels": 24, "room": 0})
FAILING = Says(503, {"heated": 0, "kernels": 2, "room": 22})


def test_a_site_where_all_is_well(site: Site) -> None:
    site.watched()
    site.watched(first=True)


def test_a_full_dashboard_does_not_count(site: Site) -> None:
    site.new = at("/health/ready", FULL)
    site.watched(then=lambda: site.met("/", 503, times=50))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        FAILING,
        Says(503, "no available server"),
        Says(503, {"heated": None}),
        Says(503, [1]),
        Says(500, FULL.body),
    ],
    ids=["its kernels fail", "none is there", "no room is told", "another body", "another status"],
)
def test_one_that_cannot_be_used_for_another_reason_does(
    site: Site, answer: Says, first: bool
) -> None:
    site.new = at("/health/ready", answer)
    with pytest.raises(Failed, match=f"/health/ready answers {answer.status}"):
        site.watched(first)


def test_what_the_release_before_does_no_better_is_no_fault_of_the_new_one(site: Site) -> None:
    site.new = site.old = at("/forecast/latest", ERROR)
    site.watched()


def test_an_api_that_does_nothing_but_refuse_counts_and_one_that_refuses_now_and_then_does_not(
    site: Site,
) -> None:
    site.new = at("/recommendation/by_day", SHED)
    watch = site.watch()
    for _ in range(4):
        watch.go_on(0.001)
    site.new = well
    watch.go_on(0.001)
    site.new = at("/recommendation/by_day", SHED)
    for _ in range(4):
        watch.go_on(0.001)
    with pytest.raises(Failed, match="/recommendation/by_day answers 503"):
        watch.go_on(0.001)


def test_slowness_counts_where_the_release_before_is_quicker(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SLOW_S", 0.05)
    site.new = site.old = slow
    site.watched()
    site.old = well
    with pytest.raises(Failed, match=r"too slow: our visits take 0\.1 s"):
        site.watched()


def test_a_release_before_that_was_slow_under_the_same_traffic(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no visitors any more, so it is quick now."""
    monkeypatch.setattr(watching, "SLOW_S", 0.05)
    site.new = site.old = slow

    def shift() -> None:
        site.old = well

    site.watched(then=shift)


@pytest.mark.parametrize("status", [429, 503])
def test_refusals_that_strangers_provoke_do_not_count(site: Site, status: int) -> None:
    site.watched(then=lambda: site.met("/api/forecast", status, "service", method="POST"))


def test_errors_that_strangers_know_how_to_provoke_do_not_count(site: Site) -> None:
    def says(path: str) -> Says:
        return ERROR if path in HOSTILE else WELL

    def attack() -> None:
        for path in HOSTILE:
            site.met(path, 500)
        site.met("/api/forecast", 500, "service", method="POST")
        site.met("/api/forecast/latest", 500, "service")  # not again, for nobody

    site.new = site.old = says
    site.watched(then=attack)


def test_an_attack_that_the_new_release_withstands_does_not_count(site: Site) -> None:
    """The requests that failed are answered now, and by the old colour they aren't."""
    site.old = at(HOSTILE[1], ERROR)
    site.watched(then=lambda: site.met(HOSTILE[1], 500))


@pytest.mark.parametrize(
    ("part", "path"),
    [("service", "/stations"), ("dashboard", "/voila/static/main.css")],
)
def test_an_error_of_the_new_release_s_own_does(site: Site, part: str, path: str) -> None:
    """Although one client hides it behind errors that the old release has, too."""

    def attack() -> None:
        for number in range(100):
            site.met(f"/voila/static/%00{number}", 500)
        for client in ("192.0.2.7", "192.0.2.8"):
            site.met("/api" * (part == "service") + path, 500, part, client)

    def says(asked: str) -> Says:
        return ERROR if "%00" in asked else WELL

    site.old = says
    site.new = lambda asked: ERROR if asked == path else says(asked)
    with pytest.raises(Failed, match=f"{part}-green fails at GET {path}"):
        site.watched(then=attack)


def test_a_log_that_is_begun_anew_is_read_from_its_beginning(site: Site) -> None:
    log: Path = site.program.folder / "log/access.log"
    log.write_text("x" * 5000)

    def rotate() -> None:
        log.write_text("")
        site.met("/voila/static/main.css", 500)

    site.new = at("/voila/static/main.css", ERROR)
    with pytest.raises(Failed, match="fails at GET"):
        site.watched(then=rotate)


OUTAGE = {"status": 503, "service": "notices@file"}
"""What a stranger meets of a part that drops connections."""


@pytest.mark.parametrize(
    ("path", "part"), [("/api/stations", "service"), ("/voila/static/x.css", "dashboard")]
)
def test_a_release_that_drops_connections_fails(site: Site, path: str, part: str) -> None:
    site.new = at(path.removeprefix("/api"), DROPPED)
    with pytest.raises(Failed, match=f"{part}-green fails at GET {path.removeprefix('/api')}"):
        site.watched(then=lambda: site.met(path, **OUTAGE))


def test_an_outage_that_is_over_does_not_count(site: Site) -> None:
    site.watched(then=lambda: site.met("/api/stations", **OUTAGE))


def test_connections_that_an_attack_breaks_do_not_count(site: Site) -> None:
    """The old colour's broke as well, while it had the traffic; now it has none."""
    site.old = at("/forecast/latest", DROPPED)
    site.new = lambda path: DROPPED if "forecast" in path else WELL

    def shift() -> None:
        site.old = well
        site.met("/api/forecast/latest", **OUTAGE)

    site.watched(looks=10, then=shift)
    site.is_shifted = False
    with pytest.raises(Failed, match=r"/forecast/latest\S* answers 0"):
        site.watched(looks=3)


def test_an_error_that_only_some_queries_bring_counts(site: Site) -> None:
    """The log holds no queries."""
    site.new = at("/stations?lang=ko", ERROR)
    with pytest.raises(Failed, match=r"service-green fails at GET /stations\?lang=ko"):
        site.watched(then=lambda: site.met("/api/stations", 500, "service"))


@pytest.mark.parametrize("path", [what.path for what in VISITED if "?" in what.path])
def test_korean_texts_and_csv_are_visited(site: Site, path: str) -> None:
    site.new = at(path, ERROR)
    with pytest.raises(Failed, match="answers 500"):
        site.watched()


def test_a_path_that_failed_by_chance_is_judged_anew_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "AGAIN_S", 0.0)
    watch = site.watch()
    site.met("/voila/static/main.css", 500)
    watch.go_on(0.001)  # it is well now
    site.new = at("/voila/static/main.css", ERROR)
    watch.go_on(0.001)
    site.met("/voila/static/main.css", 500)
    with pytest.raises(Failed, match="fails at GET"):
        watch.go_on(0.001)


def test_one_failing_try_decides_nothing(site: Site) -> None:
    asked = Counter[str]()

    def fails_once(path: str) -> Says:
        asked[path] += 1
        return ERROR if path == HOSTILE[1] and asked[path] == 1 else WELL

    site.new = fails_once
    site.watched(then=lambda: site.met(HOSTILE[1], 500))
    assert asked[HOSTILE[1]] > 1


def test_lines_of_a_log_that_is_moved_away_are_read(site: Site) -> None:
    """Twice between two looks; and the proxy goes on writing to the first for a moment."""
    folder: Path = site.program.folder / "log"
    log = folder / "access.log"
    site.new = at("/voila/static/main.css", ERROR)
    watch = site.watch()
    site.met("/", 200, times=1)
    log.rename(folder / "access.log-20261128-1")
    site.met("/voila/static/main.css", 500)
    log.rename(folder / "access.log-20261128-2")
    log.write_text("")
    with pytest.raises(Failed, match="fails at GET"):
        watch.go_on(0.001)


def test_a_kernel_s_name_is_not_told(site: Site) -> None:
    path = "/voila/render/f7f02b7b-73bd-4a4f-9a4f-2f7bd0c43c3c"
    site.new = at(path, ERROR)
    with pytest.raises(Failed, match="fails at GET /voila/render/…"):
        site.watched(then=lambda: site.met(path, 500))
