"""The gate on folders of real, tiny models: what is sound, what isn't, and what can't be judged."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.tampering import OBSERVATIONS, with_origin, with_values, with_weights
from pipeline.projects import REPOSITORY
from unit.forecasting.synthetic import BLOCKS, TINY, build, history, records
from wearcast import artifacts
from wearcast.config import Gate, Params, checked, read_groups
from wearcast.errors import ConfigError, ModelError
from wearcast.forecasting import model_assembly
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.manifest import MANIFEST, Manifest
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Segment
from wearcast.forecasting.station_climatology import TrailingWindow
from wearcast.retraining.accepted_drift import AcceptedDrift
from wearcast.retraining.check import Check
from wearcast.retraining.drift_check import drift_check
from wearcast.retraining.gate import Candidates, judge, judge_data
from wearcast.retraining.judging_period import (
    JudgingPeriod,
    after,
    last_days,
    require_unseen,
    seen_until,
)
from wearcast.retraining.project_as_of import cut_processed
from wearcast.retraining.refit_checks import Refit, refit_checks
from wearcast.retraining.report import Report
from wearcast.retraining.soundness_checks import Model, soundness_checks
from wearcast.weather.observations import conform, write_parquet
from wearcast.weather.quality import control
from wearcast.weather.stations import write_stations

DAYS = 42
GATE = Gate(days=DAYS, least_days=21, bootstrap=200)
SETTINGS = TINY.model_copy(update={"history_h": 48})


class Place:
    """A folder with a record, a champion, and a challenger that was trained nine weeks later."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "processed"
        write_processed(self.data, records(history(days=480)))
        self.period = last_days(self.records.histories.values(), DAYS)
        day = np.timedelta64(24, "h")
        self.champion = self.train("champion", self.period.start - 63 * day)
        self.challenger = self.train("challenger", self.period.start)

    @property
    def records(self) -> Records:
        return Records.read(self.data)

    def train(self, name: str, until: np.datetime64, also_on: Segment | None = None) -> Path:
        """Train on the record up to an hour, and on a segment more; the data lie beside the
        model."""
        data = self.root / name / "data"
        cut_processed(self.data, until, data, small_params())
        if also_on:
            split = Records.read(data).split
            more = replace(split, train=(*split.train, also_on))
            artifacts.write_json(data / "split.json", more.to_json())
        known = Records.read(data)
        made = build(known, SETTINGS)
        model_assembly.save(self.root / name / "model", made.onnx, made.manifest)
        return self.root / name / "model"

    def judge(self, challenger: Path | None = None, data: Path | None = None, **given) -> Report:
        """The gate's report on a challenger; its data lie beside it unless others are given."""
        folder = challenger or self.challenger
        trained_on = given.get("trained_on", folder.parent / "data")
        candidates = Candidates(self.champion, folder, folder, trained_on)
        settings, accepted = given.get("settings", GATE), given.get("accepted", ())
        return judge(candidates, data or self.data, self.period.start, settings, accepted)

    def copy(self, name: str) -> Path:
        """A copy of the challenger and its data, to be tampered with."""
        shutil.copytree(self.challenger.parent, self.root / name, dirs_exist_ok=True)
        return self.root / name / "model"


def small_params():
    params = checked(Params, read_groups(REPOSITORY / "params.yaml"), where="params.yaml")
    return params.model_copy(update={"preprocess": BLOCKS})


def write_processed(folder: Path, known: Records) -> None:
    tables = []
    for id, one in known.histories.items():
        at = pd.DatetimeIndex(one.valid_at).as_unit("ns").tz_localize("UTC")
        tables.append(pd.DataFrame({"station": id, "valid_at": at, **one.values}))
    write_parquet(folder / OBSERVATIONS, conform(pd.concat(tables)))
    write_stations(folder / "stations.json", known.stations)
    artifacts.write_json(folder / "split.json", known.split.to_json())
    artifacts.write_json(folder / "source.json", {"source": "sample made-up"})


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("gate"))


def failed(report: Report) -> set[str]:
    return {check.name for check in report.failed}


