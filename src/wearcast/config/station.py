"""A place where the weather is observed."""

import functools
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from wearcast.config.group import Group

_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


@functools.cache
def _zones() -> frozenset[str]:
    """The names of all time zones; finding them walks through the files of all zones."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name!r} is not an IANA time zone, such as Asia/Seoul")
    return name


def _number_as_text(value: Any) -> Any:
    """YAML reads a station's number as one; a number with a leading zero has to be quoted by its
    writer."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _fit_for_names(value: Any) -> Any:
    """An id that may stand in names of files and in addresses."""
    id = _number_as_text(value)
    if not isinstance(id, str) or _ID.fullmatch(id):
        return id
    apart = unicodedata.normalize("NFKD", id)
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", apart.encode("ascii", "ignore").decode())
    example = plain.strip("-")[:32] or "home"
    raise ValueError(
        f"{id!r} can't be an id, which stands in names of files and in addresses (1 to 32 of A-Z,"
        f" a-z, 0-9, - and _): write id: {example}, and {id!r} as its name_en; a file's rows are"
        " found by either"
    )


StationId = Annotated[str, BeforeValidator(_number_as_text)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Station(Group):
    """A place where the weather is observed; latitude and longitude in degrees north and east."""

    id: Annotated[str, BeforeValidator(_fit_for_names)] = Field(pattern=f"^{_ID.pattern}$")
    name_en: str = Field(min_length=1)
    name_ko: str = Field(min_length=1)
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    elevation_m: float = Field(ge=-430, le=6000)
    time_zone: TimeZone

    @classmethod
    def known(cls, written: Mapping[str, Any]) -> "Station":
        """The station that another release wrote, without what only that release knows of it."""
        return cls.model_validate(
            {name: value for name, value in written.items() if name in cls.model_fields}
        )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the station's days begin."""
        return ZoneInfo(self.time_zone)
