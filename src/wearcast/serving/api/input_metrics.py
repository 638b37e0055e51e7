"""Prometheus' metrics of the observations behind the snapshot that is served."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from wearcast.forecasting.array_types import Flags
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.snapshot import OBSERVED_H, Snapshot
from wearcast.forecasting.snapshot_parts import parts_of
from wearcast.serving.api.published_metrics import Tally


def of_inputs(snapshot: Snapshot) -> Iterator[Metric]:
    """The shares of the last hours up to the issue time that lack a variable, over the stations
    that report it, and that quality control filled, over all."""
    missing = GaugeMetricFamily(
        "wearcast_input_missing_ratio",
        f"Share of the last {OBSERVED_H} observed hours without the variable, where a station"
        " reports it.",
        labels=("variable",),
    )
    for name in (*TARGETS, "precip_mm"):
        is_missing = [_missing(part, name) for part in parts_of(snapshot)]
        hours = np.concatenate(is_missing)
        if hours.size:
            missing.add_metric([name], float(hours.mean()))
    yield missing
    yield GaugeMetricFamily(
        "wearcast_input_filled_ratio",
        f"Share of the last {OBSERVED_H} observed hours with a value that quality control filled.",
        float(np.mean(snapshot.filled)),
    )


def _missing(snapshot: Snapshot, name: str) -> Flags:
    """Which observed hours lack a variable, of the stations that report it: (stations,
    OBSERVED_H)."""
    is_forecast = np.isfinite(snapshot.quantiles[name])
    is_reported = is_forecast.any(axis=(1, 2))
    return np.isnan(snapshot.observed[name][is_reported])


class InputDrift(Tally):
    """How far the newest observations are from those of the training hours, by variable and check,
    of the station that is the farthest: an alarm from 1 on."""

    def __init__(self) -> None:
        self._worst: dict[tuple[str, str], float] = {}

    def add(self, station: Mapping[str, Any]) -> None:
        """Count another station in."""
        for variable, by_check in station.get("input_drift", {}).items():
            for check, found in by_check.items():
                key = (variable, check)
                self._worst[key] = max(self._worst.get(key, 0.0), found["score"])

    def families(self) -> Iterator[Metric]:
        """The family of all stations."""
        drift = GaugeMetricFamily(
            "wearcast_input_drift_score",
            "How far the newest observations are from those of the training hours, of the worst"
            " station; an alarm from 1 on.",
            labels=("variable", "check"),
        )
        for labels, score in self._worst.items():
            drift.add_metric(labels, score)
        yield drift
