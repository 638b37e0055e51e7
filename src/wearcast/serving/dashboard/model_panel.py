"""The model's card: what it was trained on, when and how, and which data and code it comes from."""

from typing import Any

from wearcast.messages import say
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Panel
from wearcast.serving.dashboard.tables import (
    definition_list,
    lead_range_name,
    score_table,
)
from wearcast.serving.dashboard.words import MISSING, named
from wearcast.vocabulary import SCORE_RANGES, Language


def panel(data: PageData, found: JsonObject, title: str) -> Panel:
    """The card; what only a colleague wants to know is folded away."""
    language = data.language
    trained = found["trained_on"]
    told = say(
        language,
        "A neural network that learned from {stations}, from {start} to {until}. It looks at the"
        " past {days} days and says nine quantiles for each of the next {hours} hours.",
        stations=", ".join(named(language, station) for station in found["stations"]),
        start=trained["start"][:10],
        until=trained["until"][:10],
        days=str(round(found["history_h"] / 24)),
        hours=str(found["horizon_h"]),
    )
    provenance = definition_list(
        {
            say(language, "Version"): tag("code", found["version"], data_value="about.version"),
            say(language, "Trained on"): say(
                language,
                "{source}, {n} stretches",
                source=trained["source"],
                n=str(trained["segments"]),
            ),
            say(language, "Data"): _hash(found["data"]),
            say(language, "Code"): _hash(found["code"]),
            say(language, "Network"): _hash(found["onnx"]),
            say(language, "Made with"): ", ".join(
                f"{name} {version}" for name, version in found["libraries"].items()
            ),
        }
    )
    params = definition_list({name: _number(value) for name, value in found["params"].items()})
    return Panel(
        tag(
            "section",
            tag("h2", title, id="about-model"),
            tag("p", told, class_="lead"),
            provenance,
            _folded(
                say(language, "Scores on the validation period"),
                _validation(language, found["validation"]),
            ),
            _folded(say(language, "Settings of the training"), params),
            class_="card",
            aria_labelledby="about-model",
        )
    )


def _folded(title: str, content: Markup) -> Markup:
    return tag("details", tag("summary", title), content)


def _hash(value: str) -> Markup:
    return tag("code", value.removeprefix("sha256:")[:12], title=value)


def _number(value: float) -> str:
    return str(round(value)) if float(value).is_integer() else str(value)


def _validation(language: Language, validation: JsonObject) -> Markup:
    """The error of each variable in standard deviations, by lead."""
    quantities = {
        "temp_c": say(language, "Temperature"),
        "dewpoint_c": say(language, "Dew point"),
        "wind_ms": say(language, "Wind"),
        "cloud_pct": say(language, "Clouds"),
    }
    errors = validation.get("mae_sd") or {}
    rows = [
        (name, [_score(errors[key], leads) for leads in (*SCORE_RANGES, "all")])
        for key, name in quantities.items()
        if errors.get(key)
    ]
    caption = say(
        language,
        "Mean error in standard deviations, over {n} forecasts",
        n=str(validation.get("windows", MISSING)),
    )
    return score_table(
        caption,
        [lead_range_name(language, leads) for leads in (*SCORE_RANGES, "all")],
        rows,
        "about.validation",
    )


def _score(scores: Any, leads: str) -> str:
    value = scores.get(leads)
    return MISSING if value is None else f"{value:.2f}"
