"""Small tables of observations, and the stations they belong to."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from fakes.kma import Korea, korea
from wearcast.config import Station
from wearcast.weather.observations import conform
from wearcast.weather.stations import resolve

Table = Callable[..., pd.DataFrame]


def build(station: str = "108", start: str = "2021-06-01T00", **columns: Any) -> pd.DataFrame:
    """A raw table of consecutive hours with these columns; `hours` says how many where no column
    does."""
    length = columns.pop("hours", None) or max(len(values) for values in columns.values())
    valid_at = pd.date_range(start, periods=length, freq="h", tz="UTC")
    return conform(pd.DataFrame({"station": station, "valid_at": valid_at, **columns}))


@pytest.fixture(scope="session")
def table() -> Table:
    return build


@pytest.fixture(scope="session")
def seoul() -> Station:
    return resolve(["108"])[0]


@pytest.fixture(scope="session")
def new_york() -> list[Station]:
    return resolve(["EWR", "JFK", "LGA"])


@pytest.fixture(scope="module")
def services() -> Iterator[Korea]:
    """Both of Korea's services, for a module."""
    with korea() as running:
        yield running
