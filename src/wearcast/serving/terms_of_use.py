"""What refresh, which alone asks for weather, says at its start of the terms on which it comes."""

import logging
from collections.abc import Mapping
from typing import Final

from wearcast.config import Ingest
from wearcast.serving.settings import Deployment
from wearcast.weather.open_meteo_terms import NON_COMMERCIAL, is_free

_LOG: Final = logging.getLogger(__name__)


def log_terms(settings: Deployment, ingest: Ingest, environment: Mapping[str, str]) -> None:
    """Warn where observations or numerical forecasts come from a free service for non-commercial
    use."""
    source = settings.source or ingest.source
    if is_free(ingest.model_copy(update={"source": source}), environment):
        _LOG.warning(NON_COMMERCIAL)
