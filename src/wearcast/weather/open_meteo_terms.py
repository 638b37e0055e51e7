"""On which terms Open-Meteo is used: free of charge, or with a commercial key.

No pandas here: the API imports it too.
"""

import re
from collections.abc import Mapping
from typing import Final

from wearcast.config import Ingest, OpenMeteo

KEY: Final = "OPEN_METEO_API_KEY"
OWN_HOST: Final = re.compile(r"^https://(?!customer-)([a-z-]*api\.open-meteo\.com)(?=/)")
"""The beginning of an address of Open-Meteo's own free servers."""

NON_COMMERCIAL: Final = (
    "Open-Meteo is used without a key: its free service is for non-commercial use only"
    f" (https://open-meteo.com/en/terms). For commercial use, set {KEY}."
)
"""What a public deployment says at its start where `is_free`."""


def is_free(settings: Ingest, environment: Mapping[str, str]) -> bool:
    """Whether observations or numerical forecasts come from Open-Meteo's own free servers."""
    is_source = "open_meteo" in (settings.source, settings.guidance.source)
    has_key = bool(environment.get(KEY, "").strip())
    return is_source and not has_key and _names_own_host(settings.open_meteo)


def _names_own_host(addresses: OpenMeteo) -> bool:
    asked = (addresses.archive_url, addresses.forecast_url, addresses.previous_runs_url)
    return any(OWN_HOST.match(address) for address in asked)
