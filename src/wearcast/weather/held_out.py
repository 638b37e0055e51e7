"""Stations that are observed and controlled but train nothing: places to judge a model at that it
has never seen."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.config import Station
from wearcast.errors import ConfigError
from wearcast.weather.observations import write_parquet
from wearcast.weather.stations import write_stations

FOLDER: Final = "held_out"
"""Of data/processed, where any station is held out."""


def apart(
    stations: Sequence[Station], held_out: Sequence[str]
) -> tuple[list[Station], list[Station]]:
    """The stations that train, and those that are held out.

    Raises:
        ConfigError: one to hold out isn't there, or none is left to train on.
    """
    ids = [station.id for station in stations]
    unknown = sorted(set(held_out) - set(ids))
    if unknown:
        raise ConfigError(
            f"preprocess.hold_out names {unknown[0]}, which is not among the stations:"
            f" {', '.join(ids)}."
        )
    kept = [station for station in stations if station.id not in held_out]
    if not kept:
        raise ConfigError("preprocess.hold_out leaves no station to train on. Name fewer.")
    return kept, [station for station in stations if station.id in held_out]


def rows_of(observations: pd.DataFrame, stations: Sequence[Station]) -> pd.DataFrame:
    """Some stations' observations."""
    is_theirs = observations["station"].isin([station.id for station in stations])
    return observations[is_theirs].reset_index(drop=True)


def write(folder: Path, observations: pd.DataFrame, stations: Sequence[Station]) -> None:
    """Put the observations of held-out stations beside those that train, in a folder of their own;
    with none, none is left there."""
    own = folder / FOLDER
    if not stations:
        shutil.rmtree(own, ignore_errors=True)
        return
    write_parquet(own / "observations.parquet", observations)
    write_stations(own / "stations.json", stations)
