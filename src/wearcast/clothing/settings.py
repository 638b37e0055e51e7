"""A person's settings: what they do, how easily they feel cold, how they like to dress, and when
and for how long they are out."""

from pydantic import Field, model_validator

from wearcast.config import Group
from wearcast.vocabulary import (
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


class Settings(Group):
    """Settings of a person.

    Attributes:
        activity: what they do outdoors.
        sensitivity: how easily they feel cold.
        exposure: how long they are out at a stretch.
        style: how they like to dress.
        wake: the first local hour outdoors.
        sleep: the local hour from which they are in again; before `wake` it is the next morning's,
            and 24 is midnight.
        units: °C and m/s, or °F and mph.
        language: of every text.
    """

    activity: Activity = USUAL_ACTIVITY
    sensitivity: Sensitivity = USUAL_SENSITIVITY
    exposure: Exposure = USUAL_EXPOSURE
    style: Style = USUAL_STYLE
    wake: int = Field(default=USUAL_WAKE, ge=WAKE_HOURS[0], le=WAKE_HOURS[-1])
    sleep: int = Field(default=USUAL_SLEEP, ge=SLEEP_HOURS[0], le=SLEEP_HOURS[-1])
    units: Units = "metric"
    language: Language = "en"

    @model_validator(mode="after")
    def _some_hour_awake(self) -> "Settings":
        if not some_hour_outdoors(self.wake, self.sleep):
            raise ValueError(
                f"wake and sleep are both {self.wake} o'clock; there is no hour to dress for"
            )
        return self

    @property
    def through_the_night(self) -> bool:
        """Whether they come back on the next date."""
        return self.wake > self.sleep

    @property
    def last_hour(self) -> int:
        """The last hour outdoors of an outing, counted from the midnight before it; from 24 on it
        is the next morning's."""
        return self.sleep - 1 + (24 if self.through_the_night else 0)

    @property
    def out_h(self) -> int:
        """How many hours they are out, where the clocks don't change meanwhile."""
        return (self.sleep - self.wake) % 24 or 24
