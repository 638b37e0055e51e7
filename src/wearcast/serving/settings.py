"""The deployment's settings: environment variables `WEARCAST_…`, checked at the start, none read at
import."""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from wearcast.config import Group, Paths, SourceName
from wearcast.errors import ConfigError

PREFIX: Final = "WEARCAST_"
_TEST_VARIABLES: Final = {"WEARCAST_TEST_DATA", "WEARCAST_REQUIRE_REAL_PARTS"}
_DURATION: Final = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_BUCKET: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.'()=-]+)*/?")
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
_ROOT_PATH: Final = re.compile(r"(/[A-Za-z0-9_.~-]+)*")
_API: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9_.~-]+)*/?")


def duration(value: Any) -> Any:
    """A length of time as people write it: 15s, 90m, 1h, 7d."""
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip())
    if not found:
        raise ValueError(f"{value!r} is no length of time; write it as 15s, 90m, 1h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _store_url(url: str) -> str:
    """A place for snapshots: a folder, as a path or file:///…, or s3://bucket/prefix."""
    if url.startswith("s3://"):
        if not _BUCKET.fullmatch(url):
            raise ValueError(
                "must be s3://bucket/prefix and nothing else; credentials come from AWS's own"
                " settings, never from here"
            )
        return url.rstrip("/")
    path = url.removeprefix("file://")
    if "://" in path or not path:
        raise ValueError("must be a folder, file:///folder or s3://bucket/prefix")
    if url.startswith("file://") and not path.startswith("/"):
        raise ValueError(
            "must be file:/// and an absolute path; write a relative one without file://"
        )
    return path


def _split_origins(value: Any) -> Any:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError(
            f"{value!r} is no origin, such as https://example.org; name each one, * is not accepted"
        )
    return value


def _root_path(value: str) -> str:
    if not _ROOT_PATH.fullmatch(value):
        raise ValueError(f"{value!r} is no path prefix, such as /api")
    return value


def _base_url(value: str) -> str:
    return _root_path(value.rstrip("/")) or "/"


def _api(value: str) -> str:
    if value and not _API.fullmatch(value):
        raise ValueError(
            "must be an address such as http://127.0.0.1:8000, without user, password or query"
        )
    return value.rstrip("/")


Duration = Annotated[timedelta, BeforeValidator(duration)]


class Deployment(Group):
    """Where things are, how often they are renewed, and what a client may ask.

    Attributes:
        store: where snapshots are published: a folder, or s3://bucket/prefix.
        history: the observations that refresh keeps for itself.
        model: the tracked model.
        reports: its scores and plots.
        source: where observations come from; None for what params.yaml says.
        refresh_every: how often a new snapshot is expected.
        stale_after: the age from which a forecast is called stale.
        oldest_observation: no forecast is published from observations older than this.
        keep: snapshots kept in the store.
        snapshot_schema: the newest schema of snapshots that every reader of the store can read;
            None where all are of this release. A rollout gives it to refresh, so that the release
            before can still read what is published.
        revalidate_every: how often the API looks for a new snapshot.
        store_timeout: how long one answer of the store may take.
        host, port: where the API listens.
        root_path: the prefix that a proxy strips.
        cors_origins: whose pages may call the API from a browser.
        max_body_bytes: of a request.
        max_forecasts: this many requests with a body are computed at a time.
        receive_timeout: how long a request's body may take to arrive.
        shutdown_timeout: how long requests may take to finish when the service ends.
        log_level: of the JSON log.
        api: where the dashboard asks; empty for this machine's port 8000 if it answers, else no
            service at all.
        dashboard_host, dashboard_port: where the dashboard listens.
        dashboard_base_url: the path that it is at, which a proxy leaves as it is.
        dashboard_pool: kernels that wait for visitors.
        dashboard_kernels: kernels there may be at a time, the waiting ones among them.
        dashboard_cull_after: how long a kernel is kept that its visitor has left.
    """

    store: Annotated[str, AfterValidator(_store_url)] = "data/serving/store"
    history: Path = Path("data/serving/history")
    model: Path = Path("models/forecaster")
    reports: Path = Path("reports")
    source: SourceName | None = None
    refresh_every: Duration = Field(
        default=timedelta(hours=1), ge=timedelta(seconds=1), le=timedelta(days=1)
    )
    stale_after: Duration = Field(
        default=timedelta(hours=3), ge=timedelta(seconds=1), le=timedelta(days=7)
    )
    oldest_observation: Duration = Field(
        default=timedelta(hours=12), ge=timedelta(hours=1), le=timedelta(days=36_500)
    )
    keep: int = Field(default=336, ge=2, le=5_000)
    snapshot_schema: int | None = Field(default=None, ge=1)
    revalidate_every: Duration = Field(
        default=timedelta(seconds=15), ge=timedelta(seconds=1), le=timedelta(hours=1)
    )
    store_timeout: Duration = Field(
        default=timedelta(seconds=5), ge=timedelta(seconds=1), le=timedelta(minutes=5)
    )
    host: str = Field(default="127.0.0.1", pattern=r"^[A-Za-z0-9.:-]+$")
    port: int = Field(default=8000, ge=1, le=65_535)
    root_path: Annotated[str, AfterValidator(_root_path)] = ""
    cors_origins: Annotated[
        tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(_split_origins)
    ] = ()
    max_body_bytes: int = Field(default=4_000_000, ge=10_000, le=50_000_000)
    max_forecasts: int = Field(default=2, ge=1, le=64)
    receive_timeout: Duration = Field(
        default=timedelta(seconds=10), ge=timedelta(seconds=1), le=timedelta(minutes=5)
    )
    shutdown_timeout: Duration = Field(
        default=timedelta(seconds=15), ge=timedelta(seconds=1), le=timedelta(minutes=10)
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    api: Annotated[str, AfterValidator(_api)] = ""
    dashboard_host: str = Field(default="127.0.0.1", pattern=r"^[A-Za-z0-9.:-]+$")
    dashboard_port: int = Field(default=8501, ge=1, le=65_535)
    dashboard_base_url: Annotated[str, AfterValidator(_base_url)] = "/"
    dashboard_pool: int = Field(default=2, ge=0, le=32)
    dashboard_kernels: int = Field(default=24, ge=1, le=500)
    dashboard_cull_after: Duration = Field(
        default=timedelta(minutes=5), ge=timedelta(seconds=1), le=timedelta(days=1)
    )

    @model_validator(mode="after")
    def _check_proportions(self) -> "Deployment":
        if self.stale_after <= self.refresh_every:
            raise ValueError(
                f"WEARCAST_STALE_AFTER ({self.stale_after}) must be longer than"
                f" WEARCAST_REFRESH_EVERY ({self.refresh_every}), or every forecast would be called"
                " stale before the next one comes"
            )
        if self.dashboard_pool > self.dashboard_kernels:
            raise ValueError(
                f"WEARCAST_DASHBOARD_POOL ({self.dashboard_pool}) can't be more than"
                f" WEARCAST_DASHBOARD_KERNELS ({self.dashboard_kernels})"
            )
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], root: Path) -> "Deployment":
        """The settings that the variables `WEARCAST_…` give; an empty one counts as not set,
        relative paths start at `root`.

        Raises:
            ConfigError: naming each variable that is unknown or whose value can't be meant.
        """
        given = {
            name: value
            for name, value in environment.items()
            if name.startswith(PREFIX) and name not in _TEST_VARIABLES
        }
        try:
            found = cls.model_validate(
                {
                    name.removeprefix(PREFIX).lower(): value
                    for name, value in given.items()
                    if value != ""
                }
            )
        except ValidationError as error:
            raise ConfigError(
                "\n".join(
                    [
                        "the environment is not valid:",
                        *(f"  {_describe(e)}" for e in error.errors()),
                    ]
                )
            ) from error
        return found._with_absolute_paths(root)

    def _with_absolute_paths(self, root: Path) -> "Deployment":
        paths = {name: root / getattr(self, name) for name in ("history", "model", "reports")}
        return self.model_copy(
            update={**paths, "store": self.store if self.in_bucket else str(root / self.store)}
        )

    @property
    def in_bucket(self) -> bool:
        """Whether snapshots are kept in a bucket, not in a folder."""
        return self.store.startswith("s3://")


def deployment_settings(**options: str) -> Deployment:
    """The settings of this process; `options` that aren't empty stand for variables of theirs.

    Raises:
        ConfigError: a variable isn't valid.
    """
    try:
        root = Paths.find().root
    except ConfigError:
        # A service needs no params.yaml: where there is none, paths start at the working folder.
        root = Path.cwd()
    return Deployment.from_environment(
        {**os.environ, **{name: value for name, value in options.items() if value}}, root
    )


def _describe(error: Any) -> str:
    if not error["loc"]:
        return str(error["msg"]).removeprefix("Value error, ")
    variable = PREFIX + str(error["loc"][0]).upper()
    match error["type"]:
        case "extra_forbidden":
            known = ", ".join(PREFIX + name.upper() for name in Deployment.model_fields)
            return f"{variable}: there is no such setting; is it misspelt? Known: {known}"
        case "value_error":
            return f"{variable}: {str(error['msg']).removeprefix('Value error, ')}"
        case _:
            return f"{variable}: {error['msg']} (is {error['input']!r})"
