"""Which run of a numerical model is being served.

A forecast of Open-Meteo doesn't say which run it is from. A file beside it does, for each of its
data sets: `<metadata_url>/<data set>/static/meta.json`. It can be late or missing, and for a data
set that was replaced it stays as it was, so what it says is checked against the time of day.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wearcast.errors import SourceError
from wearcast.weather.guidance import DELAY_H


@dataclass(frozen=True)
class DataSet:
    """The data that a model's values come from.

    Attributes:
        name: Open-Meteo's name of it, which differs from the model's name in its API.
        spacing_h: hours from the start of a run to that of the next.
        short_reach_h: how far the runs between 00 and 12 UTC reach, where that is less than what
            is asked for; later hours keep the value of the run before.
    """

    name: str
    spacing_h: int
    short_reach_h: int | None = None


_ECMWF: Final = DataSet("ecmwf_ifs025", spacing_h=6, short_reach_h=144)
_GFS: Final = DataSet("ncep_gfs013", spacing_h=6)
_ICON: Final = DataSet("dwd_icon", spacing_h=6, short_reach_h=120)
_GEM: Final = DataSet("cmc_gem_gdps_15km", spacing_h=12)
_JMA: Final = DataSet("jma_gsm", spacing_h=6, short_reach_h=132)
_UKMO: Final = DataSet("ukmo_global_deterministic_10km", spacing_h=6, short_reach_h=66)
DATA_SETS: Final = {
    "ecmwf_ifs025": _ECMWF,
    "ecmwf_ifs": DataSet("ecmwf_ifs", spacing_h=6, short_reach_h=144),
    "gfs_seamless": _GFS,
    "gfs_global": _GFS,
    "icon_seamless": _ICON,
    "icon_global": _ICON,
    "gem_seamless": _GEM,
    "gem_global": _GEM,
    "jma_seamless": _JMA,
    "jma_gsm": _JMA,
    "jma_msm": DataSet("jma_msm", spacing_h=3, short_reach_h=39),
    "knmi_seamless": _ECMWF,
    "ukmo_seamless": _UKMO,
    "ukmo_global_deterministic_10km": _UKMO,
}
"""By the model's name in the API. A seamless one mixes data sets, regional ones first; its run is
that of the global one, which all but its first days come from."""

LONGEST_SPACING_H: Final = 12
"""Between two runs of any global model here."""

_ON_ALL_SERVERS_AFTER: Final = timedelta(minutes=10)
"""From then on every server answers from a run; until then it may be the one before."""

_LATE_AFTER: Final = timedelta(minutes=20)
_OUTDATED_AFTER: Final = timedelta(days=2)
"""A file that names a run as old as this is kept no longer, though the forecasts may be."""


@dataclass(frozen=True)
class Run:
    """A run of a model, as far as it is known: bounds of its start, and when it could be had."""

    issued_from: datetime
    issued_until: datetime
    available_at: datetime

    @property
    def is_long(self) -> bool:
        """Whether it is known for one of 00 or 12 UTC, which reach as far as any."""
        return self.issued_from == self.issued_until and self.issued_until.hour % 12 == 0


@dataclass(frozen=True)
class Metadata:
    """What a data set's file says of its last run."""

    started_at: datetime
    available_at: datetime
    interval: timedelta

    def is_late(self, now: datetime) -> bool:
        """Whether the next run should be there already."""
        return now > self.available_at + self.interval + _LATE_AFTER


def data_set(model: str) -> DataSet:
    """The data set of a model; one that isn't in the table is asked for by its own name."""
    return DATA_SETS.get(model, DataSet(model, LONGEST_SPACING_H))


def read(content: Any, now: datetime) -> Metadata:
    """The file's content.

    Raises:
        SourceError: it is of another shape, or of the future.
    """
    try:
        started_s, available_s, interval_s = (
            float(content[name])
            for name in (
                "last_run_initialisation_time",
                "last_run_availability_time",
                "update_interval_seconds",
            )
        )
        found = Metadata(
            started_at=datetime.fromtimestamp(started_s, UTC),
            available_at=datetime.fromtimestamp(available_s, UTC),
            interval=timedelta(seconds=interval_s),
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise SourceError(f"its meta.json can't be read: {error!r}.") from error
    if found.interval <= timedelta(0) or not found.started_at <= found.available_at <= now:
        raise SourceError(
            f"its meta.json names a run of {found.started_at:%Y-%m-%dT%H:%MZ} that could be had at"
            f" {found.available_at:%Y-%m-%dT%H:%MZ}, which can't be; check this machine's clock."
        )
    return found


def served_run(model: str, metadata: Metadata, now: datetime) -> Run:
    """The run that answers come from, by a data set's file.

    A run is known where it is on all servers. Before, it may be the run before; when the file is
    late, any one since.
    """
    if metadata.is_late(now):
        return _since(metadata, expected_run(model, now))
    may_be_older = now < metadata.available_at + _ON_ALL_SERVERS_AFTER
    return Run(
        issued_from=metadata.started_at - metadata.interval * may_be_older,
        issued_until=metadata.started_at,
        available_at=metadata.available_at,
    )


def expected_run(model: str, now: datetime) -> Run:
    """The newest run that can be had by the model's hours and the usual delay, or the one before
    it: rather too old than too new where it came sooner."""
    spacing = timedelta(hours=data_set(model).spacing_h)
    delay = timedelta(hours=DELAY_H)
    latest = now.astimezone(UTC) - delay
    midnight = latest.replace(hour=0, minute=0, second=0, microsecond=0)
    newest = midnight + (latest - midnight) // spacing * spacing
    return Run(issued_from=newest - spacing, issued_until=newest, available_at=newest + delay)


def _since(metadata: Metadata, expected: Run) -> Run:
    """Any run from the one that the file names to the one expected."""
    told = metadata.started_at
    if told >= expected.issued_until:
        return Run(told, told, metadata.available_at)
    if expected.issued_until - told > _OUTDATED_AFTER:
        return expected
    return Run(
        issued_from=told,
        issued_until=expected.issued_until,
        available_at=expected.available_at,
    )
