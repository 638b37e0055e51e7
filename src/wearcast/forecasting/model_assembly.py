"""Assembly of the tracked model: what the stage `train` does around the training itself."""

import hashlib
import importlib.metadata
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wearcast import artifacts
from wearcast.config import Paths, Train, checked, declared_stages, hashed_files
from wearcast.errors import ModelError
from wearcast.forecasting import guidance_file, verification
from wearcast.forecasting.annual_harmonics import annual_harmonics
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.channels import CHANNELS, TARGETS, channel_values, known_rain, share_wet
from wearcast.forecasting.data_coverage import Gap, uncovered
from wearcast.forecasting.guidance_file import GUIDANCE, ModelGuidance
from wearcast.forecasting.history import History
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.left_out_coverage import coverage_of_left_out
from wearcast.forecasting.manifest import MANIFEST, ONNX, Manifest
from wearcast.forecasting.median_share import MedianShare
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.quantiles import MEDIAN, Calibration
from wearcast.forecasting.rain_days import RainDays, UsualRainDays
from wearcast.forecasting.split import ROLES, Segment, Split
from wearcast.forecasting.standardized_series import Standardization
from wearcast.forecasting.station_climatology import StationClimatology, TrailingWindow
from wearcast.forecasting.station_guidance import StationGuidance
from wearcast.forecasting.trajectories import Ranks
from wearcast.forecasting.wet_spells import PastRain

_LIVE_SOURCES = ("open_meteo", "kma")
"""Sources whose newest hours are forecast from: what they ship learns from all years."""

_LONGEST_MARGIN = np.timedelta64(90 * 24, "h")
"""Between two periods of a split (`Preprocess.margin_h`)."""

_INPUT_HARMONICS = 2
"""Of the year, at most, in what the observations usually are: windows of two months have few
independent values."""

_LIBRARIES = ("numpy", "torch", "onnx", "onnxruntime")


def fit_standardization(records: Records, settings: Train) -> Standardization:
    """Each station's climatology, fitted on training hours and nothing else.

    A variable whose hours don't cover the year and the day counts as one that the station doesn't
    report; `uncovered_variables` lists those.

    Raises:
        ModelError: a station has no temperature in them, or its temperatures don't cover the year
            and the day.
    """
    annual = annual_harmonics(records.histories, records.split, settings)
    histories = _training_hours(records)
    for history in histories.values():
        _require_temperatures(history, annual, settings)
    shares = [share_wet(history) for history in histories.values()]
    share = float(np.mean(shares))
    return Standardization(
        climatologies={
            station: _fit_climatology(history, share, annual, settings)
            for station, history in histories.items()
        },
        longitudes={station.id: station.longitude for station in records.stations},
        trailing_window=TrailingWindow(settings.drift_days, settings.drift_shrink_h),
        history_h=settings.history_h,
        horizon_h=settings.horizon_h,
        share_wet=share,
    )


def _require_temperatures(history: History, annual: int, settings: Train) -> None:
    if np.isnan(history.column("temp_c")).all():
        raise ModelError(
            f"{history.station} has no temperature in the training hours. Leave it out, or give"
            " another split."
        )
    gaps = _gaps(history, annual, settings)
    if "temp_c" in gaps:
        raise ModelError(
            f"{_missing(history, 'temp_c', gaps['temp_c'])} Fetch more (an earlier"
            " ingest.start), choose another split (preprocess), set train.annual_harmonics to"
            " auto, or leave out the station."
        )


def _fit_climatology(
    history: History, share: float, annual: int, settings: Train
) -> StationClimatology:
    return StationClimatology.fit(
        history.valid_at,
        _covered_channels(history, annual, settings),
        known_rain(history, share),
        annual,
        settings.diurnal_harmonics,
    )


def covers_the_year(records: Records, settings: Train) -> bool:
    """Whether every station's temperatures in the training hours cover the year and the day."""
    annual = annual_harmonics(records.histories, records.split, settings)
    for history in _training_hours(records).values():
        is_empty = np.isnan(history.column("temp_c")).all()
        if is_empty or "temp_c" in _gaps(history, annual, settings):
            return False
    return True


