"""States of the page for docs/words.md: each weather, each notice, the second tab, and the frame,
as HTML in every language."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, get_args

from service import made_up_scores
from service.example_weather import EXAMPLES, OTHERS, Weather, example
from service.in_process_service import RunningService, serving
from wearcast.clothing.personal_offset import PersonalOffset
from wearcast.serving.dashboard import scores_tab
from wearcast.serving.dashboard.api_client import ApiClient, ApiError, ErrorKind
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.own_votes import OwnVotes, Trouble
from wearcast.serving.dashboard.page_data import PageData, fetch_page_data
from wearcast.serving.dashboard.page_markup import page_markup
from wearcast.serving.dashboard.page_query import Choices, InvalidChoice
from wearcast.serving.dashboard.page_state import ApiFault, PageState
from wearcast.serving.dashboard.place_search import place_search
from wearcast.serving.dashboard.record_page import RecordData, record_markup
from wearcast.serving.dashboard.status_notices import status_notices
from wearcast.serving.dashboard_server.template_texts import offline_texts, template_texts
from wearcast.serving.feedback.wording import offset_in_words
from wearcast.vocabulary import LANGUAGES, Activity, Language, Style

WEATHERS: Final = EXAMPLES | OTHERS
HtmlByLanguage = Mapping[Language, str]


@dataclass(frozen=True)
class State:
    """A state of the page.

    Attributes:
        title: what it is, in English.
        html: in each language.
    """

    title: str
    html: HtmlByLanguage


_CHOICES: Final[Mapping[str, tuple[Mapping[str, Any], ...]]] = {
    "hot": ({"activity": Activity.RUNNING}, {"activity": Activity.SITTING}, {"units": "imperial"}),
    "warm": ({"style": Style.BUSINESS}, {"style": Style.SPORTY}, {"wake": 20, "sleep": 4}),
    "cool": ({"out": "8-9,18-19"}, {"style": Style.FEMININE}, {"style": Style.MINIMAL}),
    "cold": ({"sensitivity": "very_high"}, {"activity": Activity.RUNNING}, {"exposure": "hours"}),
    "wet": ({"activity": Activity.CYCLING}, {"activity": Activity.RUNNING}, {"out": "8-9"}),
    "snow": ({"activity": Activity.CYCLING}, {"out": "7-8,20-21"}),
    "wind": ({"activity": Activity.CYCLING}, {"units": "imperial"}),
    "sleet": ({"activity": Activity.CYCLING}, {"out": "9-10,17-19"}),
    "showers": ({"out": "8-9,12-13,19-20"}, {"activity": Activity.CYCLING}),
    "turning colder": ({"units": "imperial"}, {"activity": Activity.CYCLING}),
    "wide range": ({"activity": Activity.RUNNING}, {"sensitivity": "very_low"}),
}
"""Choices besides the usual ones with which a weather's page is made."""

_DAYS: Final = (1, 5)
"""Further days of the week whose page is made with the usual choices."""


def states() -> Iterator[State]:
    """All states, in the document's order."""
    for name, weather in WEATHERS.items():
        yield from _weather_states(name, weather)
    with _served(EXAMPLES["cool"]) as service:
        data = {language: _data(service, lang=language) for language in LANGUAGES}
        yield from _notice_states(data)
        yield from _place_states(data)
        yield from _votes_states(service)
        yield from _scores_states(data)
        yield from _record_states(data)
    yield _listed_state("The frame, before and without a kernel", template_texts)
    yield _listed_state("A page that the device has kept", offline_texts)


def second_tab() -> HtmlByLanguage:
    """The second tab with all of its parts."""
    with _served(EXAMPLES["cool"]) as service:
        data = {language: _data(service, lang=language) for language in LANGUAGES}
        return next(_scores_states(data)).html


@contextmanager
def _served(weather: Weather) -> Iterator[RunningService]:
    """A service over a week of that weather, 20 minutes after its last observation."""
    now = datetime.fromisoformat(f"{weather.issued_at}:20+00:00").astimezone(UTC)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), example(weather), now=lambda: now) as service,
    ):
        yield service


