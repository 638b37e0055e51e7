"""The group `ingest`: where the observations come from."""

import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from wearcast.config.group import Group
from wearcast.config.station import Station, StationId, TimeZone

SourceName = Literal["sample", "files", "open_meteo", "kma"]

LIVE: tuple[SourceName, ...] = ("open_meteo", "kma")
"""The sources that ask a weather service."""

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9_./-]*)?")


def _plain_address(url: str) -> str:
    """A web address and nothing else: a key in it would end up in git."""
    if not _ADDRESS.fullmatch(url):
        # Its own type, so that no message repeats a key that somebody put there.
        raise PydanticCustomError(
            "address",
            "must be http(s)://host/path and nothing else; keys come from the environment, never"
            " from here",
        )
    return url


Address = Annotated[str, AfterValidator(_plain_address)]


def _findable(path: Path) -> Path:
    """A path that every clone of the project finds by the same name."""
    if not unicodedata.is_normalized("NFC", str(path)):
        raise ValueError(
            "has letters in pieces (NFD), as macOS and some archives name files, which another"
            " machine may not find; rename it to plain letters, such as data/seoul, `dvc add` it,"
            " and give that path"
        )
    return path


class Files(Group):
    """How to read a person's own files: a column and unit map, or nothing for a Korean portal
    export."""

    path: Annotated[Path, AfterValidator(_findable)]
    columns: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    time_zone: TimeZone | None = None
    station: str | None = None
    encoding: str | None = None


class OpenMeteo(Group):
    """Where Open-Meteo answers; another address than these serves one's own server, or a test's."""

    archive_url: Address = "https://archive-api.open-meteo.com/v1/archive"
    forecast_url: Address = "https://api.open-meteo.com/v1/forecast"
    geocoding_url: Address = "https://geocoding-api.open-meteo.com/v1/search"


class Kma(Group):
    """Where the Korea Meteorological Administration answers: data.go.kr up to yesterday, its apihub
    up to now."""

    data_url: Address = "https://apis.data.go.kr/1360000/AsosHourlyInfoService/getWthrDataList"
    hub_url: Address = "https://apihub.kma.go.kr/api/typ01/url"


class Ingest(Group):
    """Where the observations come from."""

    source: SourceName
    stations: list[StationId | Station] = Field(min_length=1)
    start: date | None
    end: date | None
    files: Files
    open_meteo: OpenMeteo = OpenMeteo()
    kma: Kma = Kma()

    @model_validator(mode="after")
    def _in_order(self) -> "Ingest":
        if self.start and self.end and self.start >= self.end:
            raise ValueError(f"start {self.start} is not before end {self.end}")
        if self.source in LIVE and not self.start:
            raise ValueError(
                f"source {self.source} reaches back for decades, so start must say from which day"
                ' on, such as "2021-01-01"'
            )
        return self
