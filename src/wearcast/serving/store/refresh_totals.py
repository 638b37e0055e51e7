"""How refreshes ended, added up: what `refresh` leaves in the store for whoever is scraped."""

from typing import Final

from pydantic import AwareDatetime, ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from wearcast.config import Group

OUTCOMES: Final = ("published", "unchanged", "busy", "conflict", "refused", "failed")
"""published: a new snapshot; unchanged: the latest still is; busy: another refresh was running;
conflict: somebody else published meanwhile; refused: no forecast passed its checks; failed: any
other error."""

SCORES: Final = ("last_days", "last_days_advice")
"""What a refresh publishes of past forecasts and advice, by name in the live verification."""

SUCCESSES: Final = ("published", "unchanged")

Counts = dict[str, NonNegativeInt]


class ModelInfo(Group):
    """The model that refreshes forecast with; unknown fields are ignored.

    Attributes:
        version: as its manifest has it.
        trained_until: the end of the hours it was trained on, UTC, as its manifest has it; empty
            where that doesn't say.
        has_guidance: whether it makes something of numerical forecasts.
    """

    model_config = ConfigDict(extra="ignore")

    version: str
    trained_until: str
    has_guidance: bool


class RefreshTotals(Group):
    """The totals of all refreshes of a machine; unknown fields are ignored.

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

    outcomes: Counts = Field(default_factory=dict)
    errors: Counts = Field(default_factory=dict)
    source_failures: dict[str, Counts] = Field(default_factory=dict)
    guidance_failures: dict[str, Counts] = Field(default_factory=dict)
    score_failures: Counts = Field(default_factory=dict)
    ended_at: AwareDatetime | None = None
    succeeded_at: AwareDatetime | None = None
    last_s: NonNegativeFloat = 0.0
    left_out: NonNegativeInt = 0
    model: ModelInfo | None = None

    def to_bytes(self) -> bytes:
        """The totals as JSON."""
        return self.model_dump_json().encode()
