"""Prometheus' metrics of how refreshes ended, as the refresh leaves them in the store."""

from collections.abc import Iterator, Mapping

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)

from wearcast.serving.store.refresh_totals import OUTCOMES, SCORES, Counts, RefreshTotals


def of_refreshes(totals: RefreshTotals) -> Iterator[Metric]:
    """How many ended in which way, how often a source gave a station nothing, and of the last ones
    when they ended, how long they took and with which model.

    Every outcome has a sample from the beginning, so that a first failure is an increase.
    """
    outcomes = CounterMetricFamily(
        "wearcast_refreshes", "Refreshes by how they ended.", labels=("outcome",)
    )
    for outcome in OUTCOMES:
        outcomes.add_metric([outcome], totals.outcomes.get(outcome, 0))
    yield outcomes
    errors = CounterMetricFamily(
        "wearcast_refresh_errors", "Refreshes that ended in an error.", labels=("error",)
    )
    for error, count in sorted(totals.errors.items()):
        errors.add_metric([error], count)
    yield errors
    yield _failures(
        "wearcast_source_failures",
        "How often a refresh had no observations of a station.",
        totals.source_failures,
    )
    yield _failures(
        "wearcast_guidance_failures",
        "Questions to a source of numerical forecasts that had no answer.",
        totals.guidance_failures,
    )
    unscored = CounterMetricFamily(
        "wearcast_score_failures",
        "Refreshes that published without the scores of past forecasts or advice.",
        labels=("scores",),
    )
    for name in SCORES:
        unscored.add_metric([name], totals.score_failures.get(name, 0))
    yield unscored
    if totals.model is not None:
        labels = {
            "version": totals.model.version,
            "trained_until": totals.model.trained_until,
            "guidance": "yes" if totals.model.has_guidance else "no",
        }
        yield InfoMetricFamily("wearcast_model", "What refreshes forecast with.", labels)
    if totals.ended_at is not None:
        yield GaugeMetricFamily(
            "wearcast_refresh_last_end_timestamp_seconds",
            "When the last refresh ended, however it did.",
            totals.ended_at.timestamp(),
        )
        yield GaugeMetricFamily(
            "wearcast_refresh_last_duration_seconds",
            "How long the last refresh took.",
            totals.last_s,
        )
    if totals.succeeded_at is not None:
        yield GaugeMetricFamily(
            "wearcast_refresh_last_success_timestamp_seconds",
            "When the last refresh ended that published or found nothing new.",
            totals.succeeded_at.timestamp(),
        )
        yield GaugeMetricFamily(
            "wearcast_refresh_left_out_stations",
            "Stations that the last successful refresh left out.",
            totals.left_out,
        )


def _failures(name: str, documentation: str, by_source: Mapping[str, Counts]) -> Metric:
    family = CounterMetricFamily(name, documentation, labels=("source", "error"))
    for source, by_error in sorted(by_source.items()):
        for error, count in sorted(by_error.items()):
            family.add_metric([source, error], count)
    return family
