"""The settings of the person whom a request asks for."""

from typing import Any

from wearcast.clothing.settings import Settings, span
from wearcast.messages import preferred_language
from wearcast.outing import read_outings
from wearcast.serving.api import schemas
from wearcast.serving.api.problem_details import invalid_field


def asked_settings(
    asked: schemas.DayQuery | schemas.HourQuery, accept_language: str, part: str = "query"
) -> Settings:
    """The person's settings.

    Args:
        asked: what the request says of them.
        accept_language: its header, for where it names no language.
        part: where in the request that stands, for errors.

    Raises:
        ProblemError: 422, the hours outdoors contradict each other.
    """
    language = asked.lang or preferred_language(accept_language)
    fields: dict[str, Any] = {
        "activity": asked.activity,
        "sensitivity": asked.sensitivity,
        "offset_c": asked.offset_c,
        "exposure": asked.exposure,
        "style": asked.style,
        "units": asked.units,
        "language": language,
    }
    if isinstance(asked, schemas.HourQuery):
        # The person is outdoors in this hour alone.
        fields |= {"wake": asked.hour, "sleep": asked.hour + 1}
        return Settings.model_validate(fields)
    _check_hours_outdoors(asked, part)
    fields |= asked.model_dump(include={"wake", "sleep", "out"}, exclude_unset=True)
    return Settings.model_validate(fields)


def _check_hours_outdoors(asked: schemas.DayQuery, part: str) -> None:
    if asked.out:
        given = asked.model_dump(include={"wake", "sleep"}, exclude_unset=True)
        of_outings = span(read_outings(asked.out))
        if not given.items() <= of_outings.items():
            raise invalid_field(
                f"{part}.out",
                f"goes from {of_outings['wake']} to {of_outings['sleep']} o'clock, and `wake` or"
                " `sleep` says otherwise; give `out` alone.",
            )
    elif asked.wake == asked.sleep:
        raise invalid_field(
            f"{part}.sleep",
            f"is {asked.sleep} o'clock as `wake` is; there is no hour to dress for.",
        )
