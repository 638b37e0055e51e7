"""Keys in quotes are named by their variable, and never shown."""

import pytest
from pydantic import SecretStr

from wearcast.config import Kma
from wearcast.errors import ConfigError
from wearcast.weather.sources.http_client import HttpClient
from wearcast.weather.sources.kma.access import Access, ShortTermAccess
from wearcast.weather.sources.open_meteo.service import Service

KEY = "s3cretkey"
QUOTED = (f'"{KEY}"', f"'{KEY}'", f'{KEY}"', f"“{KEY}”")


def read(variable: str, environment: dict[str, str]) -> object:
    """Whatever reads the variable."""
    if variable == "OPEN_METEO_API_KEY":
        return Service(environment, HttpClient())
    return Access.of(Kma(), environment)


@pytest.mark.parametrize("quoted", QUOTED)
@pytest.mark.parametrize("variable", ["KMA_SERVICE_KEY", "KMA_APIHUB_KEY", "OPEN_METEO_API_KEY"])
def test_a_key_in_quotes_is_refused(variable: str, quoted: str) -> None:
    environment = {"KMA_SERVICE_KEY": KEY, variable: quoted}
    with pytest.raises(ConfigError) as refusal:
        read(variable, environment)
    message = str(refusal.value)
    assert message.startswith(f"{variable} has quotes in it")
    assert KEY not in message


def test_the_short_term_forecast_refuses_them_too_and_takes_them_without() -> None:
    with pytest.raises(ConfigError, match="KMA_SERVICE_KEY has quotes in it"):
        ShortTermAccess.of(Kma(), {"KMA_SERVICE_KEY": QUOTED[0]})
    access = ShortTermAccess.of(Kma(), {"KMA_SERVICE_KEY": KEY})
    assert access.key == SecretStr(KEY)
