"""What a deployment says at its start of the terms on which its weather comes."""

import logging
from collections.abc import Mapping
from typing import Final

from wearcast.config import Ingest, Params, Paths, checked, read_groups
from wearcast.errors import ConfigError
from wearcast.serving.settings import Deployment
from wearcast.weather.open_meteo_terms import NON_COMMERCIAL, is_free

_LOG: Final = logging.getLogger(__name__)


def log_terms(settings: Deployment, ingest: Ingest, environment: Mapping[str, str]) -> None:
    """Warn where observations or numerical forecasts come from a free service for non-commercial
    use."""
    source = settings.source or ingest.source
    if is_free(ingest.model_copy(update={"source": source}), environment):
        _LOG.warning(NON_COMMERCIAL)


def log_terms_of_project(settings: Deployment, environment: Mapping[str, str]) -> None:
    """The same of a process that needs no params.yaml, where there is one that can be read."""
    try:
        paths = Paths.find()
        params = checked(Params, read_groups(paths.params), where=str(paths.params))
    except ConfigError:
        return
    log_terms(settings, params.ingest, environment)
