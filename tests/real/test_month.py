"""A month on a fast clock: hourly refreshes on replayed weather, two upgrades, a rollback, a
retraining with its gate, outages, midnights and a clock change, with readers and votes throughout.
Nothing is wrong, nothing is lost, every alert that should fire does, and none else."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.bare_proxy import traefik_program
from real import monitoring
from real.month.alerts import missing, unexpected
from real.month.course import Month
from real.month.models import Models, version
from real.month.readers import Seen
from real.month.site import Site, opened
from real.month.timeline import Timeline
from real.month.weather import replayed_weather
from real.settable_clock import Clock, compiler
from wearcast.config import Paths
from wearcast.serving.store.snapshot_store import SnapshotRecord

pytestmark = [pytest.mark.real, pytest.mark.full]

PROGRAMS = ("promtool", "prometheus-node-exporter", "prometheus-blackbox-exporter")
_KEPT_DAYS = 14


@contextmanager
def passed(folder: Path, models: Models, seoul: Path, timeline: Timeline) -> Iterator[Month]:
    """A month, or fewer days, when it is over."""
    with replayed_weather(seoul) as weather:
        root = models.serving_project(folder / "project", weather.services.settings)
        site = Site(root, folder, Clock(folder), weather.keys, Paths(models.champion).model)
        site.set_clock(timeline.first)
        weather.set_clock(timeline.first)
        with opened(site):
            month = Month(timeline, site, weather, models)
            try:
                month.pass_by()
                yield month
            finally:
                month.close()


@pytest.fixture(scope="module")
def month(
    real_part: Callable[[str, object], None],
    test_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Month]:
    """The month, when it is over."""
    monitoring.require(real_part, *PROGRAMS)
    real_part("Traefik (the group `real` installs it)", traefik_program())
    real_part("a C compiler", compiler())
    seoul = test_data / "kma-asos-seoul"
    models = Models.prepare(tmp_path_factory.mktemp("models"), seoul)
    with passed(tmp_path_factory.mktemp("month"), models, seoul, Timeline()) as over:
        yield over


def history(month: Month) -> list[SnapshotRecord]:
    """What was published, the oldest first."""
    return list(reversed(month.site.store.read_state().history))


def test_refreshes_fail_only_where_they_must(month: Month) -> None:
    failed = {at for at, ran in month.ran.items() if ran.code != 0}
    assert failed == {at for at in month.ran if month.timeline.refresh_fails(at)}
    published = [at for at, ran in month.ran.items() if ran.code == 0]
    assert len(published) == len(month.timeline.published_hours())


def test_every_hour_s_forecast_is_published_once(month: Month) -> None:
    issued_at = [record.issued_at for record in history(month)]
    assert issued_at == month.timeline.published_hours()


def test_the_better_challenger_is_promoted_and_then_forecasts(month: Month) -> None:
    assert month.verdict
    assert month.verdict.promoted, month.verdict.because
    assert month.challenger
    before = version(Paths(month.models.champion).model)
    after = version(month.challenger)
    since = month.timeline.begin("promotion")
    for record in history(month):
        assert record.model == (after if record.published_at > since else before)


def test_readers_are_answered_rightly_throughout(month: Month) -> None:
    assert [wrong for one in month.readers for wrong in one.wrong] == []
    seen = {found for one in month.readers for found in one.seen}
    records = history(month)
    assert seen == {Seen(one.version, one.issued_at, one.model) for one in records}
    answers: Counter[int] = sum((one.answers for one in month.readers), Counter())
    assert set(answers) == {200, 304, 503}
    assert answers[304] > month.timeline.days


def test_every_acknowledged_vote_is_kept_once(month: Month) -> None:
    assert month.voters.wrong == []
    assert month.voters.pending == []
    assert month.voters.later > 0
    assert len(month.voters.acknowledged) == 24 * month.timeline.days
    assert month.voters.lost_or_doubled(month.site.database) == []


def test_scores_go_on_after_outages_and_upgrades(month: Month) -> None:
    failures = month.scrapes.values("wearcast_score_failures_total")
    assert failures
    assert {count for counts in failures.values() for count in counts} == {0.0}
    [verified] = last_values(month, "wearcast_forecast_verified_days")
    since = month.timeline.end - month.timeline.begin("promotion")
    assert min(_KEPT_DAYS, since.days) <= verified <= _KEPT_DAYS


def last_values(month: Month, name: str) -> list[float]:
    """The last value of each series of the live colour."""
    live = f'colour="{month.site.live}"'
    found = month.scrapes.values(name)
    return [values[-1] for series, values in found.items() if live in series]


def test_every_alert_that_should_fire_does_and_none_else(month: Month, tmp_path: Path) -> None:
    fired = month.scrapes.alerts(tmp_path, month.timeline.end)
    expected = month.timeline.alerts()
    assert missing(fired, expected) == []
    assert unexpected(fired, expected) == []
