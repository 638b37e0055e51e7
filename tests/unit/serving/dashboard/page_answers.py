"""The data of a page made by hand: a day of the API's answer from a few hours, temperatures and
clothes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from wearcast.clothing.wardrobe import builtin
from wearcast.messages import name
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.page_query import Choices
from wearcast.vocabulary import Language, Units

DAY = "2024-04-10"
STATION = {"id": "108", "name_en": "Seoul", "name_ko": "서울", "days": [DAY], "today": DAY}
LEVELS = ("p05", "p10", "p25", "p40", "p50", "p60", "p75", "p90", "p95")


def at(hour: int) -> str:
    """A local hour of the day, from 24 on of the next one."""
    return (datetime.fromisoformat(f"{DAY}T00:00:00+09:00") + timedelta(hours=hour)).isoformat()


def piece(id: str, language: Language = "en") -> dict[str, Any]:
    """A piece of the wardrobe as an answer has it."""
    garment = builtin().garments[id]
    return {
        "id": id,
        "name": name(language, garment),
        "layer": str(garment.layer),
        "clo": garment.clo,
        "removable": garment.layer in ("mid", "outer"),
        "reason": "",
    }


def page_of(
    feels: Mapping[int, float],
    wears: Sequence[str],
    only_at: Mapping[str, Sequence[int]] | None = None,
    *,
    language: Language = "en",
    units: Units = "metric",
    wet: Sequence[int] = (),
    kind: str = "rain",
    take: str | None = "umbrella",
    named: str = "",
    chance: float | None = 0.1,
    wind_ms: float = 2.0,
    carry: Sequence[str] = (),
    out: str = "",
    day_before: float | None = None,
    own_pieces: Sequence[Mapping[str, Any]] = (),
) -> PageData:
    """The data of a page.

    Args:
        feels: by local hour outdoors, in °C.
        wears: the garments of the outfit, the outermost first.
        only_at: of garments that aren't on all the time, the hours in which they are.
        language, units: of the page.
        wet: the hours with likely rain or snow.
        kind, take, chance: of what falls, as in the API.
        named: what the sentence about it names.
        wind_ms: in every hour.
        carry: what to carry besides an umbrella.
        out: the outings.
        day_before: how much warmer than yesterday it feels.
        own_pieces: pieces of a person's own wardrobe.
    """
    pieces = [*own_pieces, *[piece(id, language) for id in wears]]
    suffix = "c" if units == "metric" else "f"

    def shown(temp_c: float) -> float:
        return temp_c if units == "metric" else 1.8 * temp_c + 32

    def worn(hour: int) -> list[str]:
        return [p["id"] for p in pieces if hour in (only_at or {}).get(p["id"], [hour])]

    timeline = [
        {
            "at": at(hour),
            "observed": False,
            "rain_chance": chance if hour in wet else 0.0,
            "worn": worn(hour),
            "change": "",
            f"feels_{suffix}": shown(value),
            "wind_ms" if units == "metric" else "wind_mph": wind_ms
            * (1 if units == "metric" else 2.237),
        }
        for hour, value in feels.items()
    ]
    umbrella = take == "umbrella" and bool(wet)
    advice = {
        "forecast": {"version": "1", "age_s": 600, "replay": False, "stale": False},
        "target_date": DAY,
        "why": "why",
        "precipitation": None
        if chance is None
        else {
            "kind": kind,
            "chance": chance,
            "hours": [at(hour) for hour in wet],
            "take": take if wet else None,
            "text": f"told: {named}" if wet else "",
        },
        "umbrella": {
            "advised": umbrella,
            "chance": chance,
            "from": at(wet[0]) if umbrella else None,
            "until": at(wet[-1] + 1) if umbrella else None,
        },
        "outfit": {"pieces": pieces},
        "carry": [{"item": item, "name": item} for item in carry],
        "timeline": timeline,
        "day_before": None
        if day_before is None
        else {"date": "2024-04-09", f"warmer_{suffix}": day_before},
    }
    days = [
        {
            "date": f"2024-04-{10 + n}",
            "rain_chance": chance,
            "precipitation": kind,
            f"temp_min_{suffix}": _quantiles(shown(5 - n / 10), n),
            f"temp_max_{suffix}": _quantiles(shown(14 + n / 10), n),
        }
        for n in range(7)
    ]
    hours = [
        {
            "local_time": at(hour),
            "lead_h": 1 + index,
            "rain_chance": chance if hour in wet else 0.0,
            "cloud_pct": 10.0,
            "daylight": 6 <= hour < 19,
        }
        for index, hour in enumerate(feels)
    ]
    choices = Choices(station="108", day=DAY, units=units, lang=language, out=out)
    latest = {"days": days, "hours": hours, "observed": [], "forecast": {"version": "1"}}
    return PageData(choices, [STATION], latest, advice, {DAY: advice})


def _quantiles(median: float, spread: float) -> dict[str, float]:
    return {level: median + spread * (int(level[1:]) - 50) / 40 for level in LEVELS}
