"""Nobody disagrees: the API, the terminal and `clothing.advice` tell the same, and so do the API's
own answers.

Every station, each of its seven days, and settings in turn; weeks in which summer time begins and
ends are among them.
"""

import csv
import io
import json
import re
from dataclasses import asdict
from datetime import UTC, date, datetime
from itertools import product

import pytest
from rich.console import Console

from service.in_process_service import RunningService, serving
from service.synthetic_snapshots import NEWARK, SEOUL, hole, joined, two_cities, varied
from unit.clothing.texts import text_of
from wearcast.cli.advice_document import of_forecast
from wearcast.cli.advise import show
from wearcast.cli.asked_day import ForecastDay
from wearcast.clothing.advice import day_advice, hour_advice
from wearcast.clothing.own_wardrobe import garments_of, own_ladder
from wearcast.clothing.settings import Settings
from wearcast.config import Paths
from wearcast.errors import ModelError
from wearcast.messages import clock, iso_date, name, percent, say, with_units
from wearcast.vocabulary import Activity, Exposure, Sensitivity, Style

WEEKS = {
    "April": lambda: hole(two_cities(), 1, 40, "temp_c", "wind_ms"),
    "summer time begins": lambda: joined(
        varied(NEWARK, "2024-03-08T15", mean_c=3.0), varied(SEOUL, "2024-03-08T15", 3, mean_c=-4.0)
    ),
    "summer time ends": lambda: joined(
        varied(NEWARK, "2024-11-02T03", 5), varied(SEOUL, "2024-11-01T12", 7, mean_c=26.0)
    ),
}
RHYTHMS = [
    {"wake": 7, "sleep": 22},
    {"wake": 0, "sleep": 24},
    {"wake": 22, "sleep": 6},
    {"wake": 5, "sleep": 9},
    {"out": "8-9,18-19"},
    {"out": "1-2,7-11,13-14,22-0"},
    {"out": "8-9,21-3"},
]
SETTINGS = list(
    product(Activity, Sensitivity, Exposure, Style, ("en", "ko"), ("metric", "imperial"), RHYTHMS)
)
WARDROBE = {
    "own": ["tshirt", "jeans", "canvas_sneakers"],
    "garments": {
        "mine": {
            "name_en": "my coat",
            "name_ko": "내 코트",
            "layer": "outer",
            "clo": 0.5,
            "wind": 2,
        }
    },
}


def settings_in_turn(start: int, step: int):
    """Settings from all their combinations; a step without a common divisor with their number comes
    to every one."""
    at = start
    while True:
        activity, sensitivity, exposure, style, language, units, rhythm = SETTINGS[
            at % len(SETTINGS)
        ]
        yield Settings(
            activity=activity,
            sensitivity=sensitivity,
            exposure=exposure,
            style=style,
            language=language,
            units=units,
            **rhythm,
        )
        at += step


class Week:
    """A served snapshot, and a project for the terminal that has the same."""

    def __init__(self, service: RunningService, snapshot, root) -> None:
        self.service, self.snapshot, self.paths = service, snapshot, Paths(root / "project")
        self.now = service.reader.now()
        self.paths.snapshot.parent.mkdir(parents=True)
        self.paths.snapshot.write_bytes(snapshot.to_bytes())
        offered = service.read("/stations")["stations"]
        self.days = [
            (station["id"], date.fromisoformat(day))
            for station in offered
            for day in station["days"]
        ]

    def station(self, id: str):
        return self.snapshot.stations[self.snapshot.index(id)]


@pytest.fixture(scope="module", params=WEEKS)
def week(request, tmp_path_factory):
    snapshot = WEEKS[request.param]()
    root = tmp_path_factory.mktemp("week")
    read_at = snapshot.issued_at.min().astype("datetime64[s]").item().replace(tzinfo=UTC)
    with serving(root, snapshot, now=lambda: read_at) as service:
        yield Week(service, snapshot, root)


def query(station: str, on: date, settings: Settings) -> dict[str, object]:
    """What to ask for these settings."""
    asked = settings.model_dump(mode="json")
    if not settings.out:
        del asked["out"]
    return {"station": station, "target_date": str(on), "lang": asked.pop("language")} | asked


