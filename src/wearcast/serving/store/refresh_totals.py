"""How refreshes ended, added up: what `refresh` leaves in the store for whoever is scraped."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final, get_args

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field

import wearcast.errors
from wearcast.config import Group
from wearcast.config.ingest import GuidanceSourceName, SourceName
from wearcast.errors import WearcastError

OUTCOMES: Final = ("published", "unchanged", "busy", "conflict", "refused", "failed")
"""published: a new snapshot; unchanged: the latest still is; busy: another refresh was running;
conflict: somebody else published meanwhile; refused: no forecast passed its checks; failed: any
other error."""

SCORES: Final = ("last_days", "last_days_advice", "last_days_rain", "input_drift")
"""What a refresh publishes of past forecasts and advice, and of the observations, by name in the
live verification."""

SUCCESSES: Final = ("published", "unchanged")

_OTHER_ERRORS: Final = ("unexpected", "late")
_ERRORS: Final = frozenset({*_OTHER_ERRORS, *vars(wearcast.errors)})
_SOURCES: Final = frozenset({*get_args(SourceName), *get_args(GuidanceSourceName)})


def error_name(error: Exception) -> str:
    """The error's class, of those that `wearcast.errors` has: there are only so many labels."""
    if isinstance(error, WearcastError):
        for kind in type(error).__mro__:
            if kind.__module__ == wearcast.errors.__name__:
                return kind.__name__
    return "unexpected"


def _only(names: Collection[str]) -> BeforeValidator:
    """Leave out the keys that aren't among the names: whoever writes the store makes no labels."""

    def known(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: count for name, count in value.items() if name in names}

    return BeforeValidator(known)


Count = Annotated[int, Field(ge=0, le=10**12)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=200)]
Counts = dict[str, Count]
OutcomeCounts = Annotated[Counts, _only(OUTCOMES)]
ScoreCounts = Annotated[Counts, _only(SCORES)]
ErrorCounts = Annotated[Counts, _only(_ERRORS)]
SourceCounts = Annotated[dict[str, ErrorCounts], _only(_SOURCES)]


class ModelInfo(Group):
    """The model that refreshes forecast with; unknown fields are ignored.

    Attributes:
        version: as its manifest has it.
        trained_until: the end of the hours it was trained on, UTC, as its manifest has it; empty
            where that doesn't say.
        has_guidance: whether it makes something of numerical forecasts.
    """

    model_config = ConfigDict(extra="ignore")

    version: Text
    trained_until: Text
    has_guidance: bool


class RefreshTotals(Group):
    """The totals of all refreshes of a machine; unknown fields are ignored, and
    so are names that this release doesn't know.

    Attributes:
        outcomes: how many ended so, by `OUTCOMES`.
        errors: of those without success, how many by the error's class in `wearcast.errors`;
            `unexpected` of any other.
        source_failures: by source and the error's class, how often a station got no observations.
        guidance_failures: by source of numerical forecasts and the error's class, how many
            questions to it had no answer; `late` of those that had none in time.
        score_failures: of `SCORES`, how many refreshes could not make them.
        ended_at: when the last one ended that didn't find another running; None before the first.
        succeeded_at: when the last one of `SUCCESSES` ended; None before the first.
        last_s: how long the one of `ended_at` took, in seconds.
        left_out: how many stations the last successful one left out.
        model: that of the last one that could open one; None before.
    """

    model_config = ConfigDict(extra="ignore")

    outcomes: OutcomeCounts = Field(default_factory=dict)
    errors: ErrorCounts = Field(default_factory=dict)
    source_failures: SourceCounts = Field(default_factory=dict)
    guidance_failures: SourceCounts = Field(default_factory=dict)
    score_failures: ScoreCounts = Field(default_factory=dict)
    ended_at: AwareDatetime | None = None
    succeeded_at: AwareDatetime | None = None
    last_s: Seconds = 0.0
    left_out: Count = 0
    model: ModelInfo | None = None

    def merged(self, other: "RefreshTotals") -> "RefreshTotals":
        """The higher of every count, and the later success."""
        changes: dict[str, Any] = {}
        for name in ("outcomes", "errors", "score_failures"):
            changes[name] = _highest(getattr(self, name), getattr(other, name))
        for name in ("source_failures", "guidance_failures"):
            own, others = getattr(self, name), getattr(other, name)
            changes[name] = {
                source: _highest(own.get(source, {}), others.get(source, {}))
                for source in {**own, **others}
            }
        if other.succeeded_at and (not self.succeeded_at or self.succeeded_at < other.succeeded_at):
            changes["succeeded_at"] = other.succeeded_at
            changes["left_out"] = other.left_out
        return self.model_copy(update=changes)

    def to_bytes(self) -> bytes:
        """The totals as JSON."""
        return self.model_dump_json().encode()


def _highest(own: Counts, others: Counts) -> Counts:
    highest = dict(own)
    for name, count in others.items():
        highest[name] = max(count, own.get(name, 0))
    return highest
