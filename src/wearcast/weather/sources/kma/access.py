"""Keys and addresses of the two services: the keys from the environment and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from pydantic import SecretStr

from wearcast.config import Kma
from wearcast.errors import ConfigError

SERVICE_KEY, APIHUB_KEY = "KMA_SERVICE_KEY", "KMA_APIHUB_KEY"

HOW_TO_GET: Final = {
    SERVICE_KEY: (
        "Register at https://www.data.go.kr, apply there (free) for 기상청_지상(종관, ASOS)"
        f" 시간자료 조회서비스 (15057210), and set {SERVICE_KEY} to your key in either of its two"
        " forms. A new key works after an hour or more."
    ),
    APIHUB_KEY: (
        "Register at https://apihub.kma.go.kr, apply there (free) for 종관기상관측(ASOS) 시간자료"
        f" 기간 조회 (kma_sfctm3), and set {APIHUB_KEY} to your key."
    ),
}
"""What to do about a key that is missing."""


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
                f"the source kma needs a key, and {SERVICE_KEY} is not set."
                f" {HOW_TO_GET[SERVICE_KEY]}"
            )
        # The portal shows a key decoded (…/==) and percent-encoded (…%2F%3D%3D). An address encodes
        # it again, so it must be the former.
        decoded = SecretStr(unquote(service_key) if "%" in service_key else service_key)
        return cls(
            decoded,
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
                f" {HOW_TO_GET[APIHUB_KEY]}"
            )
        return self.apihub_key


def _key(environment: Mapping[str, str], name: str) -> str | None:
    key = environment.get(name, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError(
            f"{name} has blanks or characters in it that no key has. Copy the key again."
        )
    return key or None
