"""The deployment's settings: environment variables `WEARCAST_…`, validated once at the start."""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SecretStr,
    ValidationError,
    model_validator,
)

from wearcast.config import Group, Paths, SourceName
from wearcast.errors import ConfigError
from wearcast.serving.client_address import Network
from wearcast.serving.cluster.shard import Shard
from wearcast.serving.experiment.variants import Variant, Variants
from wearcast.serving.feedback_url import absolute_url, checked_url

PREFIX: Final = "WEARCAST_"
_TEST_VARIABLES: Final = {"WEARCAST_TEST_DATA", "WEARCAST_REQUIRE_REAL_PARTS"}
_DURATION: Final = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_BUCKET: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.'()=+-]+)*/?")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32,64}")
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
_ROOT_PATH: Final = re.compile(r"(/[A-Za-z0-9_.~-]+)*")
_API: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9_.~-]+)*/?")


def duration(value: Any) -> Any:
    """Parse a duration such as 15s, 90m, 1h or 7d."""
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if not match:
        raise ValueError(f"{value!r} is no length of time; write it as 15s, 90m, 1h or 7d")
    number, unit = match.groups()
    return timedelta(**{_UNITS[unit]: int(number)})


def _store_url(url: str) -> str:
    """Validate the store's URL: a folder's path, file:///…, or s3://bucket/prefix."""
    if url.startswith("s3://"):
        if not _BUCKET.fullmatch(url):
            raise ValueError(
                "must be s3://bucket/prefix and nothing else, the prefix of letters, digits and"
                " !_.'()=+-; credentials come from AWS's own settings, never from here"
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


def _feedback_url(url: SecretStr) -> SecretStr:
    """Validate the address of the database of votes."""
    if url.get_secret_value():
        try:
            checked_url(url.get_secret_value())
        except ConfigError as error:
            raise ValueError(str(error)) from None
    return url


def _shard(text: str) -> str:
    """Validate a share, such as 2/3."""
    if text:
        try:
            Shard.parse(text)
        except ConfigError as error:
            raise ValueError(str(error)) from None
    return text


def _withheld(_: SecretStr) -> str:
    return ""


def _is_token(secret: SecretStr) -> bool:
    return bool(_TOKEN.fullmatch(secret.get_secret_value()))


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    return [part for part in parts if part]


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError(
            f"{value!r} is no origin, such as https://example.org; name each one, * is not accepted"
        )
    return value


def _network(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return ip_network(value)
    except ValueError as error:
        raise ValueError(
            f"{value!r} is no network: {error}; write networks as 172.20.0.0/16 or fd00::/64,"
            " comma-separated, and one machine as its address"
        ) from error


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


def _duration_text(value: timedelta) -> str:
    """A duration as it is written in settings."""
    if value.days and not value.seconds:
        return f"{value.days}d"
    seconds = round(value.total_seconds())
    return f"{seconds}s" if seconds % 3_600 else f"{seconds // 3_600}h"


Duration = Annotated[
    timedelta, BeforeValidator(duration), PlainSerializer(_duration_text, when_used="json")
]


class Deployment(Group):
    """The settings of one deployment.

    Attributes:
        store: the snapshot store: a folder, or s3://bucket/prefix.
        last_good: the folder in which the API keeps the last good snapshot, for a start while the
            store is gone.
        history: the folder of refresh's cache of observations, and of the places that were added.
        places: how many places may be added to the stations of params.yaml.
        places_a_day: for how many the weather source may be asked within a day.
        place_requests: who may ask for a place through the API and the page: nobody (off), who has
            `place_token`, or anyone.
        place_token: whose bearer may ask.
        place_queue: where the API keeps what was asked for, and refresh finds it: a folder, or
            s3://bucket/prefix, of nothing else.
        model: the folder of the tracked model.
        reports: the folder of its scores and plots.
        variants: the models that are forecast with beside that one; none for no experiment.
        experiment: its name, with which clients are assigned to models.
        feedback: the database of votes, an address of SQLite or PostgreSQL, which may hold a
            password; empty where no feedback is taken. Only the API's own process gets it.
        source: the source of observations; None for that of params.yaml.
        refresh_every: the interval at which new snapshots are expected.
        stale_after: the age from which a forecast is stale.
        oldest_observation: the largest age of a station's last observation at which its forecast is
            published.
        keep: how many snapshots the store keeps.
        refresh_processes: how many processes work on the partitions of a refresh of many stations.
        shard: this host's share of a refresh, such as 2/3; empty for all of it.
        snapshot_schema: the newest snapshot schema that every reader of the store can read; None
            where all readers are of this release. A rollout passes it to refresh, so that the
            previous release can still read new snapshots.
        revalidate_every: the interval at which the API polls the store.
        store_timeout: the timeout of one response of the store.
        host, port: the address that the API listens on.
        root_path: the path prefix that a proxy strips.
        cors_origins: the origins whose pages may call the API from a browser.
        trusted_proxies: the networks of our own proxies, whose `X-Forwarded-For` is believed; where
            there are any, the dashboard links to `/privacy`, which they serve.
        workers: how many processes compute answers.
        receive_timeout: how long receiving a request's body may take.
        shutdown_timeout: how long requests may take to finish when the service ends.
        log_level: the level of the JSON log.
        api: the API that the dashboard calls; empty for this machine's port 8000 if it responds,
            else one in the dashboard's own process.
        dashboard_host, dashboard_port: the address that the dashboard listens on.
        dashboard_metrics_port: where the dashboard's metrics are, on the same host; 0 for nowhere.
        dashboard_base_url: the dashboard's path, which a proxy doesn't strip.
        dashboard_offline: whether visitors' devices keep the page, to open it offline; where not,
            what they have kept is deleted at their next visit.
        dashboard_pool: how many kernels wait for visitors.
        dashboard_kernels: the most kernels at a time, waiting ones included.
        dashboard_cull_after: how long the kernel of a visitor who has left is kept.
    """

    store: Annotated[str, AfterValidator(_store_url)] = "data/serving/store"
    last_good: Path = Path("data/serving/last-good")
    history: Path = Path("data/serving/history")
    places: int = Field(default=50, ge=0, le=100_000)
    places_a_day: int = Field(default=20, ge=0, le=100_000)
    place_requests: Literal["off", "token", "anyone"] = "off"
    place_token: Annotated[SecretStr, PlainSerializer(_withheld, when_used="json")] = SecretStr("")
    place_queue: Annotated[str, AfterValidator(_store_url)] = "data/serving/place-requests"
    model: Path = Path("models/forecaster")
    reports: Path = Path("reports")
    variants: Variants = ()
    experiment: str = Field(default="1", pattern=r"^[A-Za-z0-9._-]{1,40}$")
    feedback: Annotated[
        SecretStr,
        AfterValidator(_feedback_url),
        PlainSerializer(_withheld, when_used="json"),
    ] = SecretStr("")
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
    refresh_processes: int = Field(default=1, ge=1, le=64)
    shard: Annotated[str, AfterValidator(_shard)] = ""
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
        tuple[Annotated[str, AfterValidator(_origin)], ...], BeforeValidator(_split)
    ] = ()
    trusted_proxies: Annotated[
        tuple[Annotated[Network, BeforeValidator(_network)], ...], BeforeValidator(_split)
    ] = ()
    workers: int = Field(default=1, ge=1, le=64)
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
    dashboard_metrics_port: int = Field(default=0, ge=0, le=65_535)
    dashboard_base_url: Annotated[str, AfterValidator(_base_url)] = "/"
    dashboard_offline: bool = True
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
        if self.place_requests == "token" and not _is_token(self.place_token):
            raise ValueError(
                "WEARCAST_PLACE_REQUESTS is token, and WEARCAST_PLACE_TOKEN is none of 32 to 64"
                " letters, digits, - and _; make one with `openssl rand -hex 32`"
            )
        if self.place_requests != "off" and self.shard:
            raise ValueError(
                "WEARCAST_PLACE_REQUESTS: a refresh in shares (WEARCAST_SHARD) adds no places that"
                " people ask for; set it to off, or refresh on one host"
            )
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], root: Path) -> "Deployment":
        """The settings of the variables `WEARCAST_…`; an empty one counts as not set, relative
        paths start at `root`.

        Raises:
            ConfigError: names each variable that is unknown or has an invalid value.
        """
        values = {}
        for variable, value in environment.items():
            if variable.startswith(PREFIX) and variable not in _TEST_VARIABLES and value:
                values[variable.removeprefix(PREFIX).lower()] = value
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            lines = [f"  {_describe(one)}" for one in error.errors()]
            raise ConfigError("\n".join(["the environment is not valid:", *lines])) from error
        return settings._with_absolute_paths(root)

    def _with_absolute_paths(self, root: Path) -> "Deployment":
        paths: dict[str, Any] = {
            "last_good": root / self.last_good,
            "history": root / self.history,
            "model": root / self.model,
            "reports": root / self.reports,
            "variants": tuple(
                Variant(one.name, root / one.model, one.percent) for one in self.variants
            ),
        }
        if self.feedback.get_secret_value():
            paths["feedback"] = SecretStr(absolute_url(self.feedback.get_secret_value(), root))
        if not self.in_bucket:
            paths["store"] = str(root / self.store)
        if not self.place_queue.startswith("s3://"):
            paths["place_queue"] = str(root / self.place_queue)
        return self.model_copy(update=paths)

    @property
    def in_bucket(self) -> bool:
        """Whether the store is in a bucket rather than in a folder."""
        return self.store.startswith("s3://")


def deployment_settings(**options: str) -> Deployment:
    """The settings of this process's environment; options that aren't empty override variables.

    Raises:
        ConfigError: a variable is unknown or has an invalid value.
    """
    try:
        root = Paths.find().root
    except ConfigError:
        # A service needs no params.yaml: where there is none, paths start at the working folder.
        root = Path.cwd()
    overrides = {name: value for name, value in options.items() if value}
    return Deployment.from_environment({**os.environ, **overrides}, root)


def _describe(error: Any) -> str:
    """A line for people about an error of Pydantic's."""
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
