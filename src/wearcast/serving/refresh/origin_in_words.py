"""What the forecasts of a refresh were made from, in words for its log."""

from collections.abc import Mapping

from wearcast.forecasting.guidance_used import GuidanceUsed
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.made_from import models_in_words, runs_in_words

_PAST = "the stations' past alone"


def origins(snapshot: Snapshot) -> dict[str, int]:
    """The numerical models and their runs, such as: ECMWF, GFS and ICON, runs of 06 UTC; of how
    many stations each is true, in the order of the stations."""
    stations: dict[str, int] = {}
    for used in snapshot.guidance:
        text = _of_station(used)
        stations[text] = stations.get(text, 0) + 1
    return stations


def origin_in_words(stations: Mapping[str, int]) -> str:
    """What `origins` found in words; where stations differ, with how many each is true of."""
    if len(stations) == 1:
        return next(iter(stations))
    parts = [f"{text} ({_counted(count)})" for text, count in stations.items()]
    return "; ".join(parts)


def _of_station(used: GuidanceUsed | None) -> str:
    if used is None:
        return _PAST
    # Without an hour of now each run has its date: the log is read days later, too.
    text = runs_in_words("en", used.runs, usual=None)
    if used.missing:
        missing = models_in_words("en", used.missing)
        text += f", without {missing}"
    return text


def _counted(stations: int) -> str:
    return f"{stations} station{'s' * (stations > 1)}"
