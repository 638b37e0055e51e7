"""params.yaml as frozen models, and every path of the project in one place."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from wearcast.errors import ConfigError

G = TypeVar("G", bound="Group")
SourceName = Literal["sample", "files", "open_meteo", "kma"]

LIVE: tuple[SourceName, ...] = ("open_meteo", "kma")
"""The sources that ask a weather service."""

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9_./-]*)?")

HORIZON_H = 168
"""Hours a forecast reaches ahead: seven days, everywhere."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not an IANA time zone, such as Asia/Seoul")
    return name


def _plain_address(url: str) -> str:
    """A web address and nothing else: a key in it would end up in git."""
    if not _ADDRESS.fullmatch(url):
        # Its own type, so that no message repeats a key that somebody put there.
        raise PydanticCustomError(
            "address", "must be http(s)://host/path and nothing else; keys come from the environment, never from here"
        )
    return url


def _at_every_hour(step_h: int) -> int:
    """A step that comes round to every hour of the day: with a divisor in common with 24 it returns to the same few."""
    if math.gcd(step_h, 24) != 1:
        right = [h for h in range(1, 24) if math.gcd(h, 24) == 1]
        nearest = [*[h for h in right if h < step_h][-1:], *[h for h in right if h > step_h][:1]]
        met = 24 // math.gcd(step_h, 24)
        raise ValueError(
            f"a step of {step_h} hours meets the same {met} hours of every day and never the others; "
            f"give one that has no divisor in common with 24, such as {' or '.join(map(str, nearest))}"
        )
    return step_h


def _number_as_text(value: Any) -> Any:
    """YAML reads a station's number as one; a number with a leading zero has to be quoted by its writer."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


StationId = Annotated[str, BeforeValidator(_number_as_text)]
Address = Annotated[str, AfterValidator(_plain_address)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Period = tuple[date, date]
EveryH = Annotated[int, Field(ge=1, le=24), AfterValidator(_at_every_hour)]
"""Hours from one issue time to the next."""


class Group(BaseModel):
    """A group of params.yaml: frozen, and every key is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Station(Group):
    """A place where the weather is observed; latitude and longitude in degrees north and east."""

    id: StationId = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    name_en: str = Field(min_length=1)
    name_ko: str = Field(min_length=1)
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    elevation_m: float = Field(ge=-430, le=6000)
    time_zone: TimeZone

    @classmethod
    def known(cls, written: Mapping[str, Any]) -> "Station":
        """The station that another release wrote, without what only that release knows of it."""
        return cls.model_validate({name: value for name, value in written.items() if name in cls.model_fields})

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the station's days begin."""
        return ZoneInfo(self.time_zone)


class Files(Group):
    """How to read a person's own files: a column and unit map, or nothing for a Korean portal export."""

    path: Path
    columns: dict[str, str] = {}
    units: dict[str, str] = {}
    time_zone: TimeZone | None = None
    station: str | None = None
    encoding: str | None = None


class OpenMeteo(Group):
    """Where Open-Meteo answers; another address than these serves one's own server, or a test's."""

    archive_url: Address = "https://archive-api.open-meteo.com/v1/archive"
    forecast_url: Address = "https://api.open-meteo.com/v1/forecast"
    geocoding_url: Address = "https://geocoding-api.open-meteo.com/v1/search"


class Kma(Group):
    """Where the Korea Meteorological Administration answers: data.go.kr up to yesterday, its apihub up to now."""

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
            raise ValueError(f'source {self.source} reaches back for decades, so start must say from which day on, such as "2021-01-01"')
        return self


class Blocks(Group):
    """A cycle of training, validation and test blocks, repeated through the record."""

    cycle_d: int = Field(ge=21, le=366)
    validation_d: int = Field(ge=8)
    test_d: int = Field(ge=8)


class Periods(Group):
    """Explicit periods of whole days; the second date of each is the day after its last."""

    train: list[Period] = []
    validation: list[Period] = []
    test: list[Period] = []

    @model_validator(mode="after")
    def _in_order(self) -> "Periods":
        for start, stop in (*self.train, *self.validation, *self.test):
            if start >= stop:
                raise ValueError(f"the period from {start} is over on {stop}, before it begins")
        return self


class Preprocess(Group):
    """Quality control, and which hours train, validate and test."""

    fill_h: int = Field(ge=0, le=6)
    scheme: Literal["blocks", "periods"]
    margin_h: int = Field(ge=HORIZON_H, le=24 * 90)
    blocks: Blocks
    periods: Periods


