"""The day in four numbers: lowest, highest, mean and range, how far they may be off, and when."""

from wearcast.messages import clock, say, temperature_to_tenth, tenths
from wearcast.serving.dashboard.hourly_section import extremes
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData


def day_statistics(data: PageData) -> Markup:
    """The numbers of the day, from coherent trajectories: its lowest and highest are quantities of
    their own."""
    language, units, letter = data.language, data.choices.units, data.temperature_suffix
    day = data.day(data.choices.day or "")
    low, mean, high = (day[f"temp_{name}_{letter}"] for name in ("min", "mean", "max"))
    coldest, warmest = extremes(data, data.hours(day["date"]))
    tiles = [
        _tile(data, say(language, "Lowest"), low, "min", clock(coldest["local_time"])),
        _tile(data, say(language, "Highest"), high, "max", clock(warmest["local_time"])),
        _tile(data, say(language, "Mean"), mean, "mean", None),
        tag(
            "div",
            tag("dt", say(language, "Range")),
            tag(
                "dd",
                temperature_to_tenth(high["p50"] - low["p50"], units),
                data_value="stats.range",
                class_="figure-of-day",
            ),
            tag("dd", say(language, "between the lowest and the highest")),
        ),
    ]
    return tag(
        "section",
        tag("h2", say(language, "The day in numbers"), id="numbers"),
        tag("dl", tiles, class_="tiles"),
        tag(
            "p",
            say(language, "Four times in five it will be within the range given."),
            class_="hint",
        ),
        class_="numbers card",
        aria_labelledby="numbers",
    )


def _tile(data: PageData, name: str, found: JsonObject, id: str, at: str | None) -> Markup:
    language, units = data.language, data.choices.units
    band = say(language, "{low} to {high}", low=tenths(found["p10"]), high=tenths(found["p90"]))
    when = (
        tag("dd", say(language, "about {time}", time=at), data_value=f"stats.{id}.at")
        if at
        else None
    )
    return tag(
        "div",
        tag("dt", name),
        tag(
            "dd",
            temperature_to_tenth(found["p50"], units),
            data_value=f"stats.{id}",
            class_="figure-of-day",
        ),
        tag("dd", band, data_value=f"stats.{id}.band"),
        when,
    )
