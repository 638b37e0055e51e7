"""What can go wrong, as one small tree.

WearcastError
├── ConfigError         params.yaml, an environment variable or a command's option
├── SourceError         a weather source could not give what was asked
│   └── PassingError    it may, later: the network or the service failed, not the question
├── ObservationsError   a table breaks the observations contract
├── ModelError          a model folder or a history can't be used
├── NotebookError       a pipeline notebook's parameters or cells
├── RemoteError         the DVC remote can't be used, or lacks what it should hold
├── StoreError          the snapshot store can't be reached, or what it holds is broken
│   └── ConflictError   somebody else published meanwhile
├── BusyError           another refresh is running
├── RefusedError        a forecast failed its checks and was not published
└── ArtifactError       a file could not be written; what was there before still is

Every message says what was wrong, where, and what to do.
"""


class WearcastError(Exception):
    """Something the user can understand and act on."""


class ConfigError(WearcastError):
    """A setting is unknown, missing or out of range."""


class SourceError(WearcastError):
    """A weather source could not give what was asked."""


class PassingError(SourceError):
    """The network or the service failed; the same question may be answered later.

    Attributes:
        retry_after_s: after how many seconds the service wants to be asked again, if it said so.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ObservationsError(WearcastError):
    """A table of observations breaks its contract."""


class ModelError(WearcastError):
    """A model folder, or the history given to it, can't be used."""


class NotebookError(WearcastError):
    """A pipeline notebook was given wrong parameters, or one of its cells failed."""


class RemoteError(WearcastError):
    """The DVC remote can't be used, or lacks what it should hold."""


class StoreError(WearcastError):
    """The snapshot store can't be reached, or what it holds is broken."""


class ConflictError(StoreError):
    """Somebody else published between our look at the store and our own publishing; theirs
    stands."""


class BusyError(WearcastError):
    """Another refresh is running on this machine."""


class RefusedError(WearcastError):
    """No station's forecast passed its checks, so nothing was published."""


class ArtifactError(WearcastError):
    """An artifact could not be written."""
