"""How the month's alerts are asked for and compared, without the month."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from real import monitoring
from real.month.alerts import Alert, Expected, Span, missing, unexpected
from real.month.scrapes import Scrapes, Target, asked_minutes
from real.month.timeline import DAYS, TICKS, Timeline

pytestmark = pytest.mark.real

FIRST = datetime(2021, 3, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
DRIFT = Expected("InputDrift", Span(FIRST, FIRST + HOUR), Span(FIRST, FIRST + HOUR))


def drift(variable: str) -> Alert:
    """It, of that variable."""
    return Alert("InputDrift", {"job": "api", "variable": variable})


@pytest.mark.parametrize("days", [2, DAYS])
def test_every_alert_that_must_fire_is_asked_for(days: int) -> None:
    timeline = Timeline(days)
    end = round((timeline.end - timeline.first).total_seconds() / 60)
    asked = [timeline.first + timedelta(minutes=minute) for minute in asked_minutes(end)]
    expected = timeline.alerts()
    never: dict[datetime, list[Alert]] = {at: [] for at in asked}
    assert not [found for found in missing(never, expected) if "isn't asked for" in found]
    least = {one.alert for one in expected if one.must}
    assert "RefreshNotRunning" in least
    assert missing({}, expected) == [f"{one} isn't asked for" for one in expected if one.must]


def test_an_alert_of_another_variable_is_another_alert() -> None:
    labels = {"job": "api", "variable": "wind_ms"}
    wanted = Expected(DRIFT.alert, DRIFT.must, DRIFT.may, labels)
    assert missing({FIRST: [drift("wind_ms")]}, [wanted]) == []
    assert unexpected({FIRST: [drift("wind_ms")]}, [wanted]) == []
    assert len(missing({FIRST: [drift("temp_c")]}, [wanted])) == 1
    assert len(unexpected({FIRST: [drift("temp_c")]}, [wanted])) == 1
    assert len(unexpected({FIRST + HOUR: [drift("wind_ms")]}, [wanted])) == 1
    assert len(unexpected({FIRST: [drift("wind_ms")]}, [DRIFT])) == 1


def test_an_alert_between_two_half_hours_is_seen(
    real_part: Callable[[str, object], None], tmp_path: Path
) -> None:
    """A colour that is gone for a quarter of an hour."""
    monitoring.require(real_part, "promtool")
    scrapes = Scrapes(FIRST, [])
    for hour in range(3):
        for tick in TICKS[1:]:
            up_by_job = {"proxy": 1.0, "dashboard": 1.0, "api": float((hour, tick) != (1, 35))}
            add(scrapes, 60 * hour + tick, up_by_job)
    scrapes.close()
    fired = scrapes.alerts(tmp_path, FIRST + 3 * HOUR)
    down = Alert("TargetDown", {"job": "api"})
    assert {at - FIRST for at, alerts in fired.items() if down in alerts} == {
        timedelta(minutes=minute) for minute in (100, 105)
    }
    dashboard = Alert("TargetDown", {"job": "dashboard"})
    assert not [at for at, alerts in fired.items() if dashboard in alerts]


def add(scrapes: Scrapes, minute: int, up_by_job: dict[str, float]) -> None:
    """A scrape that told only who answers."""
    scrapes.minutes.append(minute)
    for job, up in up_by_job.items():
        labels = Target(job, job, "").labels
        scrapes.add(minute, "up", labels, up)
