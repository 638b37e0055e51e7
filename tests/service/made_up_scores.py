"""Made-up scores, as the API answers them: of the test period, of the last two weeks, and the
model's card."""

import math
from datetime import date, datetime, timedelta
from typing import Any, Final

RANGES: Final = ("1-24", "25-72", "73-168", "all")
_METHODS: Final = {
    "persistence": 1.6,
    "seasonal_naive": 1.5,
    "climatology": 1.7,
    "climatology_drift": 1.6,
    "damped_anomaly": 1.2,
    "ridge": 1.05,
    "network": 1.0,
}
"""Each method's error as a multiple of ours."""

_ERRORS_C: Final = (2.2, 2.8, 3.1, 2.9)
_SERIES_H: Final = 168


def verification(umbrella_hit: float = 0.0, bias_c: float = 1.1) -> dict[str, Any]:
    """The scores of the test period, with figures' tables."""
    mae = {
        name: {
            leads: round(times * error, 2) for leads, error in zip(RANGES, _ERRORS_C, strict=True)
        }
        for name, times in _METHODS.items()
    }
    against = {
        name: {leads: {"value": -20.0, "low": -40.0, "high": 3.0} for leads in RANGES}
        for name in _METHODS
        if name != "network"
    }
    scores = {
        "forecasts": 378,
        "independent_blocks": 4,
        "from": "2013-03-11T23",
        "until": "2013-12-16T23",
        "temp_c": {
            "mae": mae,
            "bias": {"network": dict.fromkeys(RANGES, bias_c)},
            "coverage_80": {"network": dict.fromkeys(RANGES, 0.83)},
        },
        "network_against": against,
        "bands": {"network": _by_day(0.7, 0.61, 0.56)},
        "clothing": {"scores": _advice(umbrella_hit), "certainty": _certainty()},
    }
    return {"verification": scores, "plots": {}}


def _advice(umbrella_hit: float) -> dict[str, Any]:
    return {
        "hours_off": {"network": _by_day(0.02, 0.08, 0.14)},
        "umbrella_hit": {"network": _by_day(umbrella_hit, umbrella_hit, 0.0)},
        "umbrella_false_alarm": {"network": _by_day(0.05, 0.0, 0.0)},
    }


def _by_day(*values: float) -> dict[str, Any]:
    return {
        day: {"value": value, "low": max(0.0, value - 0.2), "high": min(1.0, value + 0.2)}
        for day, value in zip(("day_1", "day_3", "day_7"), values, strict=True)
    }


def _certainty() -> list[dict[str, float]]:
    return [
        {"said_from": 0.6, "said_to": 0.7, "days": 32, "said": 0.66, "right": 0.75},
        {"said_from": 0.7, "said_to": 0.8, "days": 27, "said": 0.74, "right": 0.9},
    ]


def recent(until: datetime, hours: int = _SERIES_H) -> dict[str, Any]:
    """The live verification of the last two weeks, with the last hours before `until`."""
    score = {
        "hours": 300,
        "mae_c": 1.9,
        "bias_c": -0.4,
        "coverage_80": 0.78,
        "persistence_mae_c": 3.2,
    }
    found = {
        "forecasts": 56,
        "from": f"{until - timedelta(days=14):%Y-%m-%dT%H:00Z}",
        "until": f"{until:%Y-%m-%dT%H:00Z}",
        "leads": dict.fromkeys(RANGES, score),
        "series": [_hour(until - timedelta(hours=back)) for back in reversed(range(hours))],
    }
    return {"verification": found}


def _hour(at: datetime) -> dict[str, Any]:
    """An hour whose observation leaves the range now and then."""
    forecast_c = 12 + 6 * math.cos(2 * math.pi * (at.hour - 6) / 24)
    off_c = 2.8 * math.sin(at.timestamp() / 3600 / 9)
    return {
        "valid_at": f"{at:%Y-%m-%dT%H:00Z}",
        "lead_h": 24,
        "observed_c": round(forecast_c + off_c, 2),
        "p10_c": round(forecast_c - 2.2, 2),
        "p50_c": round(forecast_c, 2),
        "p90_c": round(forecast_c + 2.2, 2),
    }


def model_card() -> dict[str, Any]:
    """The model's card."""
    return {
        "version": "tested",
        "trained_on": {
            "start": "2013-01-01T07:00Z",
            "until": "2013-11-12T23:00Z",
            "source": "sample",
            "segments": 4,
        },
        "stations": [{"name_en": "Seoul", "name_ko": "서울"}],
        "history_h": 168,
        "horizon_h": 168,
        "data": "sha256:0000000000000000",
        "code": "sha256:1111111111111111",
        "onnx": "sha256:2222222222222222",
        "libraries": {"torch": "2.13.0"},
        "validation": {
            "windows": 411,
            "mae_sd": {"temp_c": dict.fromkeys(RANGES, 0.4), "wind_ms": dict.fromkeys(RANGES, 0.7)},
        },
        "params": {"hidden": 32, "dropout": 0.1},
    }


def last_two_weeks(until: date, better: bool = True) -> dict[str, Any]:
    """What the live verification tells of the last two weeks; without `better`, the chances of rain
    were no better than climatology's."""
    temperature = {
        "pairs": 5_040,
        "mae": 1.4,
        "persistence_mae": 3.1,
        "climatology_mae": 2.9,
        "bias": 0.2,
        "coverage_80": 0.83,
    }
    rain = {
        "pairs": 5_040,
        "brier": 0.08 if better else 0.14,
        "persistence_brier": 0.15,
        "climatology_brier": 0.12,
        "bias": 0.0,
    }
    days = [until - timedelta(days=before) for before in range(14, 0, -1)]
    of_two_weeks = {
        "temp_c": dict.fromkeys(("1-6", "7-24", "25-48", "all"), temperature),
        "rain": dict.fromkeys(("1-6", "7-24", "25-48", "all"), rain),
    }
    return {
        "last_days": {"14": of_two_weeks},
        "forecast_by_day": [
            {
                "on": day.isoformat(),
                "pairs": 300,
                "mae": 1.01 + 0.1 * number,
                "persistence_mae": 2.5,
                "climatology_mae": 3.21 - 0.1 * number,
            }
            for number, day in enumerate(days)
        ],
        "numerical_models": {
            "ecmwf_ifs025": {
                "7-24": {"pairs": 100, "mae": 1.7, "our_mae": 1.2},
                "25-48": {"pairs": 300, "mae": 2.1, "our_mae": 1.6},
            },
            "gfs_seamless": {"7-24": {"pairs": 90, "mae": 2.2, "our_mae": 1.2}},
        },
        "last_days_advice": {"14": {"days": 14, "right_said": 0.82, "right": 0.86}},
        "advice_by_day": [
            {"on": day.isoformat(), "right_said": 0.62 + 0.025 * number, "right": 0.9}
            for number, day in enumerate(days)
        ],
    }