def spans_of(spans, zone) -> list[dict[str, str]]:
    """As an answer has them."""
    return [
        {
            "start": span.start.replace(tzinfo=zone).isoformat(),
            "end": span.end.replace(tzinfo=zone).isoformat(),
        }
        for span in spans
    ]


def agree(told, advice, zone, now) -> None:
    """An answer is the advice, field by field, in words."""
    text = text_of(advice, now.astimezone(zone).date())
    assert (told["station"], told["target_date"]) == (advice.station, str(advice.date))
    assert told["why"] == text.why
    assert told["recommendations"]["activity_tip"] == text.activity_tip
    assert told["recommendations"]["layering_tip"] == text.layering_tip
    agree_on_rain(told, advice.rain, text.rain, zone)
    agree_on_the_day_before(told, advice.day_before, text.day_before)
    assert (told["missing"], told["unknown"]) == (text.lack, text.without_forecast)
    assert told["outfit"] == {
        "style": advice.settings.style.value,
        "rung": advice.rung,
        "clo": advice.clo,
        "needs_clo": advice.needs_clo,
        "pieces": [
            {
                "id": piece.garment.id,
                "layer": piece.garment.layer.value,
                "clo": piece.garment.clo,
                "removable": piece.garment.removable,
                **asdict(said),
            }
            for piece, said in zip(advice.pieces, text.pieces, strict=True)
        ],
    }
    assert told["carry"] == [
        {"item": thing.item, "chance": thing.chance, **asdict(said)}
        for thing, said in zip(advice.carry, text.carry, strict=True)
    ]
    certainty, second = advice.certainty, advice.certainty.second
    assert told["certainty"] == {
        "fits": pytest.approx(certainty.fits, abs=1e-6),
        "too_cold": certainty.too_cold,
        "too_warm": certainty.too_warm,
        "cold_spans": spans_of(certainty.cold_spans, zone),
        "warm_spans": spans_of(certainty.warm_spans, zone),
        "text": text.certainty,
        "second": list(text.second),
        "second_clo": round(second.outfit.clo, 3) if second else None,
        "second_text": text.second_tip,
    }
    person = advice.settings.model_dump(mode="json")
    assert person.pop("units") == told["units"]
    assert told["person"] == person
    assert len(told["timeline"]) == len(advice.timeline)
    for shown, step, change in zip(told["timeline"], advice.timeline, text.changes, strict=True):
        at = datetime.fromisoformat(shown["at"])
        assert at.replace(tzinfo=None) == step.at
        # The offset is one that the station's clocks have at that hour.
        assert at.utcoffset() in {
            step.at.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)
        }
        same = {
            field: getattr(step, field)
            for field in ("observed", "rain_chance", "snow_chance", "needs_clo", "wears_clo")
        }
        assert {field: shown[field] for field in same} == same
        assert shown["worn"] == list(step.worn)
        assert shown["change"] == change
        if told["units"] == "metric":
            assert (shown["temp_c"], shown["feels_c"], shown["wind_ms"]) == (
                step.temp_c,
                step.feels_c,
                step.wind_ms,
            )
        else:
            assert shown["temp_f"] == pytest.approx(step.temp_c * 1.8 + 32, abs=0.006)
            assert shown["feels_f"] == pytest.approx(step.feels_c * 1.8 + 32, abs=0.006)
            assert shown["wind_mph"] == (
                None if step.wind_ms is None else pytest.approx(step.wind_ms * 2.23694, abs=0.006)
            )


def agree_on_the_day_before(told, before, text) -> None:
    if before is None:
        assert told["day_before"] is None
        return
    shown = dict(told["day_before"])
    warmer_c = shown.pop("warmer_c") if told["units"] == "metric" else shown.pop("warmer_f") / 1.8
    assert warmer_c == pytest.approx(before.warmer_c, abs=0.006)
    assert shown == {
        "date": str(before.date),
        "new": [garment.id for garment in before.swap.new],
        "old": [garment.id for garment in before.swap.old],
        "text": text,
    }


