"""Keys and addresses of the two services: the keys from the environment and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from pydantic import SecretStr

from wearcast.config import Kma
from wearcast.errors import ConfigError
from wearcast.weather.sources.kma.data_set import (
    APIHUB_KEY,
    ASOS,
    ASOS_OF_HUB,
    SERVICE_KEY,
    SHORT_TERM,
    SHORT_TERM_OF_HUB,
    DataSet,
)
from wearcast.weather.sources.quoted_keys import refuse_quotes


@dataclass(frozen=True)
class Access:
    """What is needed to ask both services.

    Attributes:
        service_key: data.go.kr's, in its decoded form.
        apihub_key: apihub's; without it there are no hours of today.
        data_url, hub_url: where they are.
    """

    service_key: SecretStr
    apihub_key: SecretStr | None
    data_url: str
    hub_url: str

    @classmethod
    def of(cls, settings: Kma, environment: Mapping[str, str]) -> "Access":
        """The addresses of `settings`, and the keys in KMA_SERVICE_KEY and KMA_APIHUB_KEY; an empty
        one counts as not set.

        Raises:
            ConfigError: data.go.kr's key is missing, or one can't be meant; no message shows a key.
        """
        service_key, apihub_key = _key(environment, SERVICE_KEY), _key(environment, APIHUB_KEY)
        if service_key is None:
            raise ConfigError(
                f"the source kma needs a key, and {SERVICE_KEY} is not set. {ASOS.how_to_get}"
            )
        return cls(
            _decoded(service_key),
            SecretStr(apihub_key) if apihub_key else None,
            settings.data_url,
            settings.hub_url.rstrip("/"),
        )

    def require_apihub_key(self) -> SecretStr:
        """apihub's key.

        Raises:
            ConfigError: there is none.
        """
        if self.apihub_key is None:
            raise ConfigError(
                f"hours of today come from apihub.kma.go.kr, and {APIHUB_KEY} is not set."
                f" {ASOS_OF_HUB.how_to_get}"
            )
        return self.apihub_key


@dataclass(frozen=True)
class ShortTermAccess:
    """What is needed to ask for the short-term forecast, at whichever service has a key.

    Attributes:
        data_set: the service's, for messages.
        url: where it is.
        parameter: the key's name in the query.
        key: the service's, decoded.
    """

    data_set: DataSet
    url: str
    parameter: str
    key: SecretStr

    @classmethod
    def of(cls, settings: Kma, environment: Mapping[str, str]) -> "ShortTermAccess":
        """data.go.kr's address and key, or apihub's where only its key is set.

        Raises:
            ConfigError: neither key is set, or one can't be meant; no message shows a key.
        """
        service_key, apihub_key = _key(environment, SERVICE_KEY), _key(environment, APIHUB_KEY)
        if service_key:
            return cls(SHORT_TERM, settings.forecast_url, "serviceKey", _decoded(service_key))
        if apihub_key:
            hub_url = settings.hub_forecast_url
            return cls(SHORT_TERM_OF_HUB, hub_url, "authKey", SecretStr(apihub_key))
        raise ConfigError(
            f"the numerical forecasts of kma need a key, and neither {SERVICE_KEY} nor {APIHUB_KEY}"
            f" is set. {SHORT_TERM.how_to_get} Or: {SHORT_TERM_OF_HUB.how_to_get}"
        )


def _decoded(service_key: str) -> SecretStr:
    """The portal shows a key decoded (…/==) and percent-encoded (…%2F%3D%3D). An address encodes it
    again, so it must be the former."""
    return SecretStr(unquote(service_key) if "%" in service_key else service_key)


def _key(environment: Mapping[str, str], name: str) -> str | None:
    key = environment.get(name, "").strip()
    refuse_quotes(name, key)
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError(
            f"{name} has blanks or characters in it that no key has. Copy the key again."
        )
    return key or None
