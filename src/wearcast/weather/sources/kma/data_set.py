"""The data sets that the two services are asked for: what each one's refusals mean to the user."""

from dataclasses import dataclass
from typing import Final

SERVICE_KEY, APIHUB_KEY = "KMA_SERVICE_KEY", "KMA_APIHUB_KEY"

_EITHER_FORM: Final = (
    f"set {SERVICE_KEY} to your key in either of its two forms. A new key works after an hour or"
    " more."
)


@dataclass(frozen=True)
class DataSet:
    """A data set of one of the services.

    Attributes:
        key: the environment variable of the service's key.
        how_to_get: what to do for a key that may ask for it.
        address: the setting that says where it is.
        parameters: what to do where the service finds a parameter wrong.
    """

    key: str
    how_to_get: str
    address: str
    parameters: str


ASOS: Final = DataSet(
    key=SERVICE_KEY,
    how_to_get=(
        "Register at https://www.data.go.kr, apply there (free) for 기상청_지상(종관, ASOS)"
        f" 시간자료 조회서비스 (15057210), and {_EITHER_FORM}"
    ),
    address="ingest.kma.data_url",
    parameters=(
        "Check the station's number and the dates, ingest.stations, ingest.start and ingest.end."
    ),
)
"""data.go.kr's quality-controlled hours."""

ASOS_OF_HUB: Final = DataSet(
    key=APIHUB_KEY,
    how_to_get=(
        "Register at https://apihub.kma.go.kr, apply there (free) for 종관기상관측(ASOS) 시간자료"
        f" 기간 조회 (kma_sfctm3), and set {APIHUB_KEY} to your key."
    ),
    address="ingest.kma.hub_url",
    parameters="Check the station's number, ingest.stations.",
)
"""apihub's hours as they were reported."""

SHORT_TERM: Final = DataSet(
    key=SERVICE_KEY,
    how_to_get=(
        "Register at https://www.data.go.kr, apply there (free) for 기상청_단기예보 조회서비스"
        f" (15084084), and {_EITHER_FORM}"
    ),
    address="ingest.kma.forecast_url",
    parameters="Check that the station is in South Korea, ingest.stations.",
)
"""data.go.kr's short-term forecast."""

SHORT_TERM_OF_HUB: Final = DataSet(
    key=APIHUB_KEY,
    how_to_get=(
        "Register at https://apihub.kma.go.kr, apply there (free) for 단기예보 조회"
        f" (VilageFcstInfoService_2.0), and set {APIHUB_KEY} to your key."
    ),
    address="ingest.kma.hub_forecast_url",
    parameters="Check that the station is in South Korea, ingest.stations.",
)
"""The same forecast at apihub."""
