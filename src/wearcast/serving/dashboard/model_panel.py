"""The model's panel: its training, the data and code it comes from, and its parameters."""

from typing import Any

from wearcast.messages import say
from wearcast.serving.dashboard.forecast_basis import forecast_basis
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Panel
from wearcast.serving.dashboard.tables import (
    definition_list,
    folded,
    lead_range_names,
    score_table,
)
from wearcast.serving.dashboard.words import MISSING, named
from wearcast.vocabulary import Language


def panel(data: PageData, model: JsonObject, title: str) -> Panel:
    """The model's panel, with technical details folded."""
    language = data.language
    params = definition_list({name: _setting(value) for name, value in model["params"].items()})
    return Panel(
        tag(
            "section",
            tag("h2", title, id="about-model"),
            tag("p", _summary(language, model), class_="lead"),
            folded(say(language, "Where it comes from"), _provenance(data, model)),
            folded(
                say(language, "Scores on the validation period"),
                _validation(language, model["validation"]),
            ),
            folded(say(language, "Settings of the training"), params),
            class_="card",
            aria_labelledby="about-model",
        )
    )


def _summary(language: Language, model: JsonObject) -> str:
    trained = model["trained_on"]
    stations = [named(language, station) for station in model["stations"]]
    return say(
        language,
        "A neural network that learned from {stations}, from {start} to {until}. It looks at the"
        " past {days} days and gives nine quantiles for each of the next {hours} hours.",
        stations=", ".join(stations),
        start=trained["start"][:10],
        until=trained["until"][:10],
        days=str(round(model["history_h"] / 24)),
        hours=str(model["horizon_h"]),
    )


def _provenance(data: PageData, model: JsonObject) -> Markup:
    """Of the model, and of the shown forecast where the API says."""
    language = data.language
    basis = forecast_basis(data)
    shown = {say(language, "This forecast"): basis} if basis else {}
    trained = model["trained_on"]
    segments = say(
        language, "{source}, {n} stretches", source=trained["source"], n=str(trained["segments"])
    )
    libraries = [f"{name} {version}" for name, version in model["libraries"].items()]
    return definition_list(
        {
            say(language, "Version"): tag("code", model["version"], data_value="about.version"),
            say(language, "Trained on"): segments,
            say(language, "Data"): _hash(model["data"]),
            say(language, "Code"): _hash(model["code"]),
            say(language, "Network"): _hash(model["onnx"]),
            say(language, "Made with"): ", ".join(libraries),
            **shown,
        }
    )


def _hash(value: str) -> Markup:
    digest = value.removeprefix("sha256:")
    return tag("code", digest[:12], title=value)


def _setting(value: float | str | bool) -> str:
    """As params.yaml has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(round(value))
    return str(value)


def _validation(language: Language, validation: JsonObject) -> Markup:
    """The error of each variable in standard deviations, by lead."""
    quantities = {
        "temp_c": say(language, "Temperature"),
        "dewpoint_c": say(language, "Dew point"),
        "wind_ms": say(language, "Wind"),
        "cloud_pct": say(language, "Clouds"),
    }
    errors = validation.get("mae_sd") or {}
    ranges: list[str] = []
    rows = []
    for key, name in quantities.items():
        if errors.get(key):
            ranges = list(errors[key])
            cells = [_score(errors[key], leads) for leads in ranges]
            rows.append((name, cells))
    caption = say(
        language,
        "Mean error in standard deviations, over {n} forecasts",
        n=str(validation.get("windows", MISSING)),
    )
    columns = lead_range_names(language, ranges)
    return score_table(caption, columns, rows, "about.validation")


def _score(scores: Any, leads: str) -> str:
    value = scores.get(leads)
    return MISSING if value is None else f"{value:.2f}"