class _OneDayClient(ApiClient):
    """A client that asks for the advice of one day alone, where one is chosen: the others take
    seconds, and their words are in the other states."""

    def __init__(self, service: RunningService, day: str | None) -> None:
        super().__init__(service.client, "this process")
        self._day = day

    async def get(self, path: str, **query: str | None) -> Any:
        """The content of a response.

        Raises:
            ApiError: it is the advice of another day.
        """
        day = query.get("target_date")
        if self._day and day and day != self._day:
            raise ApiError("unknown", "another day")
        return await super().get(path, **query)


def _data(service: RunningService, **chosen: Any) -> PageData:
    client = _OneDayClient(service, chosen.get("day"))
    data, _ = service.run(fetch_page_data(client, Choices(**chosen)))
    return data


def _weather_states(name: str, weather: Weather) -> Iterator[State]:
    with _served(weather) as service:
        days = service.read("/stations")["stations"][0]["days"]
        usual = {} if name in EXAMPLES else {"day": days[0]}
        chosen = {"": usual}
        for index in _DAYS:
            chosen[f", day {index + 1}"] = {"day": days[index]}
        for choices in _CHOICES.get(name, ()):
            told = [f", {key} {value}" for key, value in choices.items()]
            chosen["".join(told)] = {"day": days[0], **choices}
        for told, choices in chosen.items():
            pages = {language: _page(service, choices, language) for language in LANGUAGES}
            yield State(f"{name.capitalize()} weather{told}", pages)


def _page(service: RunningService, choices: Mapping[str, Any], language: Language) -> Markup:
    data = _data(service, lang=language, **choices)
    return page_markup(PageState(data.choices, language, data=data))


def _notice_states(data: Mapping[Language, PageData]) -> Iterator[State]:
    """The notices of failures, with and without a forecast that is shown; of a stale forecast; of
    invalid choices; and the page without data."""
    since = datetime(2024, 10, 14, 21, 40, tzinfo=UTC)
    for kind in get_args(ErrorKind):
        fault = ApiFault(kind, "", 500, since)
        for shown in (True, False):
            title = f"Failure: {kind}, {'with' if shown else 'without'} an earlier forecast"
            yield State(title, {lang: _notices(data[lang], shown, fault) for lang in data})
    stale = {lang: _with_provenance(data[lang], stale=True, age_s=40_000) for lang in data}
    yield State("A stale forecast", {lang: _notices(stale[lang]) for lang in stale})
    replayed = {lang: _with_provenance(data[lang], replay=True) for lang in data}
    pages = {
        lang: page_markup(PageState(replayed[lang].choices, lang, data=replayed[lang]))
        for lang in data
    }
    yield State("A replay of past weather", pages)
    for name, value in _INVALID:
        invalid = InvalidChoice(name, value)
        notices = {lang: _notices(data[lang], invalid=(invalid,)) for lang in data}
        yield State(f"Invalid choice: {name} {value}", notices)
    empty = {lang: page_markup(PageState(Choices(lang=lang), lang)) for lang in data}
    yield State("The page without data", empty)


def _place_states(data: Mapping[Language, PageData]) -> Iterator[State]:
    """A place that the model was not trained at, and the search for places."""
    expected = {"mae_c": {"1-24": 1.3, "all": 2.4}, "coverage_80": {"all": 0.79}}
    untrained = {}
    for lang, one in data.items():
        station = {**one.station, "trained": False, "expected": expected}
        untrained[lang] = _notices(replace(one, stations=[station]))
    yield State("A place that the model was not trained at", untrained)
    for title, found in (("finds one", True), ("finds none", False)):
        searches = {}
        for lang, one in data.items():
            choices = replace(one.choices, find="Gangneung")
            hits = replace(one, choices=choices, found=[one.station] if found else [])
            searches[lang] = tag("div", place_search(PageState(choices, lang, data=hits)))
        yield State(f"A search for a place {title}", searches)