class Train(Group):
    """The climatology, the network and its training."""

    history_h: int = Field(ge=48, le=336, multiple_of=24)
    every_h: EveryH
    annual_harmonics: int = Field(ge=1, le=4)
    diurnal_harmonics: int = Field(ge=1, le=6)
    drift_days: int = Field(ge=1, le=365)
    drift_shrink_h: float = Field(gt=0)
    folds: int = Field(ge=2, le=10)
    hidden: int = Field(ge=4, le=512)
    dropout: float = Field(ge=0, lt=1)
    input_noise: float = Field(ge=0, le=1)
    weight_decay: float = Field(ge=0, le=1)
    learning_rate: float = Field(gt=0, le=0.1)
    batch: int = Field(ge=8, le=4096)
    epochs: int = Field(ge=1, le=200)
    patience: int = Field(ge=1)
    members: int = Field(ge=10, le=200)
    seed: int = Field(ge=0, lt=2**31)


class Evaluate(Group):
    """How the forecasts are verified."""

    period: Literal["validation", "test"]
    every_h: EveryH
    bootstrap: int = Field(ge=100, le=100_000)
    seed: int = Field(ge=0, lt=2**31)


class Forecast(Group):
    """Which forecast the pipeline makes at its end."""

    issued_at: datetime | None

    @model_validator(mode="after")
    def _whole_hour(self) -> "Forecast":
        at = self.issued_at
        if at is not None and (at.tzinfo is None or at != at.replace(minute=0, second=0, microsecond=0)):
            raise ValueError(f"issued_at {at} must be a whole hour with a zone, such as 2013-12-30T23:00Z")
        return self

    @property
    def issued_at_utc(self) -> datetime | None:
        """The issue time in UTC, None for the last hour observed."""
        return self.issued_at.astimezone(UTC) if self.issued_at else None


class Params(Group):
    """The whole of params.yaml: one group a stage, named as the stage is."""

    ingest: Ingest
    preprocess: Preprocess
    train: Train
    evaluate: Evaluate
    forecast: Forecast


STAGES: tuple[str, ...] = tuple(Params.model_fields)
"""The pipeline's stages in their order."""


@dataclass(frozen=True)
class Paths:
    """Where everything of the project lies; dvc.yaml says the same, and a test compares them."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Paths":
        """The project around `start` (default: the working folder): the nearest folder upwards with a params.yaml."""
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "params.yaml").is_file():
                return cls(folder)
        raise ConfigError(f"no params.yaml in {here} or above it. Run inside a Wearcast project.")

    @property
    def params(self) -> Path:
        """The experiment's parameters."""
        return self.root / "params.yaml"

    @property
    def raw(self) -> Path:
        """Observations as the source gave them: a folder a station, a file a month."""
        return self.root / "data/raw"

    @property
    def processed(self) -> Path:
        """What quality control made of them, and the split."""
        return self.root / "data/processed"

    @property
    def snapshot(self) -> Path:
        """The forecast the pipeline ends with."""
        return self.root / "data/forecast/snapshot.npz"

    @property
    def model(self) -> Path:
        """The tracked model: all that inference needs."""
        return self.root / "models/forecaster"

    @property
    def metrics(self) -> Path:
        """The few scores that experiments are compared by."""
        return self.root / "reports/metrics.json"

    @property
    def verification(self) -> Path:
        """All scores on the evaluated period, of every method."""
        return self.root / "reports/verification.json"

    @property
    def quality(self) -> Path:
        """What quality control found, station by station."""
        return self.root / "reports/quality.json"

    @property
    def plots(self) -> Path:
        """Small tables that `dvc plots` draws."""
        return self.root / "reports/plots"

    @property
    def notebooks(self) -> Path:
        """The source notebooks, committed clean."""
        return self.root / "notebooks"

    @property
    def executed(self) -> Path:
        """Executed notebooks and their HTML."""
        return self.root / "reports/notebooks"


def read_groups(path: Path) -> dict[str, Any]:
    """The groups of params.yaml as they stand there, once the whole file is known to be valid.

    Raises:
        ConfigError: the file can't be read, or a key is unknown, missing or out of range.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} can't be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold the groups {', '.join(STAGES)}")
    checked(Params, content, where=str(path))
    return content


def checked(model: type[G], values: Any, where: str) -> G:
    """`values` as the frozen `model`; `where` names their origin in the error.

    Raises:
        ConfigError: a key is unknown, missing or out of range; the message names each.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [f"  {_dotted(e['loc'])}: {_plain(e)}" for e in error.errors()]
        raise ConfigError("\n".join([f"{where} is not valid:", *lines])) from error


def _dotted(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location) or "(the whole)"


def _plain(error: Any) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "unknown key; is it misspelt?"
        case "missing":
            return "is missing"
        case "address":
            return str(error["msg"])
        case _:
            return f"{str(error['msg']).removeprefix('Value error, ')} (is {error['input']!r})"
