"""Building the tracked model: what the stage `train` does around the training itself."""

import hashlib
import importlib.metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from wearcast import artifacts
from wearcast.config import Paths, Train, checked
from wearcast.errors import ModelError
from wearcast.forecasting import verification
from wearcast.forecasting.array_types import Floats, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS, channel_values, known_rain, share_wet
from wearcast.forecasting.data_coverage import Gap, uncovered
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.manifest import MANIFEST, ONNX, Manifest
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.quantiles import MEDIAN, Calibration
from wearcast.forecasting.split import Split
from wearcast.forecasting.standardized_series import Standardization
from wearcast.forecasting.station_climatology import StationClimatology, TrailingWindow
from wearcast.forecasting.trajectories import Ranks
from wearcast.forecasting.window_dataset import WindowDataset
from wearcast.vocabulary import WET_MM

_CALIBRATE_EVERY = 5
"""Every how-many-th validation window calibrates: neighbours are nearly the same."""

_LIBRARIES = ("numpy", "torch", "onnx", "onnxruntime")


def fit_standardization(records: Records, settings: Train) -> Standardization:
    """Each station's climatology, fitted on training hours and nothing else.

    A variable whose hours don't cover the year and the day counts as one that the station doesn't
    report; `uncovered_variables` lists those.

    Raises:
        ModelError: a station has no temperature in them, or its temperatures don't cover the year
            and the day.
    """
    seen = _training_hours(records)
    for station, history in seen.items():
        if np.isnan(history.column("temp_c")).all():
            raise ModelError(
                f"{station} has no temperature in the training hours. Leave it out, or give another"
                " split."
            )
        if "temp_c" in (gaps := _gaps(history, settings)):
            raise ModelError(
                f"{_missing(history, 'temp_c', gaps['temp_c'])} Fetch more (an earlier"
                " ingest.start), choose another split (preprocess), or leave out the station."
            )
    share = float(np.mean([share_wet(history) for history in seen.values()]))
    climatologies = {
        station: StationClimatology.fit(
            h.valid_at,
            _covered_channels(h, settings),
            known_rain(h, share),
            settings.annual_harmonics,
            settings.diurnal_harmonics,
        )
        for station, h in seen.items()
    }
    return Standardization(
        climatologies=climatologies,
        longitudes={station.id: station.longitude for station in records.stations},
        trailing_window=TrailingWindow(settings.drift_days, settings.drift_shrink_h),
        history_h=settings.history_h,
        share_wet=share,
    )


def uncovered_variables(records: Records, settings: Train) -> list[str]:
    """A sentence for each variable that a station reports, but not over the whole year and day, so
    that it isn't forecast there."""
    return [
        f"{_missing(history, name, gap)} It is not forecast there."
        for history in _training_hours(records).values()
        for name, gap in _gaps(history, settings).items()
    ]


def _training_hours(records: Records) -> dict[str, History]:
    split = records.split
    return {
        station: history.only(split.belongs(history.valid_at, "train"))
        for station, history in records.histories.items()
    }


def _gaps(history: History, settings: Train) -> dict[str, Gap]:
    """The reported channels whose climatology would be nonsense in a part of the year or of the
    day, and the part."""
    found = {}
    for name, values in zip(CHANNELS, channel_values(history).T, strict=True):
        gap = uncovered(
            history.valid_at, values, settings.annual_harmonics, settings.diurnal_harmonics
        )
        if gap and np.isfinite(values).any():
            found[name] = gap
    return found


def _covered_channels(history: History, settings: Train) -> Floats:
    """The channels, NaN where they don't cover the year and the day, (n, C)."""
    gaps = _gaps(history, settings)
    return np.where([name in gaps for name in CHANNELS], np.nan, channel_values(history))


def _missing(history: History, channel: str, gap: Gap) -> str:
    return (
        f"{history.station} has no {channel} in the training hours from {gap.first} to {gap.last}"
        f" ({gap.length}), and what is usual there can't be told from the rest: {gap.harmonics}"
        f" bridges {gap.bridged} at most."
    )


