"""The page's HTML, made of a real service's answers."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from service.running import serving
from service.snapshots import NEWARK, joined, two_cities, varied
from wearcast.serving.dashboard import answers, frame
from wearcast.serving.dashboard.choices import Choices, read
from wearcast.serving.dashboard.client import Client
from wearcast.serving.dashboard.hours import figure
from wearcast.serving.dashboard.state import Fault, State

VOID = {"br", "hr", "img", "input", "path", "rect", "circle", "line", "ellipse", "polyline", "polygon"}
KINDS = ("gone", "slow", "empty", "unknown", "refused", "broken")


class Read(HTMLParser):
    """What a browser would make of it: the texts of elements by their data-value, ids, and whether tags are balanced."""

    def __init__(self, html):
        super().__init__()
        self.values, self.ids, self.texts, self._open = {}, [], [], []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, name, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.append(found["id"])
        if name not in VOID:
            self._open.append((name, (found.get("data-value"), found.get("data-date") or found.get("data-at")), []))

    def handle_startendtag(self, name, attributes):
        pass

    def handle_endtag(self, name):
        opened, key, texts = self._open.pop()
        assert opened == name
        self.values.setdefault(key, []).append("".join(texts))

    def handle_data(self, data):
        self.texts.append(data)
        for _, _, texts in self._open:
            texts.append(data)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served"), two_cities()) as one:
        yield one


def asked(running, **chosen):
    return running.run(answers.ask(Client(running.client, "here"), Choices(lang=chosen.pop("lang", "en"), **chosen)))


def shown(running, query=""):
    choices, wrong = read(query)
    found, also = asked(running, **vars(choices) | {"lang": choices.lang or "en"})
    return State(choices, "en", wrong + also, found)


@pytest.mark.parametrize("query", ["", "?lang=ko", "?units=imperial", "?station=108&lang=ko&style=business&sensitivity=very_high"])
def test_it_is_well_formed_and_no_id_is_there_twice(running, query):
    page = Read(frame.page(shown(running, query)))
    assert len(set(page.ids)) == len(page.ids)


def test_the_korean_page_is_in_korean(running):
    page = Read(frame.page(shown(running, "?station=108&lang=ko")))
    words = set(re.findall(r"[A-Za-z]+", " ".join(page.texts)))
    assert words <= {"Wearcast", "English", "C", "F", "m", "s", "made", "up", "tested"}


@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_it_shows_the_days_from_trajectories_and_the_hours_from_quantiles(running, units):
    state = shown(running, f"?units={units}&station=EWR")
    page, letter = Read(frame.page(state)), "c" if units == "metric" else "f"
    forecast = running.read("/forecast/latest", station="EWR", units=units)
    for day in forecast["days"]:
        assert page.values["temp_max", day["date"]] == [f"{round(day[f'temp_max_{letter}']['p50'])}°".replace("-", "−")]
    for hour in state.answers.hours(state.answers.choices.day):
        assert ("hour.temp", hour["local_time"][:16]) in page.values


def test_text_of_an_answer_is_never_html(tmp_path):
    evil = NEWARK.model_copy(update={"name_en": "<script>alert(1)</script>"})
    with serving(tmp_path, joined(varied(evil, "2024-04-09T19"))) as running:
        page = frame.page(shown(running))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("query", "told"),
    [("?station=XYZ", "XYZ"), ("?day=1999-12-31", "1999-12-31"), ("?units=parsec", "parsec"), ("?wake=8&sleep=8", "07:00 to 22:00")],
)
def test_a_wrong_choice_is_told_and_the_usual_shown(running, query, told):
    state = shown(running, query)
    page = Read(frame.page(state))
    assert told in " ".join(page.texts)
    assert 'data-notice="wrong"' in frame.page(state)
    assert state.answers.choices.station == "EWR"


def test_hours_through_the_night_are_those_of_the_api_and_where_they_part_is_marked(running):
    page = frame.page(shown(running, "?wake=22&sleep=6"))
    answer = running.client.get("/recommendation/by_day", params={"station": "EWR", "wake": 22, "sleep": 6})
    hours = [int(step["at"][11:13]) for step in running.run(answer).json()["timeline"]]
    assert hours == [0, 1, 2, 3, 4, 5, 22, 23]
    assert re.findall(r'<span class="hour">(\d+)</span>', page) == list(map(str, hours))
    [apart] = re.findall(r'<div class="[a-z ]*apart"><span class="hour">(\d+)', page)
    assert apart == "22"
    assert 'data-notice="wrong"' not in page


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_told_with_or_without_a_last_forecast(running, kind, language):
    fault = Fault(kind, "detail", 500, datetime(2024, 4, 9, 12, tzinfo=UTC))
    for state in (shown(running, f"?lang={language}"), State(Choices(lang=language), language)):
        page = frame.page(replace(state, fault=fault))
        assert f'data-notice="{kind}"' in page
        assert 'id="again"' in page
        Read(page)


def test_a_stale_forecast_is_told(tmp_path):
    with serving(tmp_path, two_cities(), stale_after=timedelta(hours=2)) as running:
        assert 'data-notice="stale"' in frame.page(shown(running))


def test_the_chart_is_plain_values_that_plotly_takes(running):
    import plotly.graph_objects as go

    drawn = figure(asked(running, units="imperial")[0])
    assert len(go.Figure(drawn).data) == 8
