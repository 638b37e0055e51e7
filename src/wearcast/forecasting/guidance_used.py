"""What a station's forecast was made from besides the station's past: the newest run of each
numerical model that was used, and how far ahead."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", re.ASCII)
_FORM = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True)
class GuidanceRun:
    """A run of a numerical model.

    Attributes:
        model: the model's name, as its source has it.
        issued_from, issued_until: bounds of when it started, UTC; alike where that is known.
    """

    model: str
    issued_from: datetime
    issued_until: datetime

    def to_json(self) -> dict[str, str]:
        """For the header of a snapshot."""
        return {
            "model": self.model,
            "issued_from": f"{self.issued_from:{_FORM}}",
            "issued_until": f"{self.issued_until:{_FORM}}",
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "GuidanceRun":
        """The one that `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is another thing.
        """
        run = cls(
            model=_name(content["model"]),
            issued_from=_minute(content["issued_from"]),
            issued_until=_minute(content["issued_until"]),
        )
        if run.issued_from > run.issued_until:
            raise ValueError(f"a run of {run.model} ends before it starts")
        return run


@dataclass(frozen=True)
class GuidanceUsed:
    """The numerical forecasts that went into a station's forecast.

    Attributes:
        source: who gave them, such as open_meteo.
        runs: the newest run of each model that was used, in the models' order.
        missing: models that the station's guidance was fitted with, but of which nothing usable
            was there.
        reach_h: the last lead with guidance of the temperature; 0 where there is none.
        rain_reach_h: the last lead whose rain is forecast from guidance; 0 where there is none.
    """

    source: str
    runs: tuple[GuidanceRun, ...]
    missing: tuple[str, ...]
    reach_h: int
    rain_reach_h: int

    def to_json(self) -> dict[str, Any]:
        """For the header of a snapshot."""
        return {
            "source": self.source,
            "runs": [run.to_json() for run in self.runs],
            "missing": list(self.missing),
            "reach_h": self.reach_h,
            "rain_reach_h": self.rain_reach_h,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "GuidanceUsed":
        """The one that `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is another thing.
        """
        return cls(
            source=_name(content["source"]),
            runs=tuple(GuidanceRun.from_json(run) for run in _list(content["runs"])),
            missing=tuple(_name(model) for model in _list(content["missing"])),
            reach_h=_lead_h(content["reach_h"]),
            rain_reach_h=_lead_h(content["rain_reach_h"]),
        )


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value:
        raise ValueError(f"{value!r} is no name")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _lead_h(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no number of hours")
    return value


def _minute(text: str) -> datetime:
    if not _MINUTE.fullmatch(text):
        raise ValueError(f"{text!r} is no time such as 2026-11-29T06:00Z")
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
