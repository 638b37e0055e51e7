"""The manifest says what was made of what, and nothing else."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from horizon import HORIZON_H
from unit.forecasting.synthetic import TINY, build, place, records, two_stations, with_values
from wearcast import artifacts
from wearcast.config import Paths
from wearcast.errors import ConfigError, ModelError
from wearcast.forecasting import model_assembly, verification
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.manifest import MANIFEST, ONNX, Manifest
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.quantiles import MEDIAN, Calibration
from wearcast.forecasting.trajectories import Ranks
from wearcast.forecasting.wet_spells import PastRain
from wearcast.vocabulary import WET_MM
from wearcast.weather.observations import conform, write_parquet
from wearcast.weather.stations import write_stations


def validation_forecasts(made) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The windows that calibrate: uncalibrated forecasts, verifying observations, rows forecast."""
    at = made.validation_set.at[made.validation_set.every(5)]
    raw = made.forecaster.network(made.validation_set.series, at)[0]
    return raw, made.validation_set.targets(at).astype(float), made.validation_set.series.ahead(at)


def test_it_is_calibrated_on_validation_forecasts(model):
    raw, observed, _ = validation_forecasts(model)
    np.testing.assert_allclose(
        model.manifest.calibration.margins, Calibration.fit(raw, observed).margins, atol=1e-6
    )
    # BBB reports no cloud; AAA's alone calibrates it.
    assert model.manifest.calibration.margins[:, TARGETS.index("cloud_pct")].any()


def test_calibrated_intervals_hold_what_they_should_on_what_calibrated_them(model):
    raw, observed, _ = validation_forecasts(model)
    calibrated = model.manifest.calibration(raw)
    for v in range(2):
        assert verification.interval_coverage(
            calibrated[:, :, v], observed[:, :, v]
        ).mean() == pytest.approx(0.8, abs=0.02)