def test_a_sound_challenger_is_judged_by_every_check(place):
    report = place.judge()
    names = [check.name for check in report.checks]
    assert names[0] == "data: contract"
    assert names[-1] == "advice"
    of_forecasts = {"temperature, 1-24 h", "temperature, all leads", "rain", "beside climatology"}
    assert of_forecasts <= set(names)
    sound = names[: names.index("temperature, 1-24 h")]
    assert {"data: volume", "training: parity", "causality", "speed"} <= set(sound)
    assert failed(report).isdisjoint(sound)
    assert json.loads(json.dumps(report.to_json()))["passed"] is report.passed


def test_the_champion_under_another_name_is_no_challenger(place):
    folder = place.copy("renamed")
    shutil.copytree(place.champion, folder, dirs_exist_ok=True)
    report = place.judge(with_origin(folder, renamed=True))
    assert "training: data" in failed(report)
    beside_own_data = place.judge(folder, trained_on=place.champion.parent / "data")
    assert failed(beside_own_data) == {"newness"}
    newer = with_origin(folder, seen_until=str(place.period.start))
    later = place.judge(newer, trained_on=place.champion.parent / "data")
    assert failed(later) == {"training: end"}


def test_a_model_older_than_the_champion_is_no_challenger(place):
    both = Model.load(place.challenger), Model.load(place.champion)
    of_period = place.period.records(place.records)
    found = [check for check in soundness_checks(*both, of_period, GATE) if not check.passed]
    assert [check.name for check in found] == ["newness"]
    assert found[0].found.endswith("an older model")


def test_weights_that_are_no_numbers_are_found(place):
    folder = with_weights(place.copy("nan"), lambda values: np.full_like(values, np.nan))
    report = place.judge(folder)
    assert not report.passed
    assert failed(report) & {"training: parity", "weights", "forecasts"}


def test_weights_other_than_the_trained_ones_score_otherwise(place):
    folder = with_weights(place.copy("other weights"), lambda values: 1.1 * values)
    assert failed(place.judge(folder)) == {"training: parity"}


def test_a_model_that_has_seen_the_period_is_refused(place):
    period = place.period
    folder = place.train("leaked", period.stop, also_on=(period.start, period.stop))
    with pytest.raises(ModelError, match=r"the challenger, model \w+, has seen the record until"):
        place.judge(folder)
    lying = with_origin(folder, seen_until=str(place.period.start))
    assert "training: end" in failed(place.judge(lying))
    hidden = place.judge(lying, trained_on=place.challenger.parent / "data")
    assert {"training: data"} <= failed(hidden)


def test_a_champion_that_has_seen_the_period_is_not_judged_on_it(place):
    manifest = Forecaster.load(place.challenger).manifest
    day = np.timedelta64(24, "h")
    seen = seen_until(manifest)
    period = JudgingPeriod(seen - day, place.period.stop)
    with pytest.raises(ModelError, match=r"the champion, .*a later period"):
        require_unseen(manifest, period, "champion")
    rest = after(manifest, period, GATE)
    assert rest.start - seen < day
    require_unseen(manifest, rest, "champion")
    assert after(manifest, JudgingPeriod(seen - day, seen + 20 * day), GATE) is None


def test_a_model_of_an_earlier_release_does_not_say_what_it_has_seen(place):
    folder = place.copy("earlier release")
    manifest = Manifest.from_text((folder / MANIFEST).read_text())
    origin = {key: value for key, value in manifest.origin.items() if key != "seen_until"}
    with pytest.raises(ModelError, match="doesn't say until when"):
        require_unseen(replace(manifest, origin=origin), place.period, "challenger")


def in_period(place: Place, table: pd.DataFrame) -> pd.Series:
    return table["valid_at"] >= pd.Timestamp(place.period.start, tz="UTC")


@pytest.fixture(scope="module")
def known(place) -> tuple[Records, Forecaster]:
    """A record of four years, and the champion as if it had been trained on all but its end."""
    long = records(history(days=4 * 365))
    past = {}
    for id, one in long.histories.items():
        before = one.valid_at < last_days([one], DAYS).start
        past[id] = InputHours.of(one.only(before))
    reference = InputReference.fit(long.stations, past, annual=1)
    return long, with_inputs(place.champion, reference)


