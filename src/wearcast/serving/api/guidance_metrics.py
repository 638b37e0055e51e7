"""Prometheus' metrics of the numerical forecasts behind the snapshot that is served."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from wearcast.forecasting.snapshot import Snapshot


def of_guidance(snapshot: Snapshot, now: datetime) -> Iterable[Metric]:
    """How old each model's newest run is, at how many stations it is missing, and how many are
    forecast from their past alone.

    Of a run whose start isn't known exactly, the age is that of the latest it can be.
    """
    newest: dict[str, datetime] = {}
    missing: dict[str, int] = {}
    for used in snapshot.guidance:
        if used is None:
            continue
        for run in used.runs:
            known = newest.get(run.model, run.issued_until)
            newest[run.model] = max(known, run.issued_until)
            missing.setdefault(run.model, 0)
        for model in used.missing:
            missing[model] = missing.get(model, 0) + 1
    ages = GaugeMetricFamily(
        "wearcast_guidance_run_age_seconds",
        "Since a numerical model's newest run that is used started.",
        labels=("model",),
    )
    for model, issued_until in sorted(newest.items()):
        age = now - issued_until
        ages.add_metric([model], age.total_seconds())
    yield ages
    gaps = GaugeMetricFamily(
        "wearcast_guidance_missing_stations",
        "Stations whose forecast lacks a numerical model that it was fitted with.",
        labels=("model",),
    )
    for model, stations in sorted(missing.items()):
        gaps.add_metric([model], stations)
    yield gaps
    yield GaugeMetricFamily(
        "wearcast_stations_from_past_alone",
        "Stations whose forecast is made without numerical forecasts.",
        snapshot.guidance.count(None),
    )