def drizzle():
    """Two stations where it rains by the least amount that is rain."""
    known = two_stations()
    made = {}
    for name, record in known.histories.items():
        spells = np.random.default_rng(3).random(len(record) // 12 + 1) < 0.3
        made[name] = with_values(
            record, precip_mm=np.where(np.repeat(spells, 12)[: len(record)], WET_MM, 0.0)
        )
    return records(*made.values(), split=known.split)


def test_the_order_of_the_members_is_that_of_past_errors_and_of_past_rain_drizzle_too():
    made = build(drizzle())
    raw, observed, rows = validation_forecasts(made)
    lengths = [len(record) + HORIZON_H for record in made.records.histories.values()]
    fell = [
        np.append(record.column("precip_mm"), np.full(HORIZON_H, np.nan))
        for record in made.records.histories.values()
    ]
    fell_mm = np.concatenate(fell)[rows]
    assert sum(lengths) == len(made.validation_set.series.valid_at)
    wet = np.where(np.isnan(fell_mm), np.nan, fell_mm >= WET_MM)
    assert (wet == 1).any()
    at = made.validation_set.at[made.validation_set.every(5)]
    rain_logit = made.forecaster.network(made.validation_set.series, at)[1]
    rain = PastRain(1 / (1 + np.exp(-rain_logit)), wet)
    expected = Ranks.of(made.manifest.calibration(raw), observed, rain, TINY.members, TINY.seed)
    np.testing.assert_array_equal(made.manifest.ranks.order, expected.order)


def test_the_manifest_has_the_origin_of_the_model(model):
    origin = model.manifest.origin
    assert origin["data"] == "sha256:made-up"
    first, last = model.records.split.train[0][0], model.records.split.train[-1][1]
    assert origin["trained_on"] == {
        "from": str(first),
        "until": str(last),
        "segments": 6,
        "source": "sample",
    }
    assert set(origin["libraries"]) == {"numpy", "torch", "onnx", "onnxruntime"}
    assert origin["libraries"]["torch"] == torch.__version__.split("+")[0]
    assert model_assembly.settings_of(model.manifest) == TINY
    assert set(model.manifest.standardization.longitudes.values()) == {-74.0, -75.0}


def test_its_scores_are_of_validation_forecasts(model):
    raw, observed, _ = validation_forecasts(model)
    scores = model.manifest.origin["validation"]
    assert scores["windows"] == len(observed)
    assert scores["mae_sd"]["temp_c"] == {
        name: pytest.approx(score, abs=1e-4)
        for name, score in verification.mean_by_lead_range(
            verification.mae(raw[:, :, 0, MEDIAN], observed[:, :, 0])
        ).items()
    }
    crps = verification.mean_by_lead_range(
        verification.crps(model.manifest.calibration(raw)[:, :, 0], observed[:, :, 0])
    )
    assert scores["crps_sd"]["temp_c"] == {
        name: pytest.approx(score, abs=1e-4) for name, score in crps.items()
    }
    assert crps != verification.mean_by_lead_range(
        verification.crps(raw[:, :, 0], observed[:, :, 0])
    )


def test_a_station_without_a_training_hour_is_named():
    known = two_stations()
    late = known.split.train[-1][1]
    record = known.histories["BBB"]
    gone = np.where(record.valid_at < late, np.nan, record.column("temp_c"))
    partly = records(known.histories["AAA"], with_values(record, temp_c=gone), split=known.split)
    with pytest.raises(
        ModelError,
        match=r"BBB has no temperature in the training hours. Leave it out, or give another split.",
    ):
        model_assembly.fit_standardization(partly, TINY)


def test_a_variable_that_no_station_reports_has_no_score():
    known = two_stations()
    cloudless = {
        n: with_values(r, cloud_pct=np.full(len(r), np.nan)) for n, r in known.histories.items()
    }
    made = build(records(*cloudless.values(), split=known.split))
    assert made.manifest.origin["validation"]["mae_sd"]["cloud_pct"] is None
    json.loads(artifacts.to_json(made.manifest.to_json()))
    assert Manifest.from_text(json.dumps(made.manifest.to_json())).version == made.manifest.version


def test_the_version_changes_with_anything_in_it(model):
    versions = {model.manifest.version}
    for key, value in (
        ("onnx", "sha256:0"),
        ("calibration", Calibration.none(len(TARGETS), HORIZON_H)),
        ("origin", {}),
        ("stations", (place(),)),
    ):
        versions.add(replace(model.manifest, **{key: value}).version)
    assert len(versions) == 5
    assert all(len(version) == 12 for version in versions)


def test_settings_that_are_no_longer_valid_are_named(model):
    broken = replace(model.manifest, origin={"params": {**TINY.model_dump(), "hidden": 1}})
    with pytest.raises(ConfigError, match=r"the manifest's params is not valid:\n  hidden"):
        model_assembly.settings_of(broken)


def test_the_code_hash_is_of_the_sources_dvc_lists(repository, model):
    sources = model_assembly.sources(Paths(repository))
    names = {path.relative_to(repository).as_posix() for path in sources}
    assert {"notebooks/train.ipynb", "src/wearcast/forecasting/training.py"} <= names
    assert all(path.is_file() for path in sources)
    once = model_assembly.origin(model.records, sources)["code"]
    assert (
        once
        == model_assembly.origin(model.records, sources[::-1])["code"]
        == artifacts.sha256(*sorted(sources))
    )


def test_a_folder_holds_the_network_and_its_manifest(folder, model):
    assert sorted(path.name for path in folder.iterdir()) == [MANIFEST, ONNX]
    assert (folder / ONNX).read_bytes() == model.onnx


def test_a_table_is_the_same_bytes_for_the_same_rows(tmp_path):
    model_assembly.save_table(
        tmp_path / "a.csv", pd.DataFrame({"lead_h": [1, 2], "network": [0.5, 1.25]})
    )
    assert (tmp_path / "a.csv").read_bytes() == b"lead_h,network\n1,0.5\n2,1.25\n"


def test_records_are_what_preprocess_left(tmp_path):
    valid_at = pd.date_range("2013-01-01T05", periods=24 * 30, freq="h", tz="UTC")
    split = two_stations().split
    filled = [""] * len(valid_at)
    filled[3], filled[4] = "dewpoint_c,temp_c", "wind_ms"
    table = conform(
        pd.DataFrame(
            {
                "station": "AAA",
                "valid_at": valid_at,
                "temp_c": np.arange(24.0 * 30) / 20,
                "filled": filled,
            }
        )
    )
    write_parquet(tmp_path / "observations.parquet", table)
    write_stations(tmp_path / "stations.json", [place("AAA")])
    artifacts.write_json(tmp_path / "split.json", split.to_json())
    artifacts.write_json(tmp_path / "source.json", {"source": "sample 2013"})
    found = Records.read(tmp_path)
    record = found.histories["AAA"]
    assert record.valid_at[0] == np.datetime64("2013-01-01T05", "h")
    assert record.column("temp_c")[20] == 1.0
    assert np.flatnonzero(record.filled).tolist() == [3, 4]
    assert (found.split, found.source) == (split, "sample")
    assert found.sha256 == artifacts.sha256(
        tmp_path / "observations.parquet", tmp_path / "split.json"
    )
