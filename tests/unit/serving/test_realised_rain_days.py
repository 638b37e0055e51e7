"""What chances of wet days were worth is what plain arithmetic gives, day by day."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from unit.forecasting.synthetic import place
from unit.serving.refresh_fakes import MEMBERS, publish, snapshot
from wearcast.forecasting.climatology import Climatology
from wearcast.forecasting.history import History
from wearcast.forecasting.rain_days import RainDays, UsualRainDays
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.refresh.kept_forecasts import KeptForecasts
from wearcast.serving.refresh.rain_day_files import FOLDER, RainDayFiles
from wearcast.serving.refresh.realised_rain_days import PastRainDays
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import OBJECTS, SnapshotStore

STATION = place("AAA")
ZONE = ZoneInfo("America/New_York")
TODAY = date(2013, 3, 21)
USUAL = 0.3
HORIZON_H = 168


def wet_on(day: date) -> bool:
    """The weather that came, and, a day late, what was said."""
    return day.toordinal() % 3 == 0


def said_on(day: date, lead_d: int) -> float:
    """How many members of 12 are wet."""
    return ((day.toordinal() * 5 + lead_d) % (MEMBERS + 1)) / MEMBERS


def measured(days: int = 30) -> History:
    """An hour of rain at noon of each wet day, up to the middle of today."""
    end = np.datetime64("2013-03-21T15", "h")
    valid_at = end - np.arange(24 * days)[::-1]
    rain = np.zeros(len(valid_at))
    for row, hour in enumerate(valid_at):
        local = hour.item().replace(tzinfo=ZoneInfo("UTC")).astimezone(ZONE)
        rain[row] = 1.5 if wet_on(local.date()) and local.hour == 12 else 0.0
    temp_c = np.full(len(valid_at), 10.0)
    return History("AAA", valid_at, {"temp_c": temp_c, "precip_mm": rain})


def issued(on: date, hour: int) -> Snapshot:
    """A snapshot of a local hour, in which `said_on` of the members have a wet noon."""
    local = datetime(on.year, on.month, on.day, hour, tzinfo=ZONE)
    at = local.astimezone(ZoneInfo("UTC"))
    made = snapshot(f"{at:%Y-%m-%dT%H}", [STATION], horizon_h=HORIZON_H)
    rain = np.zeros((1, MEMBERS, HORIZON_H), dtype=np.float32)
    for lead_h in range(1, HORIZON_H + 1):
        then = (at + timedelta(hours=lead_h)).astimezone(ZONE)
        if then.hour == 12:
            wet = round(said_on(then.date(), (then.date() - on).days) * MEMBERS)
            rain[0, :wet, lead_h - 1] = 2.0
    return replace(made, trajectories={**made.trajectories, "precip_mm": rain})


def told(history: History, snapshots: list[Snapshot]) -> dict:
    """The scores of a station whose days are wet as often in all seasons."""
    usual = UsualRainDays(Climatology(0, 0, np.array([USUAL])))
    with TemporaryDirectory() as name:
        chances = chances_of(Path(name), snapshots)
    past = PastRainDays({"AAA": history}, {"AAA": usual}, chances)
    return past.told([STATION])["AAA"]["last_days_rain"]


def published(store: SnapshotStore, snapshots: list[Snapshot]) -> list[tuple]:
    """What the refresh reads of them."""
    return [(publish(store, one), KeptForecasts.of(one)) for one in snapshots]


def chances_of(folder: Path, snapshots: list[Snapshot]) -> dict:
    """What is said of the days, the newest snapshot first."""
    store = SnapshotStore(FolderStorage(folder / "store"), keep=100)
    return RainDayFiles(folder, store, [STATION]).chances(published(store, snapshots))


EVENINGS = [TODAY - timedelta(days=before) for before in range(1, 15)]


def test_the_scores_are_those_of_plain_arithmetic():
    snapshots = [issued(on, hour) for on in EVENINGS for hour in (19, 8)]
    found = told(measured(), snapshots)
    for period_d in (2, 14):
        for leads, span in {"1": (1, 1), "2-3": (2, 3), "4-7": (4, 7), "all": (1, 7)}.items():
            rows = []
            for on in (TODAY - timedelta(days=before) for before in range(1, period_d + 1)):
                for lead_d in range(span[0], span[1] + 1):
                    made_on = on - timedelta(days=lead_d)
                    # A week's horizon from the evening ends before the seventh day does.
                    if made_on in EVENINGS and lead_d <= 6:
                        was = float(wet_on(on))
                        before = float(wet_on(made_on - timedelta(days=1)))
                        said = said_on(on, lead_d)
                        rows.append([(said - was) ** 2, (before - was) ** 2, (USUAL - was) ** 2])
            brier, persistence, climatology = np.mean(rows, axis=0)
            scores = found[str(period_d)][leads]
            assert scores["days"] == len(rows)
            assert scores["brier"] == pytest.approx(brier, abs=1e-4)
            assert scores["persistence_brier"] == pytest.approx(persistence, abs=1e-4)
            assert scores["climatology_brier"] == pytest.approx(climatology, abs=1e-4)


def test_days_whose_rain_nobody_measured_do_not_count():
    history = measured()
    rain = history.column("precip_mm").copy()
    rain[-24 * 4 :] = np.nan
    unknown = replace(history, values={**history.values, "precip_mm": rain})
    found = told(unknown, [issued(on, 19) for on in EVENINGS])
    assert found["2"] == {}
    assert found["14"]["1"]["days"] < 13


def test_the_chances_are_drawn_once_and_only_of_the_newest_of_a_date(tmp_path: Path):
    store = SnapshotStore(FolderStorage(tmp_path / "store"), keep=100)
    snapshots = [issued(on, hour) for on in EVENINGS[:3] for hour in (19, 8)]
    past = published(store, snapshots)
    files = RainDayFiles(tmp_path, store, [STATION])
    found = files.chances(past)
    assert sorted(found["AAA"]) == sorted(np.array(EVENINGS[:3], dtype="datetime64[D]"))
    for path in (tmp_path / "store" / OBJECTS).iterdir():
        path.unlink()
    assert files.chances(past) == found
    # Of two dates only, the third is forgotten.
    assert len(files.chances(past[:4])["AAA"]) == 2
    assert len(list((tmp_path / FOLDER).iterdir())) == 2


def test_a_broken_file_of_chances_is_made_anew(tmp_path: Path):
    store = SnapshotStore(FolderStorage(tmp_path / "store"), keep=100)
    past = published(store, [issued(TODAY, 8)])
    files = RainDayFiles(tmp_path, store, [STATION])
    found = files.chances(past)
    [path] = (tmp_path / FOLDER).iterdir()
    for content in ("[1]", '{"AAA": {"soon": 1}}', '{"AAA": 3}', "{"):
        path.write_text(content)
        assert files.chances(past) == found


def test_a_snapshot_without_the_station_says_nothing(tmp_path: Path):
    store = SnapshotStore(FolderStorage(tmp_path / "store"), keep=100)
    past = published(store, [snapshot("2013-03-12T00", [place("BBB")])])
    assert RainDayFiles(tmp_path, store, [STATION]).chances(past) == {}


def test_a_day_is_wet_by_a_winter_s_sum_of_three_hours_and_dry_only_where_all_is_known():
    valid_at = np.datetime64("2013-01-01T05", "h") + np.arange(72)
    temp_c = np.full(72, 0.0)
    sums = np.full(72, np.nan)
    sums[2::3] = 0.0
    sums[26] = 1.0
    sums[60] = np.nan
    sums[62] = np.nan
    history = History("AAA", valid_at, {"temp_c": temp_c, "precip_3h_mm": sums})
    days = RainDays.of(history, STATION)
    np.testing.assert_array_equal(days.wet, [0.0, 1.0, np.nan])
    assert np.isnan(days.was_wet(np.datetime64("2013-02-01")))


def test_the_usual_chance_is_the_share_of_wet_days():
    days = np.datetime64("2010-01-01") + np.arange(4 * 365)
    rng = np.random.default_rng(1)
    wet = (rng.random(len(days)) < 0.4).astype(float)
    usual = UsualRainDays.fit(RainDays(days, wet), annual=1)
    chances = [usual.chance(day) for day in days[:365]]
    assert np.mean(chances) == pytest.approx(0.4, abs=0.04)
    assert UsualRainDays.from_json(usual.to_json()).chance(days[7]) == chances[7]
    assert UsualRainDays.fit(RainDays(days[:80], wet[:80]), annual=1) is None