def build(
    onnx: bytes,
    records: Records,
    standardization: Standardization,
    validation: WindowDataset,
    settings: Train,
    origin: dict[str, Any],
) -> Manifest:
    """Calibrate the network on validation forecasts, keep the order of their errors, and describe
    it all.

    Args:
        origin: what the manifest says of where the model comes from, beside its params and
            validation scores.
    """
    first = Manifest(
        _hash(onnx),
        records.stations,
        standardization,
        Calibration.none(len(TARGETS)),
        _no_ranks(settings.members),
        origin,
    )
    chosen = validation.at[validation.every(_CALIBRATE_EVERY)]
    raw = _in_chunks(Forecaster(first, onnx), validation, chosen)
    observed = validation.targets(chosen).astype(np.float64)
    calibration = Calibration.fit(raw, observed)
    calibrated = calibration(raw)
    wet, log_mm = validation.rain_targets(chosen)
    # Back from its logarithm the least amount that is rain comes out a little smaller.
    rain_mm = np.where(wet > 0, np.maximum(np.exp(log_mm), WET_MM), 0.0)
    return Manifest(
        onnx=first.onnx,
        stations=records.stations,
        standardization=standardization,
        calibration=calibration,
        ranks=Ranks.of(calibrated, observed, rain_mm, settings.members),
        origin={
            **origin,
            "params": settings.model_dump(),
            "validation": _scores(calibrated, observed, len(chosen)),
        },
    )


def origin(records: Records, sources: list[Path]) -> dict[str, Any]:
    """Where a model comes from: the hash of its data and of the stage's own sources, and the
    libraries' versions."""
    return {
        "data": records.sha256,
        "code": artifacts.sha256(*sorted(sources)),
        "trained_on": trained_on(records.split, records.source),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
    }


def trained_on(split: Split, source: str) -> dict[str, Any]:
    """What the manifest says of the hours that a split gives to training."""
    hours = [str(hour) for segment in split.train for hour in segment]
    return {"from": min(hours), "until": max(hours), "segments": len(split.train), "source": source}


def save(folder: Path, onnx: bytes, manifest: Manifest) -> None:
    """Put the model at `folder`, the whole of it or, if that fails, the one that was there
    before."""
    artifacts.write_folder(folder, {ONNX: onnx, MANIFEST: artifacts.to_json(manifest.to_json())})


def save_table(path: Path, table: pd.DataFrame) -> None:
    """Put a small table at `path` as CSV, the same bytes for the same rows."""
    artifacts.write_bytes(path, table.to_csv(index=False, lineterminator="\n").encode())


def sources(paths: Paths) -> list[Path]:
    """The stage's own sources, as dvc.yaml lists them: its notebook and the modules it runs."""
    stages = yaml.safe_load((paths.root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return [
        paths.root / dep for dep in stages["train"]["deps"] if Path(dep).suffix in (".py", ".ipynb")
    ]


def settings_of(manifest: Manifest) -> Train:
    """The settings a model was trained with."""
    return checked(Train, manifest.origin["params"], where="the manifest's params")


def _in_chunks(
    forecaster: Forecaster, examples: WindowDataset, at: Positions, size: int = 256
) -> Floats:
    parts = [
        forecaster.network(examples.series, at[first : first + size])[0]
        for first in range(0, len(at), size)
    ]
    return np.concatenate(parts)


def _scores(quantiles: Floats, observed: Floats, windows: int) -> dict[str, Any]:
    """Scores over the calibrating forecasts, in standard deviations of each variable."""
    return {
        "windows": windows,
        "mae_sd": {
            n: _known(verification.mae(quantiles[:, :, v, MEDIAN], observed[:, :, v]))
            for v, n in enumerate(TARGETS)
        },
        "crps_sd": {
            n: _known(verification.crps(quantiles[:, :, v], observed[:, :, v]))
            for v, n in enumerate(TARGETS)
        },
    }


def _known(by_lead: Floats) -> dict[str, float] | None:
    if np.isnan(by_lead).all():
        return None
    return {
        name: round(value, 4) for name, value in verification.mean_by_lead_range(by_lead).items()
    }


def _no_ranks(members: int) -> Ranks:
    return Ranks(np.zeros((members, 1, len(TARGETS) + 1), dtype=np.uint8))


def _hash(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
