"""How good the advice is, in the users' terms: for past evenings, what was advised beside what the
weather then asked for.

Every driver drives the same advice for the same days, and the prototype's rule reads our forecast's
daily mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.clothing.comfort import required_clo
from wearcast.clothing.dressing import Dressed
from wearcast.clothing.hindcast_cases import (
    AGAIN,
    DAYS_AHEAD,
    NETWORK,
    PERSON,
    USUAL,
    Evening,
    Place,
)
from wearcast.clothing.ladders import Outfit, ladder
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.weather_input import Weather
from wearcast.config import Evaluate, Station
from wearcast.errors import ModelError
from wearcast.forecasting import verification as v
from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.split import Role, Split
from wearcast.vocabulary import UMBRELLA_CHANCE, WET_MM

PROTOTYPE: Final = "prototype"
OBSERVED: Final = "observed"
DRIVERS: Final = {
    NETWORK: "our forecast",
    AGAIN: "persistence (last day)",
    USUAL: "climatology + drift",
    PROTOTYPE: "the prototype's rule",
    OBSERVED: "the weather itself",
}
"""What drives the advice, in words. The last shows what even perfect forecasts leave: not
everything comes off outdoors."""

SCORES: Final = {
    "clo_error": "clo error",
    "hours_off": "hours off",
    "hours_too_cold": "too cold",
    "hours_too_warm": "too warm",
    "umbrella_hit": "umbrella hits",
    "umbrella_false_alarm": "false alarms",
}
"""What is scored, in words: clo; shares of hours outdoors, too cold or too warm together and apart;
of wet days; of dry ones."""

JUDGED_BY: Final = ("clo_error", "hours_off", "umbrella_hit", "umbrella_false_alarm")
"""The scores that a short table and the verdict tell."""

MORE_IS_BETTER: Final = frozenset({"umbrella_hit"})

OFF_CLO: Final = 0.3
"""An hour in clothes further than this from what it asks for is too cold or too warm: 7 °C."""

RULE_EDGES_C: Final = (5.0, 10.0, 20.0, 28.0)
"""The prototype's bands of the daily mean; an edge belongs to the colder one."""

RULE_CENTRES_C: Final = (0.0, 7.5, 15.0, 24.0, 30.0)
_RIVALS: Final = (AGAIN, USUAL, PROTOTYPE)
_DIGITS = 3

Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Judged:
    """Scores of N evenings' advice.

    Attributes:
        issued_at: UTC, (N,).
        scores: by score and driver, (N, len(DAYS_AHEAD)), NaN where an evening tells nothing of it.
    """

    issued_at: Hours
    scores: Mapping[str, Mapping[str, Floats]]

    def metrics(self, settings: Evaluate) -> dict[str, Any]:
        """Every score by driver and day ahead, and by how much our forecast's differs from each
        rival's, with intervals."""
        return {
            "evenings": len(self.issued_at),
            "scores": {
                s: {name: self._by_day(told, settings) for name, told in of.items()}
                for s, of in self.scores.items()
            },
            "network_minus": {
                s: {
                    name: self._by_day(of[NETWORK] - of[name], settings)
                    for name in _RIVALS
                    if name in of
                }
                for s, of in self.scores.items()
            },
        }

    def _by_day(self, score: Floats, settings: Evaluate) -> dict[str, dict[str, float | None]]:
        days = zip(DAYS_AHEAD, score.T, strict=True)
        return {
            f"day_{day}": (
                v.mean_with_interval(of, self.issued_at, settings.bootstrap, settings.seed).to_json(
                    _DIGITS
                )
            )
            for day, of in days
        }


def judge(
    stations: Sequence[Station],
    histories: Mapping[str, History],
    split: Split,
    forecaster: Forecaster,
    role: Role,
) -> Judged:
    """Judge the advice of every evening of the role's hours; `histories` holds each station's whole
    record by its id.

    Raises:
        ModelError: no evening has a whole past and a whole week after it.
    """
    places = [Place(station, histories[station.id], split, forecaster) for station in stations]
    evenings = [
        (evening.issued_at, _of_evening(evening))
        for place in places
        for evening in place.evenings(role)
    ]
    if not evenings:
        raise ModelError(
            f"no {role} evening has a whole past and a whole week after it. Give a longer record or"
            " another split."
        )
    return Judged(np.array([at for at, _ in evenings]), _stacked([days for _, days in evenings]))