def is_refitted(records: Records, settings: Train) -> bool:
    """Whether the model that is served is fitted once more, on all years."""
    if settings.refit == "auto":
        return records.source in _LIVE_SOURCES
    return settings.refit


def on_all_years(records: Records) -> Records:
    """The same records with every period of the split, and the margins between them, to train on;
    not what lies between periods further apart, which somebody left out."""
    split = records.split
    periods: list[Segment] = []
    for role in ROLES:
        periods += split.segments(role)
    joined: list[Segment] = []
    for start, stop in sorted(periods):
        if joined and start - joined[-1][1] <= _LONGEST_MARGIN:
            first, _ = joined.pop()
            start = first
        joined.append((start, stop))
    everything = replace(split, train=tuple(joined), validation=(), test=())
    return replace(records, split=everything)


def uncovered_variables(records: Records, settings: Train) -> list[str]:
    """A sentence for each variable that a station reports, but not over the whole year and day, so
    that it isn't forecast there."""
    annual = annual_harmonics(records.histories, records.split, settings)
    sentences = []
    for history in _training_hours(records).values():
        for name, gap in _gaps(history, annual, settings).items():
            sentences.append(f"{_missing(history, name, gap)} It is not forecast there.")
    return sentences


def _training_hours(records: Records) -> dict[str, History]:
    """Every station's record with nothing known outside the training hours."""
    histories = {}
    for station, history in records.histories.items():
        in_training = records.split.belongs(history.valid_at, "train")
        histories[station] = history.only(in_training)
    return histories


def _gaps(history: History, annual: int, settings: Train) -> dict[str, Gap]:
    """The reported channels whose climatology would be nonsense in a part of the year or of the
    day, and the part."""
    found = {}
    for name, values in zip(CHANNELS, channel_values(history).T, strict=True):
        gap = uncovered(history.valid_at, values, annual, settings.diurnal_harmonics)
        if gap and np.isfinite(values).any():
            found[name] = gap
    return found


def _covered_channels(history: History, annual: int, settings: Train) -> Floats:
    """The channels, NaN where they don't cover the year and the day, (n, C)."""
    gaps = _gaps(history, annual, settings)
    uncovered = [name in gaps for name in CHANNELS]
    return np.where(uncovered, np.nan, channel_values(history))


def _missing(history: History, channel: str, gap: Gap) -> str:
    return (
        f"{history.station} has no {channel} in the training hours from {gap.first} to {gap.last}"
        f" ({gap.length}), and what is usual there can't be told from the rest: {gap.harmonics}"
        f" bridges {gap.bridged} at most."
    )


@dataclass(frozen=True)
class Guided:
    """What training made of guidance.

    Attributes:
        stations: each one's, as fitted.
        left_out: forecasts with guidance of spans of its archive that were left out.
        median: the share of the network's shift of the median that counts with guidance.
    """

    stations: Mapping[str, StationGuidance]
    left_out: Sequence[NetworkForecasts]
    median: MedianShare

    def of(self, stations: Mapping[str, StationGuidance]) -> "Guided":
        """The same decisions, for stations fitted once more."""
        return replace(self, stations=stations)

    def shares(self) -> pd.DataFrame:
        """The share of the network's shift of the median that counts, by range of leads."""
        columns = dict(zip(TARGETS, self.median.shares.T, strict=True))
        ranges = pd.Index(self.median.ranges, name="leads, h")
        table = pd.DataFrame(columns, index=ranges)
        return table.rename_axis(columns="share of the shift, with guidance")

    def described(self) -> ModelGuidance:
        """What the manifest says of it."""
        forecasts = NetworkForecasts.joined(self.left_out)
        raw = forecasts.with_median_share(self.median.by_lead())
        return ModelGuidance(
            file=_hash(guidance_file.to_bytes(self.stations)),
            stations=guidance_file.described(self.stations),
            calibration=Calibration.fit(raw, forecasts.observed.astype(np.float64)),
            median=self.median.to_json(),
        )