def _votes_states(service: RunningService) -> Iterator[State]:
    """The votes on past advice: before the first one, with what they taught, used and not, and why
    one isn't kept."""
    [station] = service.read("/stations")["stations"]
    day = station["days"][0]
    data = {lang: _data(service, lang=lang, day=day, wake=5) for lang in LANGUAGES}

    def pages(votes: Mapping[Language, OwnVotes], **chosen: Any) -> HtmlByLanguage:
        shown = {
            lang: replace(one, choices=replace(one.choices, **chosen)) for lang, one in data.items()
        }
        return {
            lang: page_markup(PageState(one.choices, lang, data=one, votes=votes[lang]))
            for lang, one in shown.items()
        }

    yield State("Votes: none yet", pages(dict.fromkeys(LANGUAGES, OwnVotes())))
    for mean_c in (1.4, -0.8):
        offset = PersonalOffset(9, mean_c, mean_c - 0.6, mean_c + 0.6)
        votes = {
            lang: OwnVotes(offset_in_words(lang, "metric", offset), f"{mean_c}", offset.votes)
            for lang in LANGUAGES
        }
        yield State(f"Votes: {mean_c} °C", pages(votes))
        yield State(f"Votes: {mean_c} °C, used", pages(votes, offset=f"{mean_c}"))
    for trouble in filter(None, get_args(Trouble)):
        yield State(f"Votes: {trouble}", pages(dict.fromkeys(LANGUAGES, OwnVotes(trouble=trouble))))


_INVALID: Final = (
    ("station", "999"),
    ("day", "2024-10-01"),
    ("day", "2024-12-01"),
    ("wake", "30"),
    ("sleep", "x"),
    ("out", "8-7"),
    ("hours", "8-8"),
    ("style", "royal"),
)


def _notices(
    data: PageData,
    shown: bool = True,
    fault: ApiFault | None = None,
    invalid: tuple[InvalidChoice, ...] = (),
) -> Markup:
    state = PageState(data.choices, data.language, invalid, data if shown else None, fault=fault)
    return tag("div", status_notices(state))


def _with_provenance(data: PageData, **changed: Any) -> PageData:
    advice = data.advice | {"forecast": data.provenance | changed}
    return replace(data, advice=advice)


def _scores_states(data: Mapping[Language, PageData]) -> Iterator[State]:
    """The second tab with all scores, with better ones, and without any."""
    weak, good = made_up_scores.verification(0.1), made_up_scores.verification(0.8, bias_c=-0.6)
    never = made_up_scores.verification()
    week = made_up_scores.recent(datetime(2024, 10, 14, 21, tzinfo=UTC))
    none, failed = {"verification": None, "plots": {}}, ApiError("gone", "")
    card = made_up_scores.model_card()
    answers = {
        "all there": (weak, week, card),
        "an umbrella that was never advised": (never, week, card),
        "a good umbrella, too cold a forecast": (good, week, card),
        "no scores yet": (none, {"verification": None}, card),
        "parts that fail": (failed, failed, card),
    }
    for title, (scores, recent, model) in answers.items():
        panels = {
            lang: scores_tab.tab(data[lang], scores, recent, model, True).html for lang in data
        }
        yield State(f"Second tab: {title}", panels)


def _record_states(data: Mapping[Language, PageData]) -> Iterator[State]:
    """The page of the last two weeks with good and bad scores, of a replay, and without any."""
    until = date(2024, 10, 15)
    good, bad = (made_up_scores.last_two_weeks(until, better) for better in (True, False))
    answers = {"good": (good, False), "bad, replayed": (bad, True), "none yet": (None, False)}
    for title, (recent, replay) in answers.items():
        pages = {}
        for language, shown in data.items():
            provenance = {**shown.provenance, "replay": replay}
            record = RecordData(shown.choices, shown.station, recent, provenance)
            pages[language] = record_markup(record)
        yield State(f"The last two weeks: {title}", pages)


def _listed_state(title: str, texts: Callable[[Language], Mapping[str, str]]) -> State:
    return State(
        title,
        {lang: tag("ul", [tag("li", one) for one in texts(lang).values()]) for lang in LANGUAGES},
    )