def _of_evening(evening: Evening) -> list[Scores]:
    return [scored(came, told) for came, told in zip(evening.came, evening.told, strict=True)]


def _stacked(evenings: Sequence[Sequence[Scores]]) -> dict[str, dict[str, Floats]]:
    return {
        score: {
            name: np.array([[day[name][score] for day in days] for days in evenings])
            for name, told in evenings[0][0].items()
            if score in told
        }
        for score in SCORES
    }


def scored(came: Weather, told: Mapping[str, Weather]) -> dict[str, dict[str, float]]:
    """The scores of one day's advice by driver.

    Args:
        came: the day's weather as it was, one member.
        told: the weather that each driver foretold; `network` is one of them.
    """
    truth = _dressed(came)
    advised = {name: _dressed(weather) for name, weather in told.items()}
    ours = advised[NETWORK]
    ruled = _by_the_rule(told[NETWORK])
    return {
        **{name: _scores(truth, dressed) for name, dressed in advised.items()},
        PROTOTYPE: {
            "clo_error": _clo_error(truth, ruled),
            **_hours_off(truth, ours, _nearest(ruled, ours.needs.hourly_clo)),
        },
        OBSERVED: _hours_off(truth, truth, _worn(truth)),
    }


def _scores(truth: Dressed, advised: Dressed) -> dict[str, float]:
    return {
        "clo_error": _clo_error(truth, advised.outfit),
        **_hours_off(truth, advised, _worn(advised)),
        **_umbrella(_wet(truth.needs.weather), advised.needs.wet_chance_outdoors),
    }


def _dressed(weather: Weather) -> Dressed:
    return Dressed.of(Needs.of(weather, PERSON), ladder(PERSON.style))


def _by_the_rule(weather: Weather) -> Outfit:
    """Our outfit for a calm, dry hour in the middle of the prototype's band."""
    mean_c = np.median(weather.members["temp_c"].mean(axis=1))
    centre_c = RULE_CENTRES_C[int(np.searchsorted(RULE_EDGES_C, mean_c, side="left"))]
    return ladder(PERSON.style).at(
        float(required_clo(np.asarray(centre_c), PERSON.activity, PERSON.sensitivity))
    )


def _worn(dressed: Dressed) -> Floats:
    """The insulation of what is on hour by hour, as the timeline says."""
    on: Floats = dressed.outfit.clo_by_state[dressed.states]
    return on


def _nearest(outfit: Outfit, needed_clo: Floats) -> Floats:
    """The same where layers come off whenever that is nearer to what our forecast asks for: the
    prototype told nobody so much."""
    on: Floats = outfit.clo_by_state[
        np.abs(outfit.clo_by_state[:, None] - needed_clo).argmin(axis=0)
    ]
    return on


def _clo_error(truth: Dressed, outfit: Outfit) -> float:
    return abs(outfit.clo - truth.outfit.clo)


def _hours_off(truth: Dressed, advised: Dressed, worn_clo: Floats) -> dict[str, float]:
    """The shares of hours outdoors in clothes that were wrong by more than `OFF_CLO`; NaN where
    they share no hour."""
    _, came, told = np.intersect1d(
        truth.needs.weather.valid_at, advised.needs.weather.valid_at, return_indices=True
    )
    more = worn_clo[told] - truth.needs.hourly_clo[came]
    cold, warm = (
        float(off.mean()) if len(off) else np.nan for off in (more < -OFF_CLO, more > OFF_CLO)
    )
    return {"hours_off": cold + warm, "hours_too_cold": cold, "hours_too_warm": warm}


