"""The tree of exceptions.

WearcastError
├── ConfigError         params.yaml, an environment variable or a command's option
├── SourceError         a weather source could not give the data that was requested
│   ├── PassingError    a temporary failure of the network or the service; a retry may succeed
│   └── QuotaError      the service has given as much as it gives for now
├── ObservationsError   a table breaks the observations contract
├── GuidanceError       a table of numerical forecasts breaks its contract
├── ModelError          a model folder or a history can't be used
├── NotebookError       a pipeline notebook's parameters or cells
├── RemoteError         the DVC remote can't be used, or lacks what it should hold
├── StoreError          the snapshot store can't be reached, or what it holds is broken
│   ├── ConflictError   somebody else published meanwhile
│   └── UnservableError a published snapshot can't be served, however often it is read
├── FeedbackError       the database of votes can't be reached, or can't be used by this release
│   └── VoteError       a vote isn't taken
│       ├── VoteIdError       another vote has the same id
│       ├── TooManyVotesError too many votes with one token
│       └── NoRoomError       the database holds as many votes as it may
├── ClusterError        the workers of a cluster can't be reached, or can't do what was asked
├── UnfinishedError     other shares of a refresh are not done yet
├── BusyError           another process is at work, or a limit of time is reached; try later
├── RefusedError        a forecast failed its checks and was not published
└── ArtifactError       a file could not be written; what was there before still is

Every message says what was wrong, where, and what to do.
"""

from collections.abc import Iterable
from typing import Final

_MOST_NAMED: Final = 20


def some_of(names: Iterable[str]) -> str:
    """Names for a message, separated by commas; of very many the first, and how many more."""
    every_name = list(names)
    shown = ", ".join(every_name[:_MOST_NAMED])
    left = len(every_name) - _MOST_NAMED
    return f"{shown} and {left:,} more" if left > 0 else shown


class WearcastError(Exception):
    """An error that the user can understand and act on."""


class ConfigError(WearcastError):
    """A setting is unknown, missing or out of range."""


class SourceError(WearcastError):
    """A weather source could not give the data that was requested."""


class PassingError(SourceError):
    """The network or the service failed temporarily; the same request may succeed later.

    Attributes:
        retry_after_s: seconds after which the service asks for a retry, if its response says so.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class QuotaError(SourceError):
    """A service has given as much as it gives for now; asking on would only count against it."""


class ObservationsError(WearcastError):
    """A table of observations breaks its contract."""


class GuidanceError(WearcastError):
    """A table of numerical forecasts breaks its contract."""


class ModelError(WearcastError):
    """A model folder, or the history given to it, can't be used."""


class NotebookError(WearcastError):
    """A pipeline notebook was given wrong parameters, or one of its cells failed."""


class RemoteError(WearcastError):
    """The DVC remote can't be used, or lacks what it should hold."""


class StoreError(WearcastError):
    """The snapshot store can't be reached, or what it holds is broken."""


class ConflictError(StoreError):
    """Somebody else published after this process had read the store; their snapshot stays."""


class UnservableError(StoreError):
    """A published snapshot can't be served, however often it is read."""


class FeedbackError(WearcastError):
    """The database of votes can't be reached, or this release can't use it."""


class VoteError(FeedbackError):
    """A vote isn't taken, though the database is well."""


class VoteIdError(VoteError):
    """Another vote has the same id."""


class TooManyVotesError(VoteError):
    """A token has given as many votes as it may for now."""


class NoRoomError(VoteError):
    """The database holds as many votes as it may."""


class ClusterError(WearcastError):
    """The workers of a cluster can't be reached, or can't do what was asked of them."""


class UnfinishedError(WearcastError):
    """Other shares of a refresh are not done yet, so nothing was published."""


class BusyError(WearcastError):
    """Another process is at work on the same, or a limit of time is reached: try again later."""


class RefusedError(WearcastError):
    """No station's forecast passed its checks, so nothing was published."""


class ArtifactError(WearcastError):
    """An artifact could not be written."""
