"""Models beside the champion: they forecast from the same, are scored on the same pairs, and
nothing of theirs touches the champion's."""

from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path

import numpy as np
import pytest

from unit.forecasting.synthetic import built
from unit.serving.refresh_fakes import hour, params, refresh, source
from wearcast.errors import SourceError
from wearcast.forecasting import model_assembly
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.serving.experiment.paired_days import PairedDays, variant_folder
from wearcast.serving.experiment.variants import Variant
from wearcast.serving.refresh import partition
from wearcast.serving.refresh.refresh_log import RefreshLog
from wearcast.serving.refresh.variant_refreshes import Refreshes
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import SnapshotStore

FIRST = hour("2013-07-14T18")
DAYS = 4
EVERY_H = 8
SCORED = date(2013, 7, 16)


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Path]:
    """The champion; `same`, which forecasts the same under another version; and `warm`, whose
    climatology is of another season."""
    folder = tmp_path_factory.mktemp("models")
    champion = built().manifest
    same = replace(champion, origin={**champion.origin, "note": "the same"})
    climates = {}
    for station, climate in champion.standardization.climatologies.items():
        others = [id for id in champion.standardization.climatologies if id != station]
        climates[station] = champion.standardization.climatologies[others[0]]
        assert climate is not climates[station]
    standardization = replace(champion.standardization, climatologies=climates)
    other = replace(champion, standardization=standardization)
    for name, manifest in {"champion": champion, "same": same, "other": other}.items():
        model_assembly.save(folder / name, built().onnx, manifest)
    return {path.name: path for path in folder.iterdir()}


def weeks():
    given = source()
    return replace(given, rows=given.rows[given.rows["valid_at"] >= hour("2013-06-20T00")].copy())


def until(given, at):
    """What has been observed by then."""
    return replace(given, rows=given.rows[given.rows["valid_at"] <= at], asked=[])


class Site:
    """A machine that refreshes the champion and its variants."""

    def __init__(self, folder: Path, models, *variants: Variant) -> None:
        self.folder = folder
        self.variants = variants
        self.models = models
        self.store = SnapshotStore(FolderStorage(folder / "store"), keep=5_000)
        self.history = folder / "history"

    def run(self, at, given=None):
        """A refresh an hour after this hour was observed."""
        made = refresh(self.folder, until(given or weeks(), at), "files", at + timedelta(hours=1))
        settings = made.settings.model_copy(
            update={"variants": self.variants, "model": self.models["champion"]}
        )
        champion = replace(made, settings=settings)
        log = RefreshLog(self.history, champion.store, champion.now)
        outcome = Refreshes(settings, params("files"), log, lambda: champion, champion.now).run()
        return outcome, made.source.asked

    def store_of(self, name: str) -> SnapshotStore:
        return SnapshotStore(FolderStorage(self.folder / "store/variants" / name), keep=5_000)

    def latest(self, name: str = ""):
        store = self.store_of(name) if name else self.store
        return store.snapshot(store.pointer().latest)

    def days(self, name: str):
        return PairedDays(variant_folder(self.history, name)).read()


@pytest.fixture
def site(tmp_path, models) -> Site:
    return Site(
        tmp_path, models, Variant("b", models["other"], 20.0), Variant("c", models["same"], None)
    )


def test_every_model_forecasts_from_what_was_fetched_once(site, models, tmp_path):
    outcome, asked = site.run(FIRST)
    alone, asked_alone = Site(tmp_path / "alone", models).run(FIRST)
    assert asked == asked_alone
    assert outcome.version == alone.version
    champion = site.latest()
    for name, model in {"b": "other", "c": "same"}.items():
        made = site.latest(name)
        assert made.origin.model == Forecaster.load(models[model]).manifest.version
        assert made.issued_at.tolist() == champion.issued_at.tolist()
        assert (made.observed["temp_c"] == champion.observed["temp_c"]).all()
    same, other = site.latest("c"), site.latest("b")
    assert (same.quantiles["temp_c"] == champion.quantiles["temp_c"]).all()
    assert not np.allclose(other.quantiles["temp_c"], champion.quantiles["temp_c"])


def test_without_variants_nothing_of_them_is_there(tmp_path, models):
    Site(tmp_path, models).run(FIRST)
    assert not (tmp_path / "store/variants").exists()
    assert not (tmp_path / "history/.variants").exists()


def test_a_variant_that_fails_is_counted_and_stops_neither_champion_nor_the_others(
    tmp_path, models, caplog
):
    site = Site(
        tmp_path,
        models,
        Variant("b", tmp_path / "no model", 20.0),
        Variant("c", models["same"], None),
    )
    outcome, _ = site.run(FIRST)
    assert site.store.pointer().latest.version == outcome.version
    assert site.store_of("b").pointer() is None
    assert site.store_of("b").refresh_totals().errors == {"ModelError": 1}
    assert site.store_of("c").refresh_totals().outcomes == {"published": 1}
    assert site.store.refresh_totals().outcomes == {"published": 1}
    assert "variant b is left out of this refresh" in caplog.text