def guided(
    stations: Mapping[str, StationGuidance],
    left_out: Sequence[NetworkForecasts],
    settings: Train,
) -> Guided | None:
    """What training made of guidance; None where there is none, or too short an archive to leave
    out spans of it."""
    if not stations or not left_out:
        return None
    median = MedianShare.decide(left_out, settings.horizon_h, settings.seed)
    return Guided(stations, left_out, median)


def build(
    onnx: bytes,
    records: Records,
    standardization: Standardization,
    validation: NetworkForecasts,
    left_out: Sequence[NetworkForecasts],
    median: MedianShare,
    settings: Train,
    origin: dict[str, Any],
    guided: Guided | None = None,
) -> Manifest:
    """Calibrate the network on forecasts of hours that it never saw, keep the order of their
    errors, and describe it all.

    Args:
        validation: the forecasts of the validation period.
        left_out: those of left-out years, if any.
        median: the share of the network's shift of the median that counts.
        origin: what the manifest says of where the model comes from, beside its params and
            validation scores.
        guided: what was made of guidance.
    """
    share = median.by_lead()
    forecasts = NetworkForecasts.joined([*left_out, validation])
    raw = forecasts.with_median_share(share)
    observed = forecasts.observed.astype(np.float64)
    calibration = Calibration.fit(raw, observed)
    calibrated = calibration(raw)
    rain = PastRain(
        forecasts.hourly_rain_chance.astype(np.float64), forecasts.wet.astype(np.float64)
    )
    ranks = Ranks.of(calibrated, observed, rain, settings.members, settings.seed)
    of_validation = calibration(validation.with_median_share(share))
    chosen = chosen_settings(records.split, standardization)
    # As they were used, in numbers: the release before this one reads no words there.
    used = {
        "annual_harmonics": chosen["annual_harmonics"],
        "refit": is_refitted(records, settings),
    }
    return replace(
        uncalibrated(onnx, records, standardization, settings),
        calibration=calibration,
        ranks=ranks,
        guidance=guided.described() if guided else None,
        inputs=_fit_inputs(records, chosen["annual_harmonics"], guided),
        rain_days=_fit_rain_days(records, chosen["annual_harmonics"]),
        origin={
            **origin,
            "seen_until": seen_until(records.split),
            "chosen": chosen,
            "params": {**settings.model_dump(), **used},
            "median": median.to_json(),
            "calibrated_on": {"windows": len(forecasts), "left_out": len(left_out)},
            "coverage_80_left_out": coverage_of_left_out([*left_out, validation], share),
            "validation": validation_scores(of_validation, validation.observed.astype(np.float64)),
        },
    )


def _fit_inputs(records: Records, annual: int, guided: Guided | None) -> InputReference:
    """What the observations were in the training hours, which a refresh compares new ones with."""
    training = {
        station: InputHours.of(history) for station, history in _training_hours(records).items()
    }
    said = {}
    for id, fitted in guided.stations.items() if guided else ():
        said[id] = fitted.newest(records.guidance[id])
    return InputReference.fit(records.stations, training, min(annual, _INPUT_HARMONICS), said)


def _fit_rain_days(records: Records, annual: int) -> dict[str, UsualRainDays]:
    """By station, how often its days were wet in the training hours."""
    histories = _training_hours(records)
    fitted = {}
    for station in records.stations:
        usual = UsualRainDays.fit(RainDays.of(histories[station.id], station), annual)
        if usual:
            fitted[station.id] = usual
    return fitted


def chosen_settings(split: Split, standardization: Standardization) -> dict[str, Any]:
    """What the record's length decided, or the settings did: the split's scheme, None where an
    older split.json doesn't tell, and the harmonics of the year."""
    climatologies = standardization.climatologies.values()
    return {
        "scheme": split.chosen.scheme if split.chosen else None,
        "cycle_d": split.chosen.cycle_d if split.chosen else None,
        "annual_harmonics": next(iter(climatologies)).channels[0].annual,
    }


