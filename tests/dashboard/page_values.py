"""The values that a page shows, and the expected ones by the API's responses."""

from collections import defaultdict
from typing import Any

from playwright.sync_api import Page, expect

from wearcast.messages import clock
from wearcast.vocabulary import precipitation_kind, umbrella_is_due

Shown = dict[tuple[str, str], list[str]]
_READ = """() => [...document.querySelectorAll("#wearcast [data-value]")].map(
    (e) => [e.dataset.value, e.dataset.date || e.dataset.at || "",
            e.textContent.replaceAll("\\u00a0", " ")])"""


def shown(page: Page) -> Shown:
    """Every value of the first tab, by its name and its date or hour; a space is a space, whether a
    line may end there or not."""
    found = defaultdict(list)
    for name, when, text in page.evaluate(_READ):
        found[name, when].append(text)
    return dict(found)


def settled(page: Page) -> None:
    """Wait until the page shows what was chosen last."""
    expect(page.locator("#wearcast:not([aria-busy])")).to_be_attached()


def due(forecast: Any, advice: Any) -> Shown:
    """What it ought to show."""
    imperial = forecast["units"] == "imperial"
    c, wind = ("f", "wind_mph") if imperial else ("c", "wind_ms")
    found = defaultdict(list)

    def put(name: str, text: str | None, when: str = "") -> None:
        found[name, when].append(text)

    _week(put, forecast, c)
    _first_screen(put, advice, c)
    date = advice["target_date"]
    [day] = [day for day in forecast["days"] if day["date"] == date]
    if day["rain_chance"] is not None:
        put("day.rain_chance", percent(day["rain_chance"]))
    assert forecast["forecast"]["guidance"] is None
    put("made_from", "From the station’s past alone")
    put("why", advice["why"])
    for line in ("precipitation", "day_before"):
        if advice[line] and advice[line]["text"]:
            put(line, advice[line]["text"])
    for piece in advice["outfit"]["pieces"]:
        put("piece", piece["name"])
        put("reason", piece["reason"])
    for name in ("fits", "too_cold", "too_warm"):
        put(f"certainty.{name}", percent(advice["certainty"][name]))
    put("certainty.text", advice["certainty"]["text"])
    if advice["certainty"]["second_text"]:
        put("second", advice["certainty"]["second_text"])
    for thing in advice["carry"]:
        put("carry", thing["name"])
        put("carry.reason", thing["reason"])
    put("tip.layering", advice["recommendations"]["layering_tip"])
    put("tip.activity", advice["recommendations"]["activity_tip"])
    for step in advice["timeline"]:
        if step["change"]:
            put("change", step["change"], step["at"][:16])
    if advice["unknown"]:
        put("unknown", advice["unknown"])
    _hours(put, forecast, advice, c, wind)
    _statistics(put, forecast, day, c, "°F" if imperial else "°C")
    return dict(found)


def _week(put: Any, forecast: Any, c: str) -> None:
    """From the fourth day on, the range instead of the median."""
    for index, day in enumerate(forecast["days"]):
        for name in ("min", "max"):
            value = day[f"temp_{name}_{c}"]
            low, high = degrees(value["p10"]), degrees(value["p90"])
            vague = index >= 3 and low != high
            text = f"{whole(value['p10'])}…{high}" if vague else degrees(value["p50"])
            put(f"week.{name}", text, day["date"])
        chance = day["rain_chance"]
        if chance is not None and umbrella_is_due(chance):
            put("week.rain_chance", percent(chance), day["date"])


def _first_screen(put: Any, advice: Any, c: str) -> None:
    steps = [step for step in advice["timeline"] if not step["observed"]] or advice["timeline"]
    distance = max(1, -(-len(steps) // 5))
    for step in steps[::distance][:5]:
        put("feels", degrees(step[f"feels_{c}"]), step["at"][:16])
    if advice["umbrella"]["chance"] is not None:
        put("umbrella.chance", percent(advice["umbrella"]["chance"]))


def _median(value: Any) -> float | None:
    return value["p50"] if isinstance(value, dict) else value


def _wind(wind: float | None, gust: float | None) -> str:
    if wind is None:
        return "–"
    stronger = gust is not None and round(gust) > round(wind)
    return f"{whole(wind)} ({whole(gust)})" if stronger else whole(wind)


def _hours(put: Any, forecast: Any, advice: Any, c: str, wind: str) -> None:
    felt = {step["at"]: step[f"feels_{c}"] for step in advice["timeline"]}
    for hour in (*forecast["observed"], *forecast["hours"]):
        if hour["local_time"][:10] != advice["target_date"] and hour["local_time"] not in felt:
            continue
        when, ahead = hour["local_time"][:16], "lead_h" in hour
        temp, blow = hour[f"temp_{c}"], hour[wind]
        put("hour.temp", degrees(temp["p50"] if ahead else temp), when)
        put(
            "hour.band",
            f"{whole(temp['p10'])} … {whole(temp['p90'])}" if ahead else "measured",
            when,
        )
        put("hour.feels", degrees(felt.get(hour["local_time"])), when)
        gust = hour[wind.replace("wind", "gust")]
        put("hour.wind", _wind(_median(blow), _median(gust)), when)
        fallen = hour.get("precip_mm", hour.get("precip_in"))
        if ahead:
            put("hour.rain", percent(hour["rain_chance"]), when)
        else:
            put(
                "hour.rain",
                (
                    "–"
                    if fallen is None
                    else _fell(hour)
                    if fallen >= (0.1 if c == "c" else 0.004)
                    else "dry"
                ),
                when,
            )


def _fell(hour: Any) -> str:
    kind = precipitation_kind(hour["snow_chance"])
    return {"rain": "rain", "snow": "snow", "rain_or_snow": "sleet"}[kind]


def _statistics(put: Any, forecast: Any, day: Any, c: str, unit: str) -> None:
    hours = _of(forecast, day["date"])
    known = [
        (
            clock("en", forecast["units"], hour["local_time"]),
            temp["p50"] if isinstance(temp := hour[f"temp_{c}"], dict) else temp,
        )
        for hour in hours
    ]
    known = [(at, temp) for at, temp in known if temp is not None]
    for name, extreme in (("min", min), ("max", max), ("mean", None)):
        found = day[f"temp_{name}_{c}"]
        put(f"stats.{name}", f"{tenths(found['p50'])} {unit}")
        put(f"stats.{name}.band", f"{tenths(found['p10'])} to {tenths(found['p90'])}")
        if extreme:
            put(f"stats.{name}.at", f"about {extreme(known, key=lambda pair: pair[1])[0]}")
    put(
        "stats.range", f"{tenths(day[f'temp_max_{c}']['p50'] - day[f'temp_min_{c}']['p50'])} {unit}"
    )


def _of(forecast: Any, date: str) -> list[Any]:
    return [
        hour
        for hour in (*forecast["observed"], *forecast["hours"])
        if hour["local_time"][:10] == date
    ]


def degrees(value: float | None) -> str:
    """A temperature in whole degrees."""
    return "–" if value is None else f"{whole(value)}°"


def whole(value: float) -> str:
    """A whole number with a real minus."""
    return str(round(value)).replace("-", "−")


def tenths(value: float) -> str:
    """A number to its tenth."""
    return f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−")


def percent(chance: float | None) -> str:
    """A chance."""
    return "–" if chance is None else f"{round(chance * 100)} %"
