"""getVilageFcst, the service of the KMA's short-term forecast: the same at data.go.kr and at
apihub.

Each item is one value of one hour, all strings. An issue that isn't there is no error but NODATA.
"""

import re
from datetime import datetime
from functools import partial
from typing import Any, Final

from wearcast.weather.sources.http_client import HttpClient, Query
from wearcast.weather.sources.http_response import HttpResponse
from wearcast.weather.sources.kma import apihub, datago_pages
from wearcast.weather.sources.kma.access import ShortTermAccess
from wearcast.weather.sources.kma.data_set import DataSet
from wearcast.weather.sources.kma.datago_envelope import opened
from wearcast.weather.sources.kma.datago_pages import Item
from wearcast.weather.sources.kma.forecast_grid import Cell
from wearcast.weather.sources.kma.periods import KST

MOST_ROWS: Final = 1000
"""An answer's limit: the issues of 17 and 20 h have more."""

_REFUSAL: Final = re.compile(r'\{\s*"result"')
"""How apihub's own refusals begin, which have no envelope."""


def items(
    client: HttpClient,
    access: ShortTermAccess,
    issued_at: datetime,
    cell: Cell,
    page_rows: int = MOST_ROWS,
) -> list[Item]:
    """All values of an issue for a cell; none where the issue isn't there.

    Raises:
        SourceError: the service can't be asked, refuses, or gives another page than was asked for.
    """
    local = issued_at.astimezone(KST)
    query: Query = {
        access.parameter: access.key,
        "dataType": "JSON",
        "base_date": f"{local:%Y%m%d}",
        "base_time": f"{local:%H%M}",
        "nx": str(cell.nx),
        "ny": str(cell.ny),
    }
    read_body = partial(_body, access.data_set)
    return datago_pages.items(client, access.url, query, read_body, page_rows) or []


def _body(data_set: DataSet, response: HttpResponse) -> dict[str, Any] | None:
    text = response.content.decode("utf-8-sig", errors="replace").strip()
    if _REFUSAL.match(text):
        raise apihub.refusal(response, text, data_set)
    return opened(response, data_set)
