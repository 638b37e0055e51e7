"""Advice in the terminal for a day of the forecast."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from rich.console import Console

from wearcast.cli.advice_page import footnote, page
from wearcast.cli.asked_day import ForecastDay
from wearcast.clothing.advice import day_advice
from wearcast.config import Paths
from wearcast.forecasting.daily import reader_clock
from wearcast.messages import say
from wearcast.serving.made_from import owed_to
from wearcast.serving.snapshot_basis import snapshot_basis


def show(
    paths: Paths,
    console: Console,
    options: Mapping[str, object],
    station: str | None,
    on: str | None,
    wardrobe: Path | None,
    now: datetime,
) -> None:
    """Print what to wear on a day, and what the forecast was made by and from.

    Args:
        paths, options, station, on, wardrobe, now: as `ForecastDay.asked_for` takes them.
        console: where it is printed.

    Raises:
        ConfigError, ModelError: as `ForecastDay.asked_for`.
    """
    asked = ForecastDay.asked_for(paths, options, station, on, wardrobe, now)
    settings, origin = asked.settings, asked.snapshot.origin
    advice = day_advice(
        asked.snapshot,
        asked.place.id,
        asked.on,
        settings,
        asked.owned,
    )
    today = reader_clock(asked.snapshot, asked.place.id, now).date()
    console.print(page(advice, asked.place, today))
    made_by = say(
        settings.language,
        "Forecast by model {model} from {source}",
        model=origin.model,
        source=origin.source,
    )
    index = asked.snapshot.index(asked.place.id)
    basis = snapshot_basis(settings.language, asked.snapshot, index)
    credit = owed_to(origin.source, asked.snapshot.guidance[index])
    told = "\n".join(filter(None, (made_by, basis, credit)))
    console.print(footnote(told))
