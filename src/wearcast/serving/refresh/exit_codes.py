"""The outcome of a refresh: a line for people, an exit code for cron."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from wearcast.errors import (
    ArtifactError,
    BusyError,
    ClusterError,
    ConflictError,
    ObservationsError,
    RefusedError,
    SourceError,
    StoreError,
    UnfinishedError,
    WearcastError,
)
from wearcast.serving.refresh.inputs import Inputs


class ExitCode(IntEnum):
    """Exit codes, those of sysexits.h where it has one."""

    DONE = 0
    """Published, or nothing new to publish."""
    UNUSABLE = 1
    """The settings, params.yaml or the model."""
    PARTLY = 3
    """Done, but some station was left out."""
    REFUSED = 65
    """No forecast passed its checks (EX_DATAERR)."""
    NO_OBSERVATIONS = 69
    """The source gives no observations (EX_UNAVAILABLE)."""
    NO_ROOM = 73
    """The store or the disk can't be written (EX_CANTCREAT)."""
    LATER = 75
    """Another refresh is running, or has published meanwhile; the cluster can't do it now, or
    other shares are not done yet (EX_TEMPFAIL)."""

    @classmethod
    def of(cls, error: WearcastError) -> "ExitCode":
        """The exit code of an error."""
        match error:
            case BusyError() | ClusterError() | ConflictError() | UnfinishedError():
                return cls.LATER
            case StoreError() | ArtifactError():
                return cls.NO_ROOM
            case SourceError() | ObservationsError():
                return cls.NO_OBSERVATIONS
            case RefusedError():
                return cls.REFUSED
            case _:
                return cls.UNUSABLE


@dataclass(frozen=True)
class RefreshOutcome:
    """The outcome of a refresh.

    Attributes:
        version: the version of the latest snapshot after it.
        is_new: whether this refresh published that snapshot.
        issued_at: the issue time of each station in it.
        left_out: by station, why it isn't in it.
        seconds: how long the refresh took.
        made_from: the numerical forecasts behind it, in words; empty where none are configured.
        inputs: what it forecast from; None where that isn't told.
    """

    version: str
    is_new: bool
    issued_at: Mapping[str, datetime]
    left_out: Mapping[str, str]
    seconds: float
    made_from: str = ""
    inputs: Inputs | None = field(default=None, repr=False, compare=False)

    @property
    def exit(self) -> ExitCode:
        """The exit code."""
        return ExitCode.PARTLY if self.left_out else ExitCode.DONE

    @property
    def summary(self) -> str:
        """The outcome in a line."""
        done = "published" if self.is_new else "nothing new: the latest still is"
        issued = [f"{station} {at:%Y-%m-%dT%HZ}" for station, at in self.issued_at.items()]
        stations = ", ".join(issued)
        if self.left_out:
            left_out = ", ".join(self.left_out)
            stations += f"; without {left_out}"
        if self.made_from:
            stations += f"; made from {self.made_from}"
        version = self.version[:12]
        return f"{done} {version}, issued {stations}, in {self.seconds:.1f} s"
