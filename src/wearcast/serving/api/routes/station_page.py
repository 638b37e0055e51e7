"""The page of stations that a request asks for."""

from wearcast.serving.api import schemas
from wearcast.serving.api.problem_details import invalid_field
from wearcast.serving.api.station_directory import Page, StationDirectory


def page_of(directory: StationDirectory, text: str, query: schemas.StationPageQuery) -> Page:
    """Some of the stations that a text finds.

    Raises:
        ProblemError: 422, the station that the page comes after isn't among them.
    """
    try:
        return directory.page(text, query.after, query.limit)
    except LookupError as error:
        message = f"there is no station {query.after} among those found; begin without it."
        raise invalid_field("query.after", message) from error
