"""What a refresh came to: for people in a line, for cron in a code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from wearcast.errors import (
    ArtifactError,
    BusyError,
    ConflictError,
    ObservationsError,
    RefusedError,
    SourceError,
    StoreError,
    WearcastError,
)


class ExitCode(IntEnum):
    """What cron is told, in the meanings of sysexits.h where it has one."""

    DONE = 0
    """Published, or nothing new to publish."""
    UNUSABLE = 1
    """The settings, params.yaml or the model."""
    PARTLY = 3
    """Done, but for some station."""
    REFUSED = 65
    """No forecast passed its checks (EX_DATAERR)."""
    NO_OBSERVATIONS = 69
    """The source gives none (EX_UNAVAILABLE)."""
    NO_ROOM = 73
    """The store or the disk can't take it (EX_CANTCREAT)."""
    LATER = 75
    """Another refresh is running, or has published meanwhile (EX_TEMPFAIL)."""

    @classmethod
    def of(cls, error: WearcastError) -> "ExitCode":
        """The code of an error."""
        match error:
            case BusyError() | ConflictError():
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
    """What a refresh came to.

    Attributes:
        version: of the snapshot that is the latest now.
        new: whether this refresh published it; else it was there already.
        issued_at: of each station in it.
        left_out: why a station isn't in it.
        seconds: how long it took.
    """

    version: str
    is_new: bool
    issued_at: Mapping[str, datetime]
    left_out: Mapping[str, str]
    seconds: float

    @property
    def exit(self) -> ExitCode:
        """What cron is told."""
        return ExitCode.PARTLY if self.left_out else ExitCode.DONE

    @property
    def summary(self) -> str:
        """It in a line."""
        stations = ", ".join(
            f"{station} {at:%Y-%m-%dT%HZ}" for station, at in self.issued_at.items()
        )
        without = f"; without {', '.join(self.left_out)}" if self.left_out else ""
        done = "published" if self.is_new else "nothing new: the latest still is"
        return f"{done} {self.version[:12]}, issued {stations}{without}, in {self.seconds:.1f} s"
