"""A person's settings: what they do, how easily they feel cold, how they like to dress, and when
and for how long they are out."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from wearcast.config import Group
from wearcast.outing import Outing, outings_text, read_outings
from wearcast.vocabulary import (
    MAX_OFFSET_C,
    SLEEP_HOURS,
    USUAL_ACTIVITY,
    USUAL_EXPOSURE,
    USUAL_SENSITIVITY,
    USUAL_SLEEP,
    USUAL_STYLE,
    USUAL_WAKE,
    WAKE_HOURS,
    Activity,
    Exposure,
    Language,
    Sensitivity,
    Style,
    Units,
    some_hour_outdoors,
)


def _outings(value: Any) -> tuple[Outing, ...]:
    """Outings from their text form, or from outings in any order; an empty text is none."""
    if not value:
        return ()
    if isinstance(value, list | tuple):
        return read_outings(outings_text(value))
    return read_outings(value if isinstance(value, str) else repr(value))


Outings = Annotated[
    tuple[Outing, ...],
    BeforeValidator(_outings),
    PlainSerializer(outings_text, return_type=str),
]
"""Those of a day, the first one first; as text where settings are text."""


class Settings(Group):
    """Settings of a person.

    Attributes:
        activity: what they do outdoors.
        sensitivity: how easily they feel cold.
        offset_c: how many °C colder they feel than `sensitivity` says, as their votes taught.
        exposure: how long they are out at a stretch.
        style: how they like to dress.
        wake: the first local hour outdoors.
        sleep: the local hour from which they are in again; before `wake` it is the next morning's,
            and 24 is midnight.
        out: the outings of a day, or 8-9,18-19 in a text; they begin at `wake` and end at `sleep`,
            which needn't be given then. Their length replaces `exposure`.
        units: °C and m/s, or °F and mph.
        language: of every text.
    """

    activity: Activity = USUAL_ACTIVITY
    sensitivity: Sensitivity = USUAL_SENSITIVITY
    offset_c: float = Field(default=0.0, ge=-MAX_OFFSET_C, le=MAX_OFFSET_C)
    exposure: Exposure = USUAL_EXPOSURE
    style: Style = USUAL_STYLE
    wake: int = Field(default=USUAL_WAKE, ge=WAKE_HOURS[0], le=WAKE_HOURS[-1])
    sleep: int = Field(default=USUAL_SLEEP, ge=SLEEP_HOURS[0], le=SLEEP_HOURS[-1])
    out: Outings = ()
    units: Units = "metric"
    language: Language = "en"

    @model_validator(mode="before")
    @classmethod
    def _span_of_outings(cls, given: Any) -> Any:
        """Take `wake` and `sleep` from the outings, where those aren't given."""
        try:
            outings = _outings(given.get("out"))
        except ValueError:
            return given  # the field's own error names it
        return span(outings) | given if outings else given

    @model_validator(mode="after")
    def _outings_agree(self) -> "Settings":
        if self.out and span(self.out) != {"wake": self.wake, "sleep": self.sleep}:
            raise ValueError(
                f"out is {outings_text(self.out)}, but wake is {self.wake} and sleep is"
                f" {self.sleep}; give out alone"
            )
        return self

    @model_validator(mode="after")
    def _some_hour_awake(self) -> "Settings":
        if not some_hour_outdoors(self.wake, self.sleep):
            raise ValueError(
                f"wake and sleep are both {self.wake} o'clock; there is no hour to dress for"
            )
        return self

    @property
    def outings(self) -> tuple[Outing, ...]:
        """When they are out: `out`, else one outing from `wake` to `sleep`."""
        return self.out or (Outing(self.wake, self.sleep or 24),)

    @property
    def last_hour(self) -> int:
        """The last hour outdoors of a day, counted from the midnight before it; from 24 on it is
        the next morning's."""
        return self.outings[-1].last_hour

    @property
    def out_h(self) -> int:
        """How many hours they are out, where the clocks don't change meanwhile."""
        return sum(outing.length_h for outing in self.outings)


def span(outings: Sequence[Outing]) -> dict[str, int]:
    """`wake` and `sleep` of a day's outings: the first one's start and the last one's end."""
    return {"wake": outings[0].start, "sleep": outings[-1].end}
