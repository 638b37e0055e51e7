"""What a model must be before its forecasts are worth judging: whole, finite, deterministic, blind
to the future, no older than the champion, small and fast enough."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from wearcast import artifacts
from wearcast.config import Gate
from wearcast.forecasting.array_types import Floats, Positions
from wearcast.forecasting.forecaster import Forecaster, Marginals
from wearcast.forecasting.history import History
from wearcast.forecasting.manifest import ONNX
from wearcast.forecasting.processed_data import Records
from wearcast.retraining.check import Check
from wearcast.retraining.judging_period import seen_until
from wearcast.retraining.paired_forecasts import Prepared, common_stations, issue_positions
from wearcast.variables import VARIABLES

_PROBES = 16
"""Issue times at which a model is run again, spread over the period."""

_RUNS = 9
"""Of each model when they are timed, in turns. The processor's time counts, of the fastest: what
else runs on the machine makes none of them slow."""


@dataclass(frozen=True)
class Model:
    """A model on disk and at work."""

    folder: Path
    forecaster: Forecaster

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """Load a folder; its hashes are compared.

        Raises:
            ModelError: it is incomplete, or its files aren't those of its manifest.
        """
        intact = artifacts.intact_folder(folder)
        return cls(intact, Forecaster.load(intact))

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(path.stat().st_size for path in self.folder.iterdir())


def soundness_checks(
    champion: Model, challenger: Model, records: Records, settings: Gate
) -> Iterator[Check]:
    """A check for each property; `records` with the judging period as their test hours."""
    yield _stations_check(champion.forecaster, challenger.forecaster)
    yield weights_check(challenger)
    yield _newness_check(champion.forecaster, challenger.forecaster)
    probes = _probes(records, champion.forecaster, challenger.forecaster)
    yield _finite_check(probes)
    yield _determinism_check(challenger, probes)
    yield _causality_check(records, probes)
    yield size_check(champion, challenger, settings)
    yield _speed_check(probes, settings)


@dataclass(frozen=True)
class _Probe:
    """Some issue times of a station, from which both models forecast."""

    history: History
    champion: Prepared
    challenger: Prepared
    at: Positions


def _probes(records: Records, champion: Forecaster, challenger: Forecaster) -> list[_Probe]:
    probes = []
    for station in common_stations(records, champion, challenger):
        at = issue_positions(records, station, champion, challenger)
        if not len(at):
            continue
        count = min(_PROBES, len(at))
        spread = np.linspace(0, len(at) - 1, count).astype(np.int64)
        probe = _Probe(
            history=records.histories[station.id],
            champion=Prepared.of(records, station, champion),
            challenger=Prepared.of(records, station, challenger),
            at=at[spread],
        )
        probes.append(probe)
    return probes


def _stations_check(champion: Forecaster, challenger: Forecaster) -> Check:
    known = challenger.manifest.standardization.climatologies
    wanted = champion.manifest.standardization.climatologies
    lacking = [id for id in wanted if id not in known]
    found = f"{len(known)} of them"
    if lacking:
        found = f"without {', '.join(lacking)}"
    return Check(
        name="stations",
        passed=not lacking,
        found=found,
        wanted="all of the champion's",
    )


def weights_check(challenger: Model) -> Check:
    """Every number of the network is finite."""
    network = onnx.load(challenger.folder / ONNX)
    weights = [numpy_helper.to_array(each) for each in network.graph.initializer]
    count = sum(each.size for each in weights)
    wrong = 0
    for each in weights:
        if each.dtype.kind == "f":
            wrong += int(np.sum(~np.isfinite(each)))
    found = f"{count:,}, all finite"
    if wrong:
        found = f"{wrong:,} of {count:,} aren't finite"
    return Check(
        name="weights",
        passed=wrong == 0,
        found=found,
        wanted="finite",
    )


def _newness_check(champion: Forecaster, challenger: Forecaster) -> Check:
    """Another network than the champion's, and none from before it."""
    theirs, ours = seen_until(champion.manifest), seen_until(challenger.manifest)
    found = f"has seen the record until {ours}"
    if ours < theirs:
        found = f"{found}, the champion until {theirs}: an older model"
    is_same = champion.manifest.onnx == challenger.manifest.onnx
    return Check(
        name="newness",
        passed=bool(ours >= theirs) and not is_same,
        found="the champion's own network" if is_same else found,
        wanted="another network, no older than the champion",
    )


