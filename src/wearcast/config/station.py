"""A place where the weather is observed."""

import functools
from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from wearcast.config.group import Group


@functools.cache
def _zones() -> frozenset[str]:
    """The names of all time zones; finding them walks through the files of all zones."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name!r} is not an IANA time zone, such as Asia/Seoul")
    return name


def _number_as_text(value: Any) -> Any:
    """YAML reads a station's number as one."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


StationId = Annotated[str, BeforeValidator(_number_as_text)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Station(Group):
    """A place where the weather is observed; latitude and longitude in degrees north and east."""

    id: StationId = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
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