def agree_on_rain(told, rain, text, zone) -> None:
    if rain is None:
        assert told["precipitation"] is None
        return
    shown = dict(told["precipitation"])
    hours = [datetime.fromisoformat(at) for at in shown.pop("hours")]
    assert hours == list(rain.hours)
    assert all(at.utcoffset() == at.astimezone(zone).utcoffset() for at in hours)
    carried = {carry["item"] for carry in told["carry"]} & {"umbrella", "rain_jacket"}
    assert shown == {
        "kind": rain.kind.value,
        "chance": rain.chance,
        "take": carried.pop() if carried else None,
        "text": text,
    }


def every_style_agrees(week: Week, told, station: str, on: date, settings: Settings) -> None:
    for style in Style:
        advice = day_advice(
            week.snapshot, station, on, settings.model_copy(update={"style": style})
        )
        assert told["recommendations"]["styles"][style] == [
            piece.name for piece in text_of(advice).pieces
        ]


def page(week: Week, station: str, on: date, settings: Settings) -> list[str]:
    """What the terminal prints, on one wide enough that nothing is wrapped; without the blanks that
    align it."""
    out = io.StringIO()
    show(
        week.paths,
        Console(file=out, width=600),
        settings.model_dump(mode="json"),
        station,
        str(on),
        None,
        week.now,
    )
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def terminal_agrees(week: Week, told, station: str, on: date, settings: Settings) -> None:
    """Whatever the terminal prints is in the answer, and the other way round."""
    lines, language = page(week, station, on, settings), settings.language
    assert any(
        line.startswith(f"{name(language, week.station(station))} {iso_date(language, on)}")
        for line in lines
    )
    assert told["why"] in lines
    assert not told["unknown"] or told["unknown"] in lines
    for part in (told["precipitation"], told["day_before"]):
        assert not part or not part["text"] or part["text"] in lines
    for piece in told["outfit"]["pieces"]:
        assert f"{piece['name']} {piece['reason']}" in lines
    for carry in told["carry"]:
        assert any(line.endswith(f"{carry['name']} ({carry['reason']})") for line in lines)
    for heading, text in (
        ("Layers", told["recommendations"]["layering_tip"]),
        ("Activity", told["recommendations"]["activity_tip"]),
        ("How sure", told["certainty"]["text"]),
    ):
        assert f"{say(language, heading)} {text}" in lines
    if told["certainty"]["second_text"]:
        assert told["certainty"]["second_text"] in lines
    printed = [found for line in lines if (found := HOUR.fullmatch(line))]
    assert len(printed) == len(told["timeline"])
    for found, step in zip(printed, told["timeline"], strict=True):
        assert (found["at"], found["rest"]) == (
            clock(language, settings.units, step["at"]),
            rest(step, language),
        )
        for number, field in (("temp", "temp"), ("feels", "feels"), ("wind", "wind")):
            value = next(
                step[name]
                for name in (f"{field}_c", f"{field}_f", f"{field}_ms", f"{field}_mph")
                if name in step
            )
            if value is None:
                assert found[number] == "–"
            else:
                whole, unit = NUMBER.fullmatch(found[number]).groups()
                assert float(whole.replace("−", "-")) == pytest.approx(value, abs=0.506)
                assert (
                    unit == with_units(language, f"0 {UNIT[settings.units][field != 'wind']}")[1:]
                )


UNIT = {"metric": ("m/s", "°C"), "imperial": ("mph", "°F")}
NUMBER = re.compile(r"(−?\d+)(.*)")
"""A whole number, and its unit as the language writes it."""

HOUR = re.compile(
    r"(?P<at>\d\d:\d\d|\d+ [ap]m) (?P<temp>\S+ ?°[CF]) (?P<feels>\S+ ?°[CF])"
    r" (?P<wind>–|\d+ ?(?:m/s|mph)) (?P<rest>.*)"
)


def rest(step, language) -> str:
    """The rain, and what to do, as the terminal prints them for an hour of an answer."""
    if step["rain_chance"] is None:
        rain = "–"
    elif step["observed"]:
        rain = say(language, "wet") if step["rain_chance"] else say(language, "dry")
    else:
        rain = with_units(language, percent(step["rain_chance"]))
    return f"{rain} {say(language, 'observed') if step['observed'] else step['change']}".strip()


