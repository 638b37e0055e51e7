"""What a forecast is made from, in words: the numerical models and their runs, or the station's
past alone; and whom that is owed to."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from wearcast.forecasting.guidance_used import GuidanceRun, GuidanceUsed
from wearcast.messages import listed, long_date, month, say, weekday
from wearcast.vocabulary import Language
from wearcast.weather.attribution import attribution, guidance_attribution

_NAMES: Final = {
    "bom": "BOM",
    "cma": "CMA",
    "ecmwf": "ECMWF",
    "gem": "GEM",
    "gfs": "GFS",
    "icon": "ICON",
    "jma": "JMA",
    "knmi": "KNMI",
    "meteofrance": "Météo-France",
    "ukmo": "UK Met Office",
}
"""Of models as people know them, by the first word of a model's name."""

_NOON: Final = timedelta(hours=12)
_EVENING: Final = timedelta(hours=21)
_A_DAY: Final = timedelta(days=1)
_A_WEEK: Final = timedelta(days=7)


def made_from(
    language: Language, used: GuidanceUsed | None, issued_at: datetime, horizon_h: int
) -> str:
    """Which numerical models a station's forecast is made from, of which runs, which are missing,
    and up to which day they reach where that isn't its last one; or that it is made from the
    station's past alone.

    Args:
        language: of the sentences.
        used: the numerical forecasts that went into it; None for none.
        issued_at: when the forecast was issued, in the station's time zone.
        horizon_h: how many hours ahead it reaches.
    """
    if used is None:
        return say(language, "Made from the station’s past alone.")
    runs = runs_in_words(language, used.runs, _usual_date(used.runs, issued_at))
    sentences = [
        say(language, "Made from {runs}, fitted to this station.", runs=runs),
        _reach(language, used, issued_at, horizon_h),
        _rain_reach(language, used, issued_at),
        _without(language, used.missing),
    ]
    return " ".join(filter(None, sentences))


def made_from_briefly(
    language: Language, used: GuidanceUsed | None, issued_at: datetime, horizon_h: int
) -> str:
    """The same in a few words: only the models, and up to which day they reach. For the arguments
    see `made_from`."""
    if used is None:
        return say(language, "From the station’s past alone")
    models = models_in_words(language, [run.model for run in used.runs])
    last = last_guided_day(used, issued_at)
    if last >= _last_forecast_day(issued_at, horizon_h):
        return say(language, "From {models}", models=models)
    day = _day(language, last, issued_at)
    return say(language, "From {models}, up to {day}", models=models, day=day)


def last_guided_day(used: GuidanceUsed, issued_at: datetime) -> date:
    """The last local date whose temperature is made from numerical forecasts at least to noon;
    `issued_at` is in the station's time zone."""
    return _last_day(issued_at, used.reach_h, _NOON)


def owed_to(source: str, used: GuidanceUsed | None) -> str:
    """The credit to give wherever a forecast is shown: to the source of its observations, and to
    those of the numerical forecasts that went into it. Empty where none is owed."""
    credits = [attribution(source)]
    if used is not None:
        models = [run.model for run in used.runs]
        credits.append(guidance_attribution(used.source, models))
    return ". ".join(filter(None, credits))


def models_in_words(language: Language, models: Sequence[str]) -> str:
    """The models by their everyday names."""
    return _together(language, _names(language, models))


def runs_in_words(language: Language, runs: Sequence[GuidanceRun], usual: date | None) -> str:
    """The models, together where their runs are of the same time.

    Args:
        usual: the date that isn't told, UTC; None to tell all.
    """
    by_time: dict[str, list[str]] = {}
    for run in runs:
        time = _time_of_run(language, run, usual)
        by_time.setdefault(time, []).append(run.model)
    groups = []
    for time, models in by_time.items():
        names = _names(language, models)
        told = _together(language, names)
        if len(by_time) == 1 and len(names) > 1:
            groups.append(say(language, "{models}, runs of {time}", models=told, time=time))
        else:
            groups.append(say(language, "{models} of {time}", models=told, time=time))
    return listed(groups)


