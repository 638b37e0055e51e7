"""The group `ingest`: where the observations and the numerical forecasts come from."""

import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator
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


def _require_one_each(columns: dict[str, str | list[str]], times: tuple[str, ...]) -> None:
    """Refuse several columns, or none, for what isn't one of the times."""
    for ours, theirs in columns.items():
        if isinstance(theirs, list) and (ours not in times or not theirs):
            raise ValueError(
                f"columns.{ours}: give one column; only {', '.join(times)} may be several, such as"
                " [date, hour]"
            )


class Files(Group):
    """How to read a person's own files: a column and unit map, or nothing for a Korean portal
    export.

    Attributes:
        missing: words and numbers that stand for missing, beside those that everybody uses.
        blank_rain: what a blank amount of rain means; asked for where both may be meant.
    """

    path: Annotated[Path, AfterValidator(_findable)]
    columns: dict[str, str | list[str]] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    time_zone: TimeZone | None = None
    time_format: str | None = None
    station: StationId | None = None
    encoding: str | None = None
    missing: list[str | float] = Field(default_factory=list)
    blank_rain: Literal["none", "unknown"] | None = None

    @model_validator(mode="after")
    def _one_column_each(self) -> "Files":
        _require_one_each(self.columns, ("valid_at",))
        return self

    @property
    def time_columns(self) -> list[str]:
        """The columns that make up `valid_at`; none where the map doesn't say."""
        theirs = self.columns.get("valid_at", [])
        return theirs if isinstance(theirs, list) else [theirs]

    @property
    def value_columns(self) -> dict[str, str]:
        """All other columns of the map."""
        return {
            ours: theirs
            for ours, theirs in self.columns.items()
            if isinstance(theirs, str) and ours != "valid_at"
        }


class OpenMeteo(Group):
    """Where Open-Meteo answers; another address than these serves one's own server, or a test's."""

    archive_url: Address = "https://archive-api.open-meteo.com/v1/archive"
    forecast_url: Address = "https://api.open-meteo.com/v1/forecast"
    geocoding_url: Address = "https://geocoding-api.open-meteo.com/v1/search"
    previous_runs_url: Address = "https://previous-runs-api.open-meteo.com/v1/forecast"
    metadata_url: Address = "https://api.open-meteo.com/data"


class Kma(Group):
    """Where the Korea Meteorological Administration answers: of observations, data.go.kr up to
    yesterday and its apihub up to now; of its short-term forecast, either."""

    data_url: Address = "https://apis.data.go.kr/1360000/AsosHourlyInfoService/getWthrDataList"
    hub_url: Address = "https://apihub.kma.go.kr/api/typ01/url"
    forecast_url: Address = (
        "https://apis.data.go.kr/1360000/VilageFcstInfoService_2.0/getVilageFcst"
    )
    hub_forecast_url: Address = (
        "https://apihub.kma.go.kr/api/typ02/openApi/VilageFcstInfoService_2.0/getVilageFcst"
    )


GuidanceSourceName = Literal["open_meteo", "kma", "files"]

_MODEL = re.compile(r"[a-z0-9_]{1,64}")
_CHANGING_MODEL = "best_match"


def _lasting_model(name: str) -> str:
    """The name of one model: what trains must be what serves."""
    if not _MODEL.fullmatch(name):
        raise ValueError(f"{name!r} is no model's name, such as ecmwf_ifs025")
    if name == _CHANGING_MODEL:
        raise ValueError(
            "best_match is another model from day to day and from place to place, so that what"
            " trains isn't what serves; name models, such as ecmwf_ifs025"
        )
    return name


ModelName = Annotated[str, AfterValidator(_lasting_model)]


_FORECAST_TIMES = ("valid_at", "issued_at", "available_at")


class GuidanceFiles(Group):
    """How to read a person's own table of numerical forecasts: a column and unit map, or nothing
    for the Korean portal's archive.

    Attributes:
        missing: words and numbers that stand for missing, beside those that everybody uses.
    """

    path: Annotated[Path, AfterValidator(_findable)]
    columns: dict[str, str | list[str]] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    time_format: str | None = None
    station: StationId | None = None
    model: ModelName | None = None
    encoding: str | None = None
    missing: list[str | float] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_column_each(self) -> "GuidanceFiles":
        _require_one_each(self.columns, _FORECAST_TIMES)
        return self

    @property
    def time_columns(self) -> dict[str, list[str]]:
        """For each time of the map the columns that make it up."""
        times = {}
        for ours, theirs in self.columns.items():
            if ours in _FORECAST_TIMES:
                times[ours] = theirs if isinstance(theirs, list) else [theirs]
        return times

    @property
    def value_columns(self) -> dict[str, str]:
        """All other columns of the map."""
        return {
            ours: theirs
            for ours, theirs in self.columns.items()
            if isinstance(theirs, str) and ours not in _FORECAST_TIMES
        }


class Guidance(Group):
    """Which numerical forecasts go into the forecast beside a station's own past; none where source
    is null."""

    source: GuidanceSourceName | None = None
    models: list[ModelName] = Field(
        default_factory=lambda: ["ecmwf_ifs025", "gfs_seamless", "icon_seamless"], min_length=1
    )
    start: date | None = None
    files: GuidanceFiles

    @model_validator(mode="after")
    def _each_once(self) -> "Guidance":
        if len(set(self.models)) < len(self.models):
            raise ValueError(f"names a model twice: {', '.join(self.models)}")
        return self


_SAMPLE = Path("src/wearcast/weather/sample")
_NO_GUIDANCE = Guidance(files=GuidanceFiles(path=_SAMPLE))


def _kind_of_station(value: Any) -> str:
    """Whether a station is named or described: what is wrong with one isn't told as the other's."""
    return "id" if isinstance(value, str | int | float) else "station"


_NamedStation = Annotated[StationId, Tag("id")]
_DescribedStation = Annotated[Station, Tag("station")]
AnyStation = Annotated[_NamedStation | _DescribedStation, Discriminator(_kind_of_station)]


class Ingest(Group):
    """Where the observations and the numerical forecasts come from."""

    source: SourceName
    stations: list[AnyStation] = Field(min_length=1)
    start: date | None
    end: date | None
    files: Files
    guidance: Guidance = _NO_GUIDANCE
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