def test_a_variants_broken_store_does_not_stop_the_champion(site, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store/variants").write_text("no folder")
    outcome, _ = site.run(FIRST)
    assert site.store.pointer().latest.version == outcome.version


def test_where_the_champion_fails_nothing_is_published(site):
    given = weeks()
    given.fails = {station: SourceError("gone") for station in ("AAA", "BBB")}
    with pytest.raises(SourceError):
        site.run(FIRST, given)
    assert site.store_of("b").pointer() is None


@pytest.fixture(scope="module")
def ran(tmp_path_factory, models) -> Site:
    """Four days of refreshes, in which `b` missed two."""
    folder = tmp_path_factory.mktemp("ran")
    full = Site(
        folder, models, Variant("b", models["other"], 20.0), Variant("c", models["same"], None)
    )
    without_b = Site(folder, models, full.variants[1])
    given = weeks()
    for after in range(0, 24 * DAYS, EVERY_H):
        missed = after in (EVERY_H, 2 * EVERY_H)
        (without_b if missed else full).run(FIRST + timedelta(hours=after), given)
    return full


def errors(store: SnapshotStore, in_common) -> float:
    """The mean error of the temperatures of the scored day, hour by hour."""
    measured = source()
    by_station = []
    for station in ("AAA", "BBB"):
        rows = measured.rows[measured.rows["station"] == station]
        came = dict(zip(rows["valid_at"].dt.tz_localize(None), rows["temp_c"], strict=True))
        found = []
        for record in store.pointer().history:
            snapshot = store.snapshot(record)
            index = [one.id for one in snapshot.stations].index(station)
            issued_at = snapshot.issued_at[index]
            if issued_at not in in_common:
                continue
            for lead in range(1, snapshot.horizon_h + 1):
                valid_at = (issued_at + lead).item()
                value = came.get(np.datetime64(valid_at, "ns"), came.get(valid_at, np.nan))
                if valid_at.date() == SCORED and np.isfinite(value):
                    found.append(abs(snapshot.quantiles["temp_c"][index, lead - 1, MEDIAN] - value))
        by_station.append(np.mean(found))
    return float(np.mean(by_station))


def issue_times(store: SnapshotStore) -> set:
    return {
        np.datetime64(record.issued_at.astimezone(UTC).replace(tzinfo=None), "h")
        for record in store.pointer().history
        if record.issued_at < hour("2013-07-18T00")
    }


def test_a_days_scores_are_those_of_the_pairs_that_both_models_have(ran):
    [day] = [one for one in ran.days("b") if one.on == SCORED]
    both = issue_times(ran.store) & issue_times(ran.store_of("b"))
    assert len(both) < len(issue_times(ran.store))
    champion, variant = day.scores.champion, day.scores.variant
    assert champion["temp_c"] == pytest.approx(errors(ran.store, both), abs=1e-4)
    assert variant["temp_c"] == pytest.approx(errors(ran.store_of("b"), both), abs=1e-4)
    assert champion["temp_c"] != variant["temp_c"]


def test_a_model_that_forecasts_the_same_has_the_same_scores(ran):
    days = ran.days("c")
    assert len(days) >= 2
    for day in days:
        assert day.scores.champion == day.scores.variant
        assert {"temp_c", "temp_c_inside_80", "rain"} <= set(day.scores.champion)
        assert day.pairs > 0
    # The first day's advice would have been that of an evening before the first refresh.
    assert "clo_error" in days[-1].scores.champion


def test_a_day_is_scored_once(ran):
    folder = variant_folder(ran.history, "b") / "pairs"
    before = {path: path.read_bytes() for path in folder.glob("*/*.json")}
    ran.run(FIRST + timedelta(hours=24 * DAYS))
    after = {path: path.read_bytes() for path in folder.glob("*/*.json")}
    assert before.items() <= after.items()


def test_a_variant_that_misses_the_hour_that_a_ledger_keeps_is_paired_by_the_next(
    tmp_path, models, monkeypatch
):
    """Of stations in shards, ledgers keep the first forecast of every six hours."""
    monkeypatch.setattr(partition, "STATIONS", 1)
    full = Site(tmp_path, models, Variant("b", models["other"], 20.0))
    without_b = Site(tmp_path, models)
    given = weeks()
    day = hour(f"{SCORED}T00")
    for after in (0, 6, 7, 12, 13, 48, 49):
        missed = after in (6, 12)
        (without_b if missed else full).run(day + timedelta(hours=after), given)
    [scored] = [one for one in full.days("b") if one.on == SCORED]
    both = {np.datetime64(f"{SCORED}T{at:02}", "h") for at in (0, 7, 13)}
    assert scored.scores.champion["temp_c"] == pytest.approx(errors(full.store, both), abs=1e-4)
    of_variant = errors(full.store_of("b"), both)
    assert scored.scores.variant["temp_c"] == pytest.approx(of_variant, abs=1e-4)
