"""The day in one look, and its outfit: a card for each piece, with its picture and its reason."""

from datetime import date

from wearcast.messages import age, long_date, say, unbroken
from wearcast.serving.dashboard.icon_markup import garment, glyph, sky_of_day
from wearcast.serving.dashboard.markup import Markup, screen_reader_text, tag
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.words import degrees, layer, percent_or_missing, style
from wearcast.vocabulary import Style


def headline(data: PageData) -> Markup:
    """The day: its weather, how low and how high it gets, and the one sentence that decides."""
    language, choices, letter = data.language, data.choices, data.temperature_suffix
    day = data.day(choices.day or "")
    low, high = day[f"temp_min_{letter}"]["p50"], day[f"temp_max_{letter}"]["p50"]
    return tag(
        "section",
        tag("h1", long_date(language, date.fromisoformat(day["date"])), id="day"),
        tag(
            "p",
            tag("span", sky_of_day(data, day), class_="sky"),
            tag(
                "span",
                screen_reader_text(say(language, "highest")),
                tag("span", degrees(high), data_value="day.temp_max"),
                class_="high",
            ),
            tag(
                "span",
                screen_reader_text(say(language, "lowest")),
                tag("span", degrees(low), data_value="day.temp_min"),
                class_="low",
            ),
            class_="now",
        ),
        tag("p", unbroken(data.advice["why"]), class_="why", data_value="why"),
        tag("p", _rain(data, day["rain_chance"]), _age_and_replay(data), class_="facts"),
        class_="headline",
        aria_labelledby="day",
    )


def _rain(data: PageData, chance: float | None) -> Markup | None:
    if chance is None:
        return None
    text = say(data.language, "Chance of rain")
    return tag(
        "span",
        glyph("drop"),
        text,
        " ",
        tag("b", percent_or_missing(chance), data_value="day.rain_chance"),
        class_="rain",
    )


def _age_and_replay(data: PageData) -> list[Markup]:
    """How old the forecast is, and whether it is a replay."""
    language, forecast = data.language, data.provenance
    made = tag(
        "span",
        glyph("clock"),
        say(language, "Forecast made {age}", age=age(language, forecast["age_s"])),
        class_="age",
    )
    replay = tag(
        "span", say(language, "Replay of past weather"), class_="badge", data_notice="replay"
    )
    return [made, replay] if forecast["replay"] else [made]


def outfit_card(data: PageData) -> Markup:
    """The styles to choose from, and the chosen one's pieces."""
    language = data.language
    found = data.advice["outfit"]
    missing = data.advice["missing"]
    return tag(
        "section",
        tag("h2", say(language, "What to wear"), id="outfit"),
        tag(
            "nav",
            [_style(data, name) for name in Style],
            class_="styles",
            aria_label=say(language, "Style"),
        ),
        tag("ul", [_piece(data, piece) for piece in found["pieces"]], class_="pieces"),
        tag("p", missing, class_="hint") if missing else None,
        class_="outfit card",
        aria_labelledby="outfit",
    )


def _style(data: PageData, name: str) -> Markup:
    choices = data.choices
    current = "true" if name == choices.style else None
    return tag(
        "a",
        style(data.language, name),
        href=choices.to_query(style=name),
        id=f"style-{name}",
        aria_current=current,
    )


def _piece(data: PageData, piece: dict[str, str]) -> Markup:
    language = data.language
    comes_off = say(language, "may come off") if piece["removable"] else None
    return tag(
        "li",
        tag("span", garment(piece["id"], piece["layer"]), class_="picture"),
        tag(
            "div",
            tag(
                "p",
                layer(language, piece["layer"]),
                tag("span", comes_off, class_="badge") if comes_off else None,
                class_="layer",
            ),
            tag("h3", piece["name"], data_value="piece"),
            tag("p", unbroken(piece["reason"]), class_="reason", data_value="reason"),
        ),
        class_=f"piece {piece['layer']}",
        data_id=piece["id"],
    )