def with_inputs(champion: Path, inputs: InputReference | None) -> Forecaster:
    """The model with another reference of what its inputs were like."""
    forecaster = Forecaster.load(champion)
    forecaster.manifest = replace(forecaster.manifest, inputs=inputs)
    return forecaster


def drift(
    known: tuple[Records, Forecaster], hours: int, name: str, change: Callable, *accepted: str
) -> Check:
    """The check on the record with another variable in its last hours."""
    long, champion = known
    [(id, one)] = long.histories.items()
    values = one.values[name].copy()
    values[-hours:] = change(values[-hours:])
    wrong = replace(long, histories={id: replace(one, values={**one.values, name: values})})
    period = last_days(wrong.histories.values(), DAYS)
    excused = [AcceptedDrift.parse(text) for text in accepted]
    return drift_check(wrong, period, champion, excused)


def test_what_is_as_in_other_years_is_no_drift(known):
    check = drift(known, 24, "temp_c", lambda c: c)
    assert check.passed, check.found
    assert 0 < check.numbers["value"] < 1


@pytest.mark.parametrize(
    ("days", "name", "change"),
    [
        (3, "wind_ms", lambda ms: 3.6 * ms),
        (30, "wind_ms", lambda ms: 3.6 * ms),
        (3, "dewpoint_c", lambda c: np.minimum(1.8 * c + 32, 36.0)),
        (3, "pressure_hpa", lambda hpa: np.full_like(hpa, 1013.0)),
    ],
    ids=["km/h", "a month of km/h", "°F", "stuck"],
)
def test_new_hours_that_drift_are_named_with_their_station_and_since_when(
    known, days, name, change
):
    check = drift(known, 24 * days, name, change)
    assert not check.passed
    [(id, one)] = known[0].histories.items()
    found = re.search(rf"{name} of {id} since (\S+) UTC", check.found)
    assert found, check.found
    began = one.valid_at[-24 * days]
    assert began <= np.datetime64(found[1]) <= began + np.timedelta64(48, "h")


def kmh(ms: np.ndarray) -> np.ndarray:
    return 3.6 * ms


def test_an_hour_in_alarm_is_none_and_two_in_a_row_are(known):
    """As of the alert, which wants two hours."""
    run_h = known[1].manifest.inputs.stations["AAA"].run_h["pressure_hpa"]
    first_in_alarm = int(np.ceil(run_h))

    def stuck(hours: int) -> Check:
        return drift(known, hours, "pressure_hpa", lambda hpa: np.full_like(hpa, 1013.0))

    assert stuck(first_in_alarm).passed
    assert not stuck(first_in_alarm + 1).passed


def test_since_is_the_first_alarm_whichever_check_is_the_highest(known):
    check = drift(known, 24 * 40, "temp_c", lambda c: c + 14)
    over_h = int(re.search(r"over (\d+) h", check.found)[1])
    since = np.datetime64(re.search(r"temp_c of AAA since (\S+) UTC", check.found)[1])
    began = known[0].histories["AAA"].valid_at[-24 * 40]
    assert over_h > 48
    assert since - began <= np.timedelta64(5, "D")


@pytest.mark.parametrize("accepted", ["AAA", "AAA:wind_ms"])
def test_a_drift_that_is_accepted_is_named_and_fails_nothing(known, accepted):
    check = drift(known, 72, "wind_ms", kmh, accepted)
    assert check.passed
    assert check.found.startswith("accepted: wind_ms of AAA since")


def test_what_else_drifts_fails_beside_what_is_accepted(known):
    check = drift(known, 72, "wind_ms", kmh, "AAA:temp_c")
    assert not check.passed
    assert "accepted" not in check.found


@pytest.mark.parametrize("accepted", ["ZZZ", "AAA:rh_pct", "AAA:", ":wind_ms", ""])
def test_an_exception_without_effect_is_refused(known, accepted):
    with pytest.raises(ConfigError, match=f"--accept-drift {accepted}"):
        drift(known, 1, "wind_ms", kmh, accepted)


def test_observations_of_which_nothing_can_be_told_do_not_pass(known):
    long, champion = known
    [(id, one)] = long.histories.items()
    period = last_days([one], DAYS)
    gone = {name: np.full_like(values, np.nan) for name, values in one.values.items()}
    empty = replace(long, histories={id: replace(one, values=gone)})
    check = drift_check(empty, period, champion)
    assert not check.passed
    assert check.found == "nothing can be told of them"


