"""A deployment that uses a free service for non-commercial use says so at its start."""

import pytest

from unit.serving.refresh_fakes import params
from wearcast.serving.settings import Deployment
from wearcast.serving.terms_of_use import log_terms
from wearcast.weather.open_meteo_terms import KEY, NON_COMMERCIAL


def guided(source: str = "files"):
    """The group ingest with Open-Meteo's numerical forecasts."""
    ingest = params(source).ingest
    guidance = ingest.guidance.model_copy(update={"source": "open_meteo"})
    return ingest.model_copy(update={"guidance": guidance})


@pytest.mark.parametrize(
    ("settings", "ingest", "environment", "is_said"),
    [
        (Deployment(), params("open_meteo").ingest, {}, True),
        (Deployment(), params("files").ingest, {}, False),
        (Deployment(), guided(), {}, True),
        (Deployment(), guided(), {KEY: "abc"}, False),
        (Deployment(source="files"), params("open_meteo").ingest, {}, False),
        (Deployment(source="open_meteo"), params("files").ingest, {}, True),
    ],
)
def test_it_is_said_where_nothing_was_paid(settings, ingest, environment, is_said, caplog):
    log_terms(settings, ingest, environment)
    assert caplog.messages == [NON_COMMERCIAL] * is_said
