"""The day of the forecast that somebody asks on the command line what to wear on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from wearcast.clothing.ladders import Ladder
from wearcast.clothing.own_wardrobe import read_own
from wearcast.clothing.settings import Settings
from wearcast.clothing.target_day import Relative, read_day, target_day
from wearcast.config import Paths, Station, checked
from wearcast.errors import ConfigError
from wearcast.forecasting.snapshot import Snapshot


@dataclass(frozen=True)
class ForecastDay:
    """A day of the forecast that somebody asked what to wear on.

    Attributes:
        snapshot: the forecast.
        place: the station.
        on: the day.
        settings: the person's.
        owned: the ladder of what they own; None for everything of the style.
        now: the reader's time, with its zone.
    """

    snapshot: Snapshot
    place: Station
    on: date
    settings: Settings
    owned: Ladder | None
    now: datetime

    @classmethod
    def asked_for(
        cls,
        paths: Paths,
        options: Mapping[str, object],
        station: str | None,
        on: str | None,
        wardrobe: Path | None,
        now: datetime,
    ) -> "ForecastDay":
        """The day asked for, the usual one unless told otherwise, at the first station unless
        told otherwise.

        Args:
            paths: of the project.
            options: the person's settings.
            station: its id.
            on: today, tomorrow or a date; else what `target_day` says.
            wardrobe: a file of what the person owns.
            now: the reader's time, with its zone.

        Raises:
            ConfigError: the pipeline hasn't run yet, or an option isn't valid.
            ModelError: the station or the day isn't in the forecast.
        """
        settings = checked(Settings, dict(options), "what you asked for")
        if not paths.snapshot.is_file():
            raise ConfigError(
                f"{paths.snapshot} is not there yet. Run `make repro` or `dvc repro` first."
            )
        snapshot = Snapshot.from_bytes(paths.snapshot.read_bytes())
        place = snapshot.stations[snapshot.index(station) if station else 0]
        day = target_day(snapshot, place.id, read_date(on), settings, now)
        owned = read_own(wardrobe, settings.activity) if wardrobe else None
        return cls(snapshot, place, day, settings, owned, now)


def read_date(text: str | None) -> date | Relative | None:
    """What --date says; None where it says nothing.

    Raises:
        ConfigError: it is neither a date nor a word for one.
    """
    if not text:
        return None
    try:
        return read_day(text)
    except ValueError as error:
        raise ConfigError(f"--date {text!r}: {error}.") from error
