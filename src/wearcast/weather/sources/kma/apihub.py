"""apihub.kma.go.kr, kma_sfctm3: the hours of a station up to the present one, before quality
control."""

import json
from datetime import datetime
from functools import partial
from typing import Any, Final

import pandas as pd

from wearcast.errors import QuotaError, SourceError
from wearcast.weather.sources.http_client import HttpClient, Query
from wearcast.weather.sources.http_response import HttpResponse
from wearcast.weather.sources.kma import apihub_table
from wearcast.weather.sources.kma.access import Access
from wearcast.weather.sources.kma.data_set import ASOS_OF_HUB, DataSet
from wearcast.weather.sources.kma.periods import KST

PATH: Final = "/kma_sfctm3.php"
"""The longest time that one call may ask for."""

_QUOTA: Final = (
    "The key's calls of today are used up. Run again after midnight in Korea (15:00 UTC); what is"
    " there already is not asked for again."
)


def hours(
    client: HttpClient, access: Access, station: str, first: datetime, last: datetime
) -> pd.DataFrame:
    """The station's hours from `first` to `last`, at most 31 days later, as rows for
    `asos_values.observations`.

    Raises:
        ConfigError: the key is missing.
        SourceError: they can't be had, or aren't what was asked for.
    """
    query: Query = {
        "tm1": f"{first.astimezone(KST):%Y%m%d%H%M}",
        "tm2": f"{last.astimezone(KST):%Y%m%d%H%M}",
        "stn": station,
        "help": "0",
        "authKey": access.require_apihub_key(),
    }
    return client.get(access.hub_url + PATH, query, partial(_rows, station, first, last))


def _rows(station: str, first: datetime, last: datetime, response: HttpResponse) -> pd.DataFrame:
    text = _text(response.content)
    if text.startswith("{"):
        raise refusal(response, text, ASOS_OF_HUB)
    response.require_success()
    if not text.startswith(apihub_table.START):
        raise response.rubbish("no table") if text else response.passing("nothing at all")
    if not text.endswith(apihub_table.END):
        raise response.passing(f"a table that was cut: it ends without {apihub_table.END}")
    return apihub_table.read(response, text, station, first, last)


def _text(content: bytes) -> str:
    """The body: errors come in UTF-8, tables in EUC-KR (cp949 has all of it)."""
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return content.decode("cp949", errors="replace").strip()


def refusal(response: HttpResponse, text: str, data_set: DataSet) -> SourceError:
    """What JSON means, which comes instead of data, with any status of its own or with 200."""
    try:
        result: Any = json.loads(text).get("result")
        status, message = int(result["status"]), str(result["message"])
    except (ValueError, TypeError, KeyError, AttributeError):
        response.require_success()
        return response.passing("neither a table nor a reason")
    reason = f"status {status}: {message}"
    if status == 429 or status >= 500:
        return response.passing(reason)
    told = f"{response.url} answered {reason.rstrip('.')}."
    if "한도" in message:
        return QuotaError(f"{told} {_QUOTA}")
    unknown = "Update Wearcast: this version does not know that status."
    return SourceError(f"{told} {_advice(data_set).get(status, unknown)}")


def _advice(data_set: DataSet) -> dict[int, str]:
    """What to do about a status that the user can do something about."""
    return {
        400: data_set.parameters,
        401: f"{data_set.key} holds no key that is valid. {data_set.how_to_get}",
        403: f"The key is valid, but not for this table. {data_set.how_to_get}",
        404: (
            f"The table has moved or ended. Set {data_set.address} to where it is now, or update"
            " Wearcast."
        ),
    }
