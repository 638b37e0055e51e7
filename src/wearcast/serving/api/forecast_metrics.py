"""Prometheus' metrics of what past forecasts and advice were worth, as the refresh found when
observations came."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from wearcast.serving.api.published_metrics import Tally
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
_ADVICE_LABELS: Final = ("days",)
_RAIN_DAY_LABELS: Final = ("leads", "days")
_KEPT_DAYS: Final = "14"
"""The label of what is told day by day: so many days the refresh keeps."""

Labels = tuple[str, ...]
Means = dict[Labels, dict[str, float]]
"""By labels' values the mean scores, as the refresh names them."""

Scores = tuple[Labels, Mapping[str, float]]
"""Those of a station, by its labels' values."""


class PastForecasts(Tally):
    """Mean errors and biases, the share of observations in the 80 % interval, the Brier score of
    rain, and the number of pairs, over all stations, by variable, range of leads in hours and
    number of days."""

    def __init__(self) -> None:
        self._means = _WeightedMeans("pairs")

    def add(self, station: Mapping[str, Any]) -> None:
        """Count the scores of another station in."""
        self._means.add(_scores(station))

    def families(self) -> Iterator[Metric]:
        """The families of all stations."""
        means = self._means.found()
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
            "Mean squared error of the chance of rain in an hour, beside persistence and"
            " climatology.",
            of_rain,
            "brier",
        )
        for unit, (base_unit, factor) in _BASE_UNITS.items():
            of_unit = {
                labels: scores for labels, scores in means.items() if _unit(labels[0]) == unit
            }
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


class VerifiedDays(Tally):
    """How many of the last days have a temperature, at whatever station, that was forecast up to
    24 hours before; none before there is one."""

    def __init__(self) -> None:
        self._days: set[str] = set()

    def add(self, station: Mapping[str, Any]) -> None:
        """Count the days of another station in."""
        self._days |= {day["on"] for day in station.get("forecast_by_day", [])}

    def families(self) -> Iterator[Metric]:
        """The family of all stations."""
        yield _gauge(
            "wearcast_forecast_verified_days",
            "Days, UTC, that have pairs of a forecast and an observation.",
            {(_KEPT_DAYS,): len(self._days)} if self._days else {},
            ("days",),
        )


class PastRainDays(Tally):
    """Over all stations and by range of leads in days and number of days, the Brier score of the
    chance of a wet day, and the number of forecasts of a day."""

    def __init__(self) -> None:
        self._means = _WeightedMeans("days")

    def add(self, station: Mapping[str, Any]) -> None:
        """Count the scores of another station in."""
        self._means.add(_rain_day_scores(station))

    def families(self) -> Iterator[Metric]:
        """The families of all stations."""
        means = self._means.found()
        yield _gauge(
            "wearcast_forecast_rain_day_verified_days",
            "Forecasts of days of stations that the Brier scores of rain days are means of.",
            _named(means, "days"),
            _RAIN_DAY_LABELS,
        )
        yield _by_method(
            "wearcast_forecast_rain_day_brier_score",
            "Mean squared error of the chance of a wet day, beside persistence and climatology.",
            means,
            "brier",
            labels=_RAIN_DAY_LABELS,
        )


class PastAdvice(Tally):
    """Over all stations and by number of days, how far outfits were from those that the weather
    asked for, how often they were right beside how sure the advice had been, and the number of
    days judged."""

    def __init__(self) -> None:
        self._means = _WeightedMeans("days")

    def add(self, station: Mapping[str, Any]) -> None:
        """Count the scores of another station in."""
        self._means.add(_advice_scores(station))

    def families(self) -> Iterator[Metric]:
        """The families of all stations."""
        means = self._means.found()
        yield _gauge(
            "wearcast_advice_judged_days",
            "Days of stations that the scores of the advice are means of.",
            _named(means, "days"),
            _ADVICE_LABELS,
        )
        yield _by_method(
            "wearcast_advice_absolute_error_clo",
            "Mean difference in insulation between the outfit advised the evening before and the"
            " one that the observed weather asks for.",
            means,
            "clo_error",
            labels=_ADVICE_LABELS,
        )
        yield _gauge(
            "wearcast_advice_said_right_ratio",
            "Share of hours outdoors that the advice said to be right.",
            _named(means, "right_said"),
            _ADVICE_LABELS,
        )
        yield _gauge(
            "wearcast_advice_right_ratio",
            "Share of hours outdoors in which the advice was right.",
            _named(means, "right"),
            _ADVICE_LABELS,
        )


class _WeightedMeans:
    """Means over all stations, each with the weight that one of its scores is."""

    def __init__(self, weight: str) -> None:
        self._weight = weight
        self._totals: Means = {}

    def add(self, of_station: Iterable[Scores]) -> None:
        """Count the scores of another station in."""
        for labels, scores in of_station:
            total = self._totals.setdefault(labels, dict.fromkeys(scores, 0.0))
            for name in total:
                share = 1.0 if name == self._weight else scores[self._weight]
                total[name] += share * scores[name]

    def found(self) -> Means:
        """The means."""
        means: Means = {}
        for labels, total in self._totals.items():
            weights = total[self._weight]
            means[labels] = {name: value / weights for name, value in total.items()}
            means[labels][self._weight] = weights
        return means


def _scores(station: Mapping[str, Any]) -> Iterator[Scores]:
    """A station's of its forecasts; none of a refresh of an older release."""
    for days, by_variable in station.get("last_days", {}).items():
        for variable, by_leads in by_variable.items():
            for leads, scores in by_leads.items():
                yield (variable, leads, days), scores


def _advice_scores(station: Mapping[str, Any]) -> Iterator[Scores]:
    """A station's of its advice, where a day was judged."""
    for days, scores in station.get("last_days_advice", {}).items():
        if scores:
            yield (days,), scores


def _rain_day_scores(station: Mapping[str, Any]) -> Iterator[Scores]:
    """A station's of its rain days."""
    for days, by_leads in station.get("last_days_rain", {}).items():
        for leads, scores in by_leads.items():
            yield (leads, days), scores


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
    name: str,
    documentation: str,
    means: Means,
    error: str,
    factor: float = 1.0,
    labels: Labels = _LABELS,
) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=(*labels, "method"))
    for method, prefix in _METHODS.items():
        of_method = _named(means, f"{prefix}{error}")
        for values, mean in of_method.items():
            family.add_metric([*values, method], factor * mean)
    return family


def _gauge(
    name: str, documentation: str, values: Mapping[Labels, float], labels: Labels = _LABELS
) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for of_labels, value in values.items():
        family.add_metric(of_labels, value)
    return family