def test_api_terminal_and_advice_agree_on_every_day(week):
    settings = settings_in_turn(11, 793)
    for station, on in week.days:
        for person, _ in zip(settings, range(2), strict=False):
            told = week.service.read("/recommendation/by_day", **query(station, on, person))
            agree(
                told,
                day_advice(week.snapshot, station, on, person),
                week.station(station).zone,
                week.now,
            )
            terminal_agrees(week, told, station, on, person)
        every_style_agrees(week, told, station, on, person)


def test_the_terminals_document_is_the_apis_answer(week):
    settings = settings_in_turn(3, 787)
    for station, on in week.days:
        person = next(settings)
        told = week.service.read("/recommendation/by_day", **query(station, on, person))
        options = person.model_dump(mode="json")
        day = ForecastDay.asked_for(week.paths, options, station, str(on), None, week.now)
        document = json.loads(of_forecast(day))
        # Only the service knows when it was published, and how long it has known it.
        told["forecast"] |= {"published_at": None, "age_s": 0}
        assert document == told


@pytest.mark.real
def test_api_terminal_and_advice_agree_in_many_settings(week):
    settings = settings_in_turn(0, 787)
    for _ in range(10):
        for station, on in week.days:
            person = next(settings)
            told = week.service.read("/recommendation/by_day", **query(station, on, person))
            agree(
                told,
                day_advice(week.snapshot, station, on, person),
                week.station(station).zone,
                week.now,
            )
            terminal_agrees(week, told, station, on, person)


def test_an_hour_is_the_advice_for_that_hour(week):
    settings = settings_in_turn(5, 1013)
    for index, (station, on) in enumerate(week.days):
        zone = week.station(station).zone
        for hour in range(index % 6, 24, 6):
            person = next(settings).model_copy(update={"wake": hour, "sleep": hour + 1, "out": ()})
            asked = {
                key: value
                for key, value in query(station, on, person).items()
                if key not in ("wake", "sleep")
            }
            answer = week.service.get("/recommendation/by_hour", **asked, hour=hour)
            at = datetime(on.year, on.month, on.day, hour, tzinfo=zone)
            if answer.status_code == 404:
                # Summer time skips it, or nothing was observed.
                with pytest.raises(ModelError):
                    hour_advice(week.snapshot, station, at, person)
            else:
                agree(
                    answer.json(), hour_advice(week.snapshot, station, at, person), zone, week.now
                )


def test_api_terminal_and_advice_agree_on_an_own_wardrobe(week):
    owned = garments_of(WARDROBE, "mine")
    settings = settings_in_turn(3, 677)
    for station, on in week.days:
        person = next(settings)
        ladder = own_ladder(owned, "mine", person.activity)
        told = week.service.run(
            week.service.client.post(
                "/recommendation/by_day", params=query(station, on, person), json=WARDROBE
            )
        ).json()
        agree(
            told,
            day_advice(week.snapshot, station, on, person, ladder),
            week.station(station).zone,
            week.now,
        )


@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_a_days_summary_is_what_a_client_computes_from_the_forecast(week, units):
    unit = "f" if units == "imperial" else "c"
    for station in week.snapshot.stations:
        forecast = week.service.read("/forecast/latest", station=station.id, units=units)
        days = {day["date"]: day for day in forecast["days"]}
        for id, on in week.days:
            if id != station.id:
                continue
            ahead = [
                hour[f"temp_{unit}"]["p50"]
                for hour in forecast["hours"]
                if hour["local_time"].startswith(str(on))
            ]
            past = [
                hour[f"temp_{unit}"]
                for hour in forecast["observed"]
                if hour["local_time"].startswith(str(on))
            ]
            temps = [value for value in past if value is not None] + ahead
            told = week.service.read(
                "/recommendation/by_day", station=id, target_date=on, units=units
            )
            assert told["weather_summary"] == {
                "avg_temp": round(sum(temps) / len(temps), 1),
                "min_temp": min(temps),
                "max_temp": max(temps),
                "temp_difference": round(max(temps) - min(temps), 1),
            }
            assert told["day"] == days[str(on)]
            assert len(past) == told["day"]["observed_h"]


