"""The page's HTML, made of a real service's answers."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from catalogues import untranslated_words
from service.in_process_service import serving
from service.synthetic_snapshots import NEWARK, guided, hole, joined, two_cities, varied
from unit.serving.dashboard.read_page import Read
from wearcast.serving.dashboard import page_data, page_markup
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.hourly_section import hourly_figure
from wearcast.serving.dashboard.page_query import Choices, parse_query
from wearcast.serving.dashboard.page_state import ApiFault, PageState
from wearcast.vocabulary import LANGUAGE_NAMES, LANGUAGES

KINDS = ("gone", "slow", "empty", "unknown", "refused", "broken")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served"), two_cities()) as one:
        yield one


def asked(running, **chosen):
    return running.run(
        page_data.fetch_page_data(
            ApiClient(running.client, "here"), Choices(lang=chosen.pop("lang", "en"), **chosen)
        )
    )


def shown(running, query=""):
    choices, wrong = parse_query(query)
    found, also = asked(running, **vars(choices) | {"lang": choices.lang or "en"})
    return PageState(choices, "en", wrong + also, found)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?lang=ko",
        "?units=imperial",
        "?station=108&lang=ko&style=business&sensitivity=very_high",
    ],
)
def test_it_is_well_formed_and_no_id_is_there_twice(running, query):
    page = Read(page_markup.page_markup(shown(running, query)))
    assert len(set(page.ids)) == len(page.ids)


def test_the_korean_page_is_in_korean(running):
    page = Read(page_markup.page_markup(shown(running, "?station=108&lang=ko")))
    words = set(re.findall(r"[A-Za-z]+", " ".join(page.texts)))
    known = {"Wearcast", "C", "F", "m", "s", "made", "up", "tested", *LANGUAGE_NAMES.values()}
    assert words <= known | untranslated_words("ko")


@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_it_shows_the_days_from_trajectories_and_the_hours_from_quantiles(running, units):
    state = shown(running, f"?units={units}&station=EWR")
    page, letter = Read(page_markup.page_markup(state)), "c" if units == "metric" else "f"
    forecast = running.read("/forecast/latest", station="EWR", units=units)
    for day in forecast["days"][:3]:
        assert page.values["week.max", day["date"]] == [
            f"{round(day[f'temp_max_{letter}']['p50'])}°".replace("-", "−")
        ]
    on = state.data.choices.day
    hours = [hour for hour in forecast["hours"] if hour["local_time"].startswith(on)]
    assert hours
    for hour in hours:
        shown_c = page.values["hour.temp", hour["local_time"][:16]]
        assert shown_c == [f"{round(hour[f'temp_{letter}']['p50'])}°".replace("-", "−")]


@pytest.mark.parametrize(("station", "gusts"), [("108", True), ("EWR", False)])
def test_gusts_stand_beside_the_wind_where_they_are_known(running, station, gusts):
    page = Read(page_markup.page_markup(shown(running, f"?station={station}")))
    winds = [texts for (name, _), texts in page.values.items() if name == "hour.wind"]
    told = [text for texts in winds for text in texts]
    assert any(re.fullmatch(r"\d+ \(\d+\)", text) for text in told) == gusts
    assert all(re.fullmatch(r"\d+( \(\d+\))?|–", text) for text in told)


@pytest.mark.parametrize(
    ("lang", "briefly", "whole"),
    [
        ("en", "From the station’s past alone", "Made from the station’s past alone."),
        ("ko", "관측소의 과거 기록만으로 예보", "이 관측소의 과거 기록만으로 만든 예보예요."),
    ],
)
def test_it_says_that_the_past_alone_forecasts(running, lang, briefly, whole):
    page = Read(page_markup.page_markup(shown(running, f"?station=108&lang={lang}")))
    assert page.values["made_from", None] == [briefly]
    assert whole in " ".join(page.texts)


@pytest.mark.parametrize(
    ("lang", "briefly", "whole"),
    [
        (
            "en",
            "From ECMWF and GFS, up to Sunday",
            "Made from ECMWF and GFS, runs of 12 UTC, fitted to this station. That is up to"
            " Sunday; the days after come from the station’s past. For rain and snow that is up"
            " to Friday. Without ICON, which is missing.",
        ),
        (
            "ko",
            "일요일까지 ECMWF·GFS 예보 기반",
            "ECMWF·GFS(12 UTC) 예보를 이 관측소에 맞게 보정했어요. 일요일까지 이렇게 예보하고, 그"
            " 뒤는 관측소의 과거 기록으로 예보해요. 비와 눈은 금요일까지만 이렇게 예보해요. ICON"
            " 예보는 받지 못해 빠졌어요.",
        ),
    ],
)
def test_it_says_which_numerical_models_forecast_and_whose_they_are(tmp_path, lang, briefly, whole):
    snapshot = guided(two_cities(), reach_h=114, rain_reach_h=66)
    with serving(tmp_path, snapshot) as running:
        html = page_markup.page_markup(shown(running, f"?station=108&lang={lang}"))
        stated = running.read(
            "/recommendation/by_day", station="108", lang=lang, target_date="2024-04-12"
        )
    page = Read(html)
    assert page.values["made_from", None] == [briefly]
    assert whole in " ".join(page.texts)
    assert stated["made_from"] == whole
    assert '<a href="https://open-meteo.com/" rel="noopener">' in html
    assert "NOAA" in " ".join(page.texts)


@pytest.mark.parametrize(
    # Issued on the morning of Wednesday the 10th.
    ("reach_h", "rough_from"),
    [(66, "Saturday"), (114, "Monday"), (168, None)],
)
def test_the_days_that_numerical_models_reach_are_not_only_rough(tmp_path, reach_h, rough_from):
    snapshot = guided(two_cities(), reach_h=reach_h)
    with serving(tmp_path, snapshot) as running:
        page = Read(page_markup.page_markup(shown(running, "?station=108")))
    told = [text for text in page.texts if "only roughly" in text]
    expected = [f"From {rough_from} on only roughly: look at the range."] if rough_from else []
    assert told == expected


def test_of_an_api_that_does_not_say_what_a_forecast_is_made_from_nothing_is_told(running):
    state = shown(running, "?station=108")
    advice = dict(state.data.advice)
    advice["forecast"] = {k: v for k, v in advice["forecast"].items() if k != "guidance"}
    older = replace(state, data=replace(state.data, advice=advice))
    page = Read(page_markup.page_markup(older))
    assert ("made_from", None) not in page.values
    assert "past alone" not in " ".join(page.texts)


def test_text_of_a_response_is_escaped(tmp_path):
    evil = NEWARK.model_copy(update={"name_en": "<script>alert(1)</script>"})
    with serving(tmp_path, joined(varied(evil, "2024-04-09T19"))) as running:
        page = page_markup.page_markup(shown(running))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?station=XYZ", "XYZ"),
        ("?day=1999-12-31", "1999-12-31"),
        ("?units=parsec", "parsec"),
        ("?wake=8&sleep=8", "07:00 to 22:00"),
        ("?out=8-9-10", "07:00 to 22:00"),
    ],
)
def test_an_invalid_choice_shows_a_notice_and_the_default(running, query, told):
    state = shown(running, query)
    page = Read(page_markup.page_markup(state))
    assert told in " ".join(page.texts)
    assert 'data-notice="wrong"' in page_markup.page_markup(state)
    assert state.data.choices.station == "EWR"


def test_the_hours_of_a_night_are_in_order_and_each_has_a_row(running):
    html = page_markup.page_markup(shown(running, "?station=EWR&day=2024-04-11&wake=22&sleep=6"))
    told = running.read(
        "/recommendation/by_day", station="EWR", target_date="2024-04-11", wake=22, sleep=6
    )["timeline"]
    assert re.findall(r'<span class="hour">(\d+)</span>', html) == [
        "22",
        "23",
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
    ]
    assert "apart" not in html
    page = Read(html)
    felt = {at: texts for (name, at), texts in page.values.items() if name == "hour.feels"}
    assert len(felt) == 24 + 6
    for step in told:
        assert felt[step["at"][:16]] == [f"{round(step['feels_c'])}°".replace("-", "−")]
    assert (
        html.index("2024-04-11T23:00")
        < html.index('scope="rowgroup"')
        < html.index("2024-04-12T00:00:00-04:00", html.index("<tbody"))
    )
    assert 'data-notice="wrong"' not in html


def test_outings_are_shown_in_the_form_and_part_the_timeline(running):
    html = page_markup.page_markup(shown(running, "?day=2024-04-11&out=18-20,8-9"))
    assert re.findall(r'<span class="hour">(\d+)</span>', html) == ["8", "18", "19"]
    assert re.findall(r'<div class="[a-z ]*apart"><span class="hour">(\d+)', html) == ["18"]
    [field] = re.findall(r'<input[^>]*name="out"[^>]*>', html)
    assert 'value="8-9,18-20"' in field
    assert 'data-notice="wrong"' not in html
    # No bar goes on through the hours indoors, which lie between the first and the second column.
    columns = re.findall(r"grid-column:(\d)/(\d)", html)
    assert columns
    assert not [(start, stop) for start, stop in columns if start == "1" and stop != "2"]


def test_the_chart_of_a_night_goes_on_to_its_last_hour(running):
    drawn = hourly_figure(asked(running, station="EWR", day="2024-04-11", wake=22, sleep=6)[0])
    assert {tuple(trace["x"][i] for i in (0, -1)) for trace in drawn["data"]} == {
        ("2024-04-11T00:00", "2024-04-12T05:00")
    }


def test_hours_that_nobody_observed_part_the_timeline(tmp_path):
    # Issued at 15:00 in Newark on the 9th; 11:00 and 12:00 are missing.
    made = varied(NEWARK, "2024-04-09T19")
    with serving(tmp_path, hole(hole(made, 0, -4, "temp_c"), 0, -5, "temp_c")) as running:
        html = page_markup.page_markup(shown(running, "?day=2024-04-09"))
    [apart] = re.findall(r'<div class="[a-z ]*apart"><span class="hour">(\d+)', html)
    assert apart == "13"


def test_hours_outdoors_beyond_the_forecast_are_named(tmp_path):
    # Issued at 02:00 in Newark on the 9th, so the last hour forecast is 02:00 on the 16th.
    with serving(tmp_path, varied(NEWARK, "2024-04-09T06")) as running:
        for lang in LANGUAGES:
            page = Read(
                page_markup.page_markup(
                    shown(running, f"?day=2024-04-15&wake=22&sleep=6&lang={lang}")
                )
            )
            [text] = page.values["unknown", None]
            assert re.search(r"03:00.+06:00", text)
            answer = running.read(
                "/recommendation/by_day", target_date="2024-04-15", wake=22, sleep=6, lang=lang
            )
            assert answer["unknown"] == text
            assert len(answer["timeline"]) == 5


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_shown_with_or_without_a_last_forecast(running, kind, language):
    fault = ApiFault(kind, "detail", 500, datetime(2024, 4, 9, 12, tzinfo=UTC))
    for state in (shown(running, f"?lang={language}"), PageState(Choices(lang=language), language)):
        page = page_markup.page_markup(replace(state, fault=fault))
        assert f'data-notice="{kind}"' in page
        assert 'id="again"' in page
        Read(page)


def test_a_stale_forecast_has_a_notice(tmp_path):
    with serving(tmp_path, two_cities(), stale_after=timedelta(hours=2)) as running:
        assert 'data-notice="stale"' in page_markup.page_markup(shown(running))


def test_the_chart_is_plain_values_that_plotly_takes(running):
    import plotly.graph_objects as go

    drawn = hourly_figure(asked(running, units="imperial")[0])
    assert len(go.Figure(drawn).data) == 8


def test_english_with_fahrenheit_has_no_24_hour_clock(running):
    page = Read(page_markup.page_markup(shown(running, "?units=imperial")))
    assert not re.findall(r"\d\d:\d\d", " ".join(page.texts))