def test_half_of_the_new_hours_missing_are_found(place):
    def halved(table):
        gone = in_period(place, table) & (table["valid_at"].dt.hour % 2 == 1)
        return table.assign(temp_c=table["temp_c"].mask(gone))

    data = with_values(place.data, place.root / "halved", halved)
    assert "data: volume" in failed(place.judge(data=data))


def test_a_stuck_sensor_is_found(place):
    def stuck(table):
        return table.assign(
            pressure_hpa=table["pressure_hpa"].mask(in_period(place, table), 1013.0)
        )

    data = with_values(place.data, place.root / "stuck", stuck)
    report = place.judge(data=data)
    assert failed(report) == {"data: drift"}
    assert "pressure_hpa of AAA since" in report.failed[0].found
    accepted = [AcceptedDrift("AAA", "pressure_hpa")]
    others_data = place.champion.parent / "data"
    later = place.judge(data=data, accepted=accepted, trained_on=others_data)
    assert "training: data" in failed(later)
    assert "data: drift" not in failed(later)


@pytest.mark.parametrize(
    ("hours", "fails"), [(22, {"data: drift"}), (120, set()), (240, {"data: volume"})]
)
def test_a_longer_run_of_equal_values_is_removed_before_the_gate_sees_it(place, hours, fails):
    """By quality control; what it removes is missed where it is much."""
    end = pd.Timestamp(place.period.stop, tz="UTC")

    def stuck(table):
        is_stuck = table["valid_at"] >= end - pd.Timedelta(hours=hours)
        wrong = table.assign(pressure_hpa=table["pressure_hpa"].mask(is_stuck, 1013.0))
        controlled, _ = control(wrong, place.records.stations, fill_h=3)
        return controlled

    data = with_values(place.data, place.root / f"stuck {hours} h", stuck)
    assert failed(judge_data(place.champion, data, place.period.start, GATE)) == fails


def test_a_champion_that_does_not_say_what_its_inputs_were_like_is_to_be_trained_anew(place):
    check = drift_check(place.records, place.period, with_inputs(place.champion, None))
    assert not check.passed
    assert "`dvc repro`" in check.found


def test_training_on_other_hours_than_the_record_s_is_found(place):
    def shuffled(table):
        rng = np.random.default_rng(1)
        return table.assign(wind_ms=rng.permutation(table["wind_ms"].to_numpy()))

    data = with_values(place.challenger.parent / "data", place.root / "shuffled", shuffled)
    report = place.judge(trained_on=data)
    assert {"training: data", "training: hours"} <= failed(report)


def test_a_slower_or_larger_model_fails(place):
    strict = GATE.model_copy(update={"most_size": 0.5, "most_time": 0.01})
    assert {"size", "speed"} <= failed(place.judge(settings=strict))


def test_forecasts_that_change_with_the_hours_after_them_are_found(place, monkeypatch):
    """A trailing anomaly that looks ahead, as a slip in the code would make it."""
    own = TrailingWindow.mean_anomaly

    def looking_ahead(self, anomalies):
        return own(self, np.roll(anomalies, -24, axis=0))

    monkeypatch.setattr(TrailingWindow, "mean_anomaly", looking_ahead)
    of_period = place.period.records(place.records)
    both = Model.load(place.champion), Model.load(place.challenger)
    found = {check.name for check in soundness_checks(*both, of_period, GATE) if not check.passed}
    assert found == {"causality"}


def test_the_refitted_model_is_of_the_judged_one_s_kind(place):
    served = place.train("served", place.period.stop)
    refit = Refit(place.challenger, served, served, served.parent / "data")
    found = {check.name: check.passed for check in refit_checks(refit, place.period, GATE)}
    assert found.pop("refit: distance") in (True, False)
    assert set(found) == {"refit: weights", "refit: parity", "refit: size", "refit: 80 % interval"}
    assert found["refit: parity"]
    strict = GATE.model_copy(update={"most_distance": 0.001})
    far = {check.name for check in refit_checks(refit, place.period, strict) if not check.passed}
    assert "refit: distance" in far