def test_the_forecast_and_the_advice_call_the_same_hours_snow(week):
    for station, on in week.days:
        forecast = week.service.read("/forecast/latest", station=station)
        hours = {hour["local_time"]: hour for hour in (*forecast["observed"], *forecast["hours"])}
        told = week.service.read(
            "/recommendation/by_day", station=station, target_date=on, wake=0, sleep=24
        )
        for step in told["timeline"]:
            snow = hours[step["at"]]["snow_chance"]
            assert step["snow_chance"] == (None if snow is None else pytest.approx(snow, abs=0.01))
        if not told["precipitation"]:
            assert told["day"]["precipitation"] is told["day"]["snow_chance"] is None
        elif told["day"]["observed_h"] < len(told["timeline"]):
            assert told["precipitation"]["kind"] == told["day"]["precipitation"]
            chance = told["day"]["rain_chance"]
            assert told["precipitation"]["chance"] == pytest.approx(chance, abs=0.001)


def test_a_day_has_as_many_hours_as_its_clocks_say(week):
    for station, on in week.days:
        zone = week.station(station).zone
        told = week.service.read(
            "/recommendation/by_day", station=station, target_date=on, wake=0, sleep=24
        )
        midnight, next_one = (
            datetime.fromordinal(on.toordinal() + more).replace(tzinfo=zone) for more in (0, 1)
        )
        hours = (next_one.timestamp() - midnight.timestamp()) / 3600
        times = [datetime.fromisoformat(step["at"]).timestamp() for step in told["timeline"]]
        assert len(times) in (hours, hours - 1)
        assert sorted(set(times)) == times
        assert (times[0] - midnight.timestamp(), next_one.timestamp() - times[-1]) == (0, 3600)


def test_summer_time_begins_and_ends_in_these_weeks():
    """The weeks are what they are named: days of 23 and of 25 hours are among those compared
    above."""
    for when, hours in (("summer time begins", 23), ("summer time ends", 25)):
        snapshot = WEEKS[when]()
        at = [
            datetime.fromtimestamp(int(s), NEWARK.zone)
            for s in snapshot.valid_at(0).astype("datetime64[s]").astype(int)
        ]
        lengths = {
            day: sum(1 for hour in at if hour.date() == day) for day in {hour.date() for hour in at}
        }
        assert hours in lengths.values()


@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_csv_and_records_equal_json(week, units):
    for station in week.snapshot.stations:
        asked = {"station": station.id, "units": units}
        hours = week.service.read("/forecast/latest", **asked)["hours"]
        table = week.service.get("/forecast/latest", **asked, format="csv").text
        rows = list(csv.DictReader(io.StringIO(table)))
        records = week.service.read("/forecast/latest", **asked, format="records")
        assert len(rows) == len(records) == len(hours) == 168
        celsius = week.service.read("/forecast/latest", station=station.id)["hours"]
        for row, record, hour, metric in zip(rows, records, hours, celsius, strict=True):
            assert datetime.fromisoformat(row["valid_at"]) == datetime.fromisoformat(
                hour["valid_at"]
            )
            assert row["local_time"] == hour["local_time"]
            assert int(row["lead_h"]) == hour["lead_h"]
            for chance in ("rain_chance", "snow_chance"):
                assert (float(row[chance]) if row[chance] else None) == hour[chance]
            beside = ("valid_at", "local_time", "daylight", "lead_h", "rain_chance", "snow_chance")
            quantities = {field: value for field, value in hour.items() if field not in beside}
            for field, quantiles in quantities.items():
                cells = {
                    key.removeprefix(f"{field}_"): cell
                    for key, cell in row.items()
                    if key.startswith(f"{field}_p")
                }
                assert {level: float(cell) for level, cell in cells.items() if cell} == (
                    quantiles or {}
                )
                assert len(cells) == 9
            at = datetime.fromisoformat(hour["local_time"])
            assert record == {
                "year": at.year,
                "month": at.month,
                "day": at.day,
                "hour": at.hour,
                "day_of_week": at.weekday(),
                "pred_Temperature": metric["temp_c"]["p50"],
                "datetime": f"{at:%Y-%m-%d %H:%M:%S}",
                "date": f"{at:%Y-%m-%d}",
            }
