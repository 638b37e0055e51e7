"""The day in four numbers: lowest, highest and mean temperature with intervals, and the range."""

from wearcast.messages import say, temperature_to_tenth, tenths
from wearcast.serving.dashboard.hourly_chart import extremes
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData


def day_statistics(data: PageData) -> Markup:
    """The section with the numbers of the day, which come from trajectories."""
    language, suffix = data.language, data.temperature_suffix
    day = data.day(data.choices.day or "")
    low, mean, high = (day[f"temp_{name}_{suffix}"] for name in ("min", "mean", "max"))
    coldest, warmest = extremes(data)
    tiles = [
        _tile(
            data,
            say(language, "Lowest"),
            low,
            "min",
            data.clock(coldest["local_time"]),
        ),
        _tile(
            data,
            say(language, "Highest"),
            high,
            "max",
            data.clock(warmest["local_time"]),
        ),
        _tile(data, say(language, "Mean"), mean, "mean", None),
        _range_tile(data, high["p50"] - low["p50"]),
    ]
    hint = say(language, "8 days in 10 end up in this range.")
    return tag(
        "section",
        tag("h2", say(language, "The day in numbers"), id="numbers"),
        tag("dl", tiles, class_="tiles"),
        tag("p", hint, class_="hint"),
        class_="numbers card",
        aria_labelledby="numbers",
    )


def _tile(data: PageData, label: str, quantiles: JsonObject, id: str, at: str | None) -> Markup:
    language = data.language
    number = temperature_to_tenth(language, quantiles["p50"], data.choices.units)
    low, high = tenths(quantiles["p10"]), tenths(quantiles["p90"])
    band = say(language, "{low} to {high}", low=low, high=high)
    when = None
    if at:
        text = say(language, "about {time}", time=at)
        when = tag("dd", text, data_value=f"stats.{id}.at")
    return tag(
        "div",
        tag("dt", label),
        tag("dd", number, data_value=f"stats.{id}", class_="figure-of-day"),
        tag("dd", band, data_value=f"stats.{id}.band"),
        when,
    )


def _range_tile(data: PageData, difference: float) -> Markup:
    language = data.language
    number = temperature_to_tenth(language, difference, data.choices.units)
    return tag(
        "div",
        tag("dt", say(language, "Range")),
        tag("dd", number, data_value="stats.range", class_="figure-of-day"),
        tag("dd", say(language, "between the lowest and the highest")),
    )
