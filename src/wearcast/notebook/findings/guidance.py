"""What there is of numerical forecasts, how far they are from what came, and what is left out."""

from collections.abc import Mapping
from typing import Any

from IPython.display import Markdown

from wearcast.notebook.findings.phrases import as_list, counted, label, listed, plain, signed

_AGE_D = "1"
"""Of the figures in the sentences: what is said a day ahead."""


def findings(report: Mapping[str, Any]) -> Markdown:
    """The sentences as a list, for the notebook; the argument is theirs."""
    return as_list(sentences(report))


def sentences(report: Mapping[str, Any]) -> list[str]:
    """What was found.

    Args:
        report: as `guidance_quality.control_guidance` makes it.
    """
    found = []
    for station, of_station in report.items():
        found += [_amount(station, of_station), _bias(station, of_station)]
        found += _left_out(station, of_station)
        found += _steps(station, of_station)
    return [sentence for sentence in found if sentence]


def _amount(station: str, found: Mapping[str, Any]) -> str:
    models = found["models"]
    rows = sum(model["rows"] for model in models.values())
    first = min(model["first"] for model in models.values())
    last = max(model["last"] for model in models.values())
    forecasts = counted(rows, "forecast")
    names = listed(list(models))
    return f"{station}: {forecasts} by {names}, {first} to {last}."


def _bias(station: str, found: Mapping[str, Any]) -> str:
    """The mean error of each model's temperature a day ahead."""
    parts = []
    for name, model in found["models"].items():
        temps = model["variables"].get("temp_c", {})
        by_age = temps.get("bias_by_age", {})
        if _AGE_D in by_age:
            bias = signed(by_age[_AGE_D], "°C")
            parts.append(f"{name} by {bias}")
    if not parts:
        return ""
    models = listed(parts)
    return f"{station}: a day ahead the temperature is off, on the mean, of {models}."


def _left_out(station: str, found: Mapping[str, Any]) -> list[str]:
    """The models and the variables that are not used, each with its reason."""
    lines = []
    for name, fault in found["left_out"].items():
        from_then_on = f" from {fault['since']} on" if fault["since"] else ""
        lines.append(f"{station}: {name} is left out{from_then_on}: {fault['reason']}.")
    for entry in found["removed"]:
        variable = label(entry["variable"])
        what = f"the {variable} of {entry['model']}"
        ages = [str(age) for age in entry["ages"]]
        if ages:
            what += f" {listed(ages)} d ahead"
        if entry["since"]:
            what += f" from {entry['since']} on"
        lines.append(f"{station}: {what} is left out: {entry['reason']}.")
    return lines or [f"{station}: no model is left out."]


def _steps(station: str, found: Mapping[str, Any]) -> list[str]:
    """The largest step of each model's temperature."""
    lines = []
    for name, model in found["models"].items():
        temps = model["variables"].get("temp_c", {})
        steps = temps.get("steps", [])
        if steps:
            step = max(steps, key=lambda step: abs(step["size"]))
            size_c = step["size"]
            size = plain(abs(size_c), "°C")
            way = "rose" if size_c > 0 else "fell"
            lines.append(
                f"{station}: the temperatures of {name} {way} by {size} on {step['day']}, against"
                " the observations and the other models: it may have been changed."
            )
    return lines