def _wet(came: Weather) -> float:
    """1 where an hour was wet, 0 where none was, NaN where nobody knows."""
    if (came.members["precip_mm"] >= WET_MM).any():
        return 1.0
    return 0.0 if np.isfinite(came.members["precip_mm"]).all() else np.nan


def _umbrella(wet: float, chance: float) -> dict[str, float]:
    """Whether an umbrella is advised, told of wet days (a hit) and of dry ones (a false alarm), NaN
    of the others."""
    advised = np.nan if np.isnan(chance) else float(chance >= UMBRELLA_CHANCE)
    return {
        "umbrella_hit": advised if wet == 1 else np.nan,
        "umbrella_false_alarm": advised if wet == 0 else np.nan,
    }


def table(
    metrics: Mapping[str, Any], scores: Sequence[str] = tuple(SCORES)
) -> list[dict[str, str]]:
    """The scores in words, a row a driver, each on days 1, 3 and 7; `metrics` as
    reports/verification.json holds them."""
    return [
        {"advice driven by": label, **_row(metrics, name, scores)}
        for name, label in DRIVERS.items()
    ]


def _row(metrics: Mapping[str, Any], name: str, scores: Sequence[str]) -> dict[str, str]:
    told = {
        SCORES[score]: _in_words(score, metrics["clothing"]["scores"][score].get(name))
        for score in scores
    }
    return {"right band": _in_words("band", metrics["bands"].get(name)), **told}


def _in_words(score: str, by_day: Mapping[str, Mapping[str, float | None]] | None) -> str:
    values = [by_day[f"day_{day}"]["value"] for day in DAYS_AHEAD] if by_day else []
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    clo = score == "clo_error"
    told = "/".join(
        "–" if value is None else f"{value:.2f}" if clo else f"{100 * value:.0f}"
        for value in values
    )
    return told if clo else f"{told} %"


def differences(metrics: Mapping[str, Any], score: str) -> list[dict[str, str]]:
    """By how much our forecast's score differs from each rival's, in the score's unit, with 95 %
    intervals: a row a rival."""
    minus = metrics["clothing"]["network_minus"][score]
    heading = f"{SCORES[score]}: our forecast minus …"
    return [
        {
            heading: DRIVERS[name],
            **{f"day {day}": _interval(by_day[f"day_{day}"]) for day in DAYS_AHEAD},
        }
        for name, by_day in minus.items()
    ]


def _interval(difference: Mapping[str, float | None]) -> str:
    value, low, high = (difference[key] for key in ("value", "low", "high"))
    return "–" if value is None else f"{value:+.2f} ({low:+.2f} … {high:+.2f})"


def verdict(metrics: Mapping[str, Any]) -> list[str]:
    """What our forecast is better and worse at than each rival, in sentences, from the metrics
    alone."""
    minus = metrics["clothing"]["network_minus"]
    told = {
        name: [
            _compared(score, minus[score][name])
            for score in JUDGED_BY
            if name in minus.get(score, {})
        ]
        for name in _RIVALS
    }
    return [
        f"Beside {DRIVERS[name]}, {'; '.join(compared)}."
        for name, compared in told.items()
        if compared
    ]


def _compared(score: str, by_day: Mapping[str, Mapping[str, float | None]]) -> str:
    kinds: dict[str, list[str]] = {
        "better": [],
        "worse": [],
        "the same within the noise": [],
        "unknown": [],
    }
    for day, difference in by_day.items():
        kinds[_kind(score, difference)].append(day.removeprefix("day_"))
    said = [
        f"{kind} on {'days' if len(days) > 1 else 'day'} {', '.join(days)}"
        for kind, days in kinds.items()
        if days
    ]
    return f"{SCORES[score]}: {', '.join(said)}"


def _kind(score: str, difference: Mapping[str, float | None]) -> str:
    low, high = difference["low"], difference["high"]
    if low is None or high is None:
        return "unknown"
    if low <= 0 <= high:
        return "the same within the noise"
    return "better" if (low > 0) == (score in MORE_IS_BETTER) else "worse"