def _usual_date(runs: Sequence[GuidanceRun], issued_at: datetime) -> date | None:
    """The date that isn't told, UTC: the newest run's, unless that is a day old."""
    newest = max(run.issued_until for run in runs)
    return newest.date() if issued_at - newest < _A_DAY else None


def _time_of_run(language: Language, run: GuidanceRun, usual: date | None) -> str:
    first, last = run.issued_from, run.issued_until
    if first == last:
        return _time(language, first, usual)
    if first.date() == last.date() == usual:
        span = say(language, "{start} to {end}", start=_hour(first), end=_hour(last))
        return say(language, "{hour} UTC", hour=span)
    start = _time(language, first, usual)
    end = _time(language, last, usual)
    return say(language, "{start} to {end}", start=start, end=end)


def _time(language: Language, at: datetime, usual: date | None) -> str:
    if at.date() == usual:
        return say(language, "{hour} UTC", hour=_hour(at))
    return say(
        language,
        "{hour} UTC on {month} {day}",
        hour=_hour(at),
        month=month(language, at),
        day=str(at.day),
    )


def _hour(at: datetime) -> str:
    return f"{at:%H:%M}" if at.minute else f"{at:%H}"


def _names(language: Language, models: Iterable[str]) -> list[str]:
    """Their everyday names, each once; a model that has none keeps its own."""
    names = {}
    for model in models:
        owner = model.partition("_")[0]
        name = say(language, "KMA") if owner == "kma" else _NAMES.get(owner, model)
        names[name] = model
    return list(names)


def _together(language: Language, names: Sequence[str]) -> str:
    *others, last = names
    if not others:
        return last
    first, *rest = others
    told = first
    for name in rest:
        told = say(language, "{names}, {name}", names=told, name=name)
    return say(language, "{names} and {name}", names=told, name=last)


def _without(language: Language, missing: Sequence[str]) -> str:
    """Empty where none is missing."""
    if not missing:
        return ""
    names = _names(language, missing)
    models = _together(language, names)
    if len(names) == 1:
        return say(language, "Without {models}, which is missing.", models=models)
    return say(language, "Without {models}, which are missing.", models=models)


def _reach(language: Language, used: GuidanceUsed, issued_at: datetime, horizon_h: int) -> str:
    """Empty where they reach the forecast's last day."""
    last = last_guided_day(used, issued_at)
    if last >= _last_forecast_day(issued_at, horizon_h):
        return ""
    day = _day(language, last, issued_at)
    return say(
        language, "That is up to {day}; the days after come from the station’s past.", day=day
    )


def _rain_reach(language: Language, used: GuidanceUsed, issued_at: datetime) -> str:
    """Empty where they reach as far for rain as for the temperature."""
    if not used.rain_reach_h:
        return say(language, "Rain and snow come from the station’s past.")
    last = _last_day(issued_at, used.rain_reach_h, _NOON)
    if last >= last_guided_day(used, issued_at):
        return ""
    day = _day(language, last, issued_at)
    return say(language, "For rain and snow that is up to {day}.", day=day)


def _last_forecast_day(issued_at: datetime, horizon_h: int) -> date:
    """The last local date that is offered: it is covered to its evening."""
    return _last_day(issued_at, horizon_h, _EVENING)


def _last_day(issued_at: datetime, lead_h: int, hour: timedelta) -> date:
    """The last local date that is covered to an hour of it, or else the issue date."""
    last_hour = issued_at + timedelta(hours=lead_h)
    covered = (last_hour - hour).date()
    return max(covered, issued_at.date())


def _day(language: Language, on: date, issued_at: datetime) -> str:
    """Its weekday, or its date where the weekday could be another day's."""
    is_within_week = on - issued_at.date() < _A_WEEK
    return weekday(language, on) if is_within_week else long_date(language, on)