def origin(records: Records, sources: list[Path]) -> dict[str, Any]:
    """Where a model comes from: the hash of its data and of the stage's own sources, and the
    libraries' versions."""
    return {
        "data": records.sha256,
        "code": artifacts.sha256(*sorted(sources)),
        "trained_on": trained_on(records.split, records.source),
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }


def _version(library: str) -> str:
    """The version without what a build adds to it: one and the same torch is `2.13.0+cpu` from its
    own index, and `2.13.0` from PyPI for macOS."""
    return importlib.metadata.version(library).partition("+")[0]


def trained_on(split: Split, source: str) -> dict[str, Any]:
    """What the manifest says of the hours that a split gives to training."""
    hours = [str(hour) for hour in itertools.chain.from_iterable(split.train)]
    return {
        "from": min(hours),
        "until": max(hours),
        "segments": len(split.train),
        "source": source,
    }


def seen_until(split: Split) -> str:
    """The end of the hours that a model of this split knows: it learned from them, or they stopped
    its training and calibrated it."""
    ends = [stop for _, stop in (*split.train, *split.validation)]
    return str(max(ends))


def save(folder: Path, onnx: bytes, manifest: Manifest, guided: Guided | None = None) -> None:
    """Put the model at `folder`, the whole of it or, if that fails, the one that was there
    before."""
    files = {ONNX: onnx, MANIFEST: artifacts.to_json(manifest.to_json())}
    if guided:
        files[GUIDANCE] = guidance_file.to_bytes(guided.stations)
    artifacts.write_folder(folder, files)


def save_table(path: Path, table: pd.DataFrame) -> None:
    """Put a small table at `path` as CSV, the same bytes for the same rows."""
    text = table.to_csv(index=False, lineterminator="\n")
    artifacts.write_bytes(path, text.encode())


def sources(paths: Paths) -> list[Path]:
    """The stage's own sources, as dvc.yaml lists them: its notebook and the modules it runs, in
    order."""
    root = paths.root
    files: list[Path] = []
    for dependency in declared_stages(root)["train"]["deps"]:
        path = root / dependency
        files += hashed_files(path, root) if path.is_dir() else [path]
    return sorted(path for path in files if path.suffix in (".py", ".ipynb"))


def settings_of(manifest: Manifest) -> Train:
    """The settings a model was trained with."""
    return checked(Train, manifest.origin["params"], where="the manifest's params")


def uncalibrated(
    onnx: bytes, records: Records, standardization: Standardization, settings: Train
) -> Manifest:
    """A network's manifest before anything is known of its errors: enough to run it."""
    return Manifest(
        onnx=_hash(onnx),
        stations=records.stations,
        standardization=standardization,
        calibration=Calibration.none(len(TARGETS), standardization.horizon_h),
        ranks=_no_ranks(settings.members),
        origin={},
    )


def validation_scores(quantiles: Floats, observed: Floats) -> dict[str, Any]:
    """Scores over the validation forecasts, in standard deviations of each variable."""
    mae = {}
    crps = {}
    for v, name in enumerate(TARGETS):
        of_target = quantiles[:, :, v]
        median = of_target[..., MEDIAN]
        verifying = observed[:, :, v]
        mae_by_lead = verification.mae(median, verifying)
        crps_by_lead = verification.crps(of_target, verifying)
        mae[name] = _known(mae_by_lead)
        crps[name] = _known(crps_by_lead)
    return {"windows": len(observed), "mae_sd": mae, "crps_sd": crps}


def _known(by_lead: Floats) -> dict[str, float] | None:
    """The score over each range of leads; None of a target that nobody reports."""
    if np.isnan(by_lead).all():
        return None
    means = verification.mean_by_lead_range(by_lead)
    return {name: round(mean, 4) for name, mean in means.items()}


def _no_ranks(members: int) -> Ranks:
    shape = (members, 1, len(TARGETS) + 1)
    return Ranks(np.zeros(shape, dtype=np.uint8))


def _hash(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
