"""Prometheus' metrics of what past forecasts were worth, as the refresh found when observations
came."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from wearcast.variables import VARIABLES

_BASE_UNITS: Final = {
    "°C": ("celsius", 1.0),
    "m/s": ("meters_per_second", 1.0),
    "%": ("ratio", 0.01),
}
"""By a variable's unit, what Prometheus calls it, and the factor to that."""

_METHODS: Final = {
    "forecast": "",
    "persistence": "persistence_",
    "climatology": "climatology_",
}
"""By the label's value, what the names of the scores begin with."""

_LABELS: Final = ("variable", "leads", "days")


def of_past_forecasts(live_verification: Mapping[str, Any] | None) -> Iterator[Metric]:
    """Mean errors and biases, the share of observations in the 80 % interval, the Brier score of
    rain, and the number of pairs, over all stations, by variable, range of leads in hours and
    number of days.

    Args:
        live_verification: by station, as the refresh publishes it; None where it isn't known.
    """
    means = _over_stations((live_verification or {}).values())
    of_rain = {labels: scores for labels, scores in means.items() if "brier" in scores}
    yield _gauge(
        "wearcast_forecast_verified_pairs",
        "Pairs of a forecast and an observation that the scores are means of.",
        _named(means, "pairs"),
    )
    yield _gauge(
        "wearcast_forecast_interval_coverage_ratio",
        "Share of observations within the 80 % interval; 0.8 is right.",
        _named(means, "coverage_80"),
    )
    yield _gauge(
        "wearcast_forecast_rain_bias_ratio",
        "Mean chance of rain in an hour minus the share of wet hours.",
        _named(of_rain, "bias"),
    )
    yield _by_method(
        "wearcast_forecast_rain_brier_score",
        "Mean squared error of the chance of rain in an hour, beside persistence and climatology.",
        of_rain,
        "brier",
    )
    for unit, (base_unit, factor) in _BASE_UNITS.items():
        of_unit = {labels: scores for labels, scores in means.items() if _unit(labels[0]) == unit}
        yield _by_method(
            f"wearcast_forecast_absolute_error_{base_unit}",
            "Mean absolute error of the median, beside persistence and climatology.",
            of_unit,
            "mae",
            factor,
        )
        biases = _named(of_unit, "bias")
        yield _gauge(
            f"wearcast_forecast_bias_{base_unit}",
            "Mean of forecast minus observation.",
            {labels: factor * bias for labels, bias in biases.items()},
        )


Labels = tuple[str, ...]
Means = dict[Labels, dict[str, float]]
"""By variable, range of leads and number of days the mean scores, as the refresh names them."""


def _over_stations(stations: Iterable[Mapping[str, Any]]) -> Means:
    """The means over all stations, a pair of a forecast and an observation weighing the same
    everywhere."""
    by_labels: dict[Labels, list[Mapping[str, float]]] = {}
    for labels, scores in _scores(stations):
        of_labels = by_labels.setdefault(labels, [])
        of_labels.append(scores)
    means: Means = {}
    for labels, of_labels in by_labels.items():
        means[labels] = _weighted_mean(of_labels)
    return means


def _weighted_mean(of_stations: list[Mapping[str, float]]) -> dict[str, float]:
    """The number of pairs, and the mean of every other score weighted by it."""
    pairs = sum(scores["pairs"] for scores in of_stations)
    means = {}
    for name in of_stations[0]:
        total = 0.0
        for scores in of_stations:
            total += scores["pairs"] * scores[name]
        means[name] = total / pairs
    means["pairs"] = pairs
    return means


def _scores(
    stations: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[Labels, Mapping[str, float]]]:
    """Every station's; none of a refresh of an older release."""
    for station in stations:
        last_days = station.get("last_days", {})
        for days, by_variable in last_days.items():
            for variable, by_leads in by_variable.items():
                for leads, scores in by_leads.items():
                    labels = (variable, leads, days)
                    yield labels, scores


def _unit(variable: str) -> str:
    """The unit's symbol; none of rain, nor of a variable that a later release verifies."""
    if variable not in VARIABLES:
        return ""
    return VARIABLES[variable].metric.unit


def _named(means: Means, name: str) -> dict[Labels, float]:
    """One of the scores, where there is one."""
    found = {}
    for labels, scores in means.items():
        if name in scores:
            found[labels] = scores[name]
    return found


def _by_method(
    name: str, documentation: str, means: Means, error: str, factor: float = 1.0
) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=(*_LABELS, "method"))
    for method, prefix in _METHODS.items():
        of_method = _named(means, f"{prefix}{error}")
        for labels, mean in of_method.items():
            value = factor * mean
            family.add_metric([*labels, method], value)
    return family


def _gauge(name: str, documentation: str, values: Mapping[Labels, float]) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=_LABELS)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