def _finite_check(probes: list[_Probe]) -> Check:
    """Forecasts are finite of what a station reports, and quantiles in their order."""
    wrong = sum(_strange_values(probe) for probe in probes)
    found = f"finite and in order at {len(probes)} stations"
    if wrong or not probes:
        found = f"{wrong:,} values can't be" if probes else "none can be made"
    return Check(
        name="forecasts",
        passed=bool(probes) and not wrong,
        found=found,
        wanted="finite, quantiles in order",
    )


def _strange_values(probe: _Probe) -> int:
    ours = probe.challenger
    climatologies = ours.forecaster.manifest.standardization.climatologies
    reported = climatologies[ours.station.id].reported
    marginals = ours.run(probe.at)
    wrong = 0
    for name, quantiles in marginals.quantiles.items():
        if name in reported:
            wrong += int(np.sum(~np.isfinite(quantiles)))
            wrong += int(np.sum(np.diff(quantiles, axis=-1) < 0))
    if "log_rain" in reported:
        wrong += int(np.sum(~np.isfinite(marginals.hourly_rain_chance)))
    return wrong


def _determinism_check(challenger: Model, probes: list[_Probe]) -> Check:
    """A second load gives the same bits."""
    again = Forecaster.load(challenger.folder)
    same = True
    for probe in probes:
        ours = probe.challenger
        other = replace(ours, forecaster=again)
        same = same and _equal(ours.run(probe.at), other.run(probe.at))
    return Check(
        name="determinism",
        passed=same,
        found="the same bits" if same else "loaded again, it forecasts otherwise",
        wanted="the same bits when it is loaded again",
    )


def _causality_check(records: Records, probes: list[_Probe]) -> Check:
    """Forecasts from the middle of the period don't change when all hours after it do."""
    blind = all(_is_blind(records, probe) for probe in probes)
    return Check(
        name="causality",
        passed=blind,
        found="blind to later hours" if blind else "forecasts change with later hours",
        wanted="the same forecast whatever comes after it",
    )


def _is_blind(records: Records, probe: _Probe) -> bool:
    ours = probe.challenger
    middle = len(probe.at) // 2
    now = probe.at[middle]
    at = np.array([now])
    changed = with_other_future(probe.history, int(now))
    histories = {**records.histories, ours.station.id: changed}
    other_records = replace(records, histories=histories)
    other = Prepared.of(other_records, ours.station, ours.forecaster)
    return _equal(ours.run(at), other.run(at))


def with_other_future(history: History, now: int) -> History:
    """The same record up to a position, and other possible values after it: each variable's
    mirrored within its range."""
    is_later = np.arange(len(history)) > now
    values = {}
    for name, known in history.values.items():
        variable = VARIABLES[name]
        mirrored = variable.low + variable.high - known
        values[name] = np.where(is_later, mirrored, known)
    return replace(history, values=values)


def size_check(champion: Model, challenger: Model, settings: Gate) -> Check:
    """A model's files beside another's."""
    ratio = challenger.bytes / champion.bytes
    return Check(
        name="size",
        passed=ratio <= settings.most_size,
        found=f"{challenger.bytes / 1e6:.2f} MB, a ratio of {ratio:.2f}",
        wanted=f"at most {settings.most_size:g} times the other model",
        numbers={"value": ratio},
    )


def _speed_check(probes: list[_Probe], settings: Gate) -> Check:
    theirs = [(probe.champion, probe.at) for probe in probes]
    ours = [(probe.challenger, probe.at) for probe in probes]
    theirs_s = ours_s = float("inf")
    for _ in range(_RUNS):
        theirs_s = min(theirs_s, _time_s(theirs))
        ours_s = min(ours_s, _time_s(ours))
    ratio = ours_s / theirs_s
    return Check(
        name="speed",
        passed=ratio <= settings.most_time,
        found=f"{ratio:.2f} of the champion's processor time",
        wanted=f"at most {settings.most_time:g} of it",
        numbers={"value": ratio},
    )


def _time_s(runs: list[tuple[Prepared, Positions]]) -> float:
    began = time.process_time()
    for prepared, at in runs:
        prepared.run(at)
    return time.process_time() - began


def _equal(some: Marginals, others: Marginals) -> bool:
    pairs = zip(_arrays(some), _arrays(others), strict=True)
    return all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


def _arrays(marginals: Marginals) -> list[Floats]:
    return [
        *marginals.quantiles.values(),
        marginals.hourly_rain_chance,
        marginals.rain_log_mm,
    ]
