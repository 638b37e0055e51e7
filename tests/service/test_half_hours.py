"""Where clocks differ from UTC by half hours or quarters, an hour stands at its UTC hour
everywhere, and is told as 04:30."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from rich.console import Console

from service.in_process_service import serving
from service.synthetic_snapshots import NEWARK, joined, varied
from wearcast.cli.advise import show
from wearcast.config import Paths
from wearcast.serving.dashboard import page_data, page_markup
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.hourly_section import hourly_figure
from wearcast.serving.dashboard.page_query import Choices
from wearcast.serving.dashboard.page_state import PageState
from wearcast.weather.stations import resolve

DELHI = resolve(["delhi"])[0]
KATHMANDU = DELHI.model_copy(
    update={"id": "KTM", "time_zone": "Asia/Kathmandu", "latitude": 27.7, "longitude": 85.3}
)
ADELAIDE = DELHI.model_copy(
    update={"id": "ADL", "time_zone": "Australia/Adelaide", "latitude": -34.9, "longitude": 138.6}
)
ST_JOHNS = DELHI.model_copy(
    update={"id": "YYT", "time_zone": "America/St_Johns", "latitude": 47.6, "longitude": -52.7}
)
# Summer time ends in Adelaide on 7 April 2024 and in New York and St John's on 3 November 2024.
APRIL = tuple(
    varied(station, "2024-04-04T21", seed)
    for seed, station in enumerate((DELHI, KATHMANDU, ADELAIDE))
)
NOVEMBER = tuple(
    varied(station, "2024-11-01T12", seed) for seed, station in enumerate((ST_JOHNS, NEWARK))
)
WEEKS = {"delhi": APRIL, "KTM": APRIL, "ADL": APRIL, "YYT": NOVEMBER, "EWR": NOVEMBER}


@pytest.fixture(scope="module", params=WEEKS)
def station(request, tmp_path_factory):
    """The id of a station, the service that knows it, and its snapshot."""
    snapshot = joined(*WEEKS[request.param])
    with serving(tmp_path_factory.mktemp("served"), snapshot) as service:
        yield request.param, service, snapshot


def instants(hours, name):
    return [datetime.fromisoformat(hour[name]) for hour in hours]


def test_every_hour_of_the_advice_is_an_hour_of_the_forecast(station):
    id, service, _ = station
    forecast = service.read("/forecast/latest", station=id)
    hours = {
        hour["local_time"]: hour["valid_at"] for hour in (*forecast["observed"], *forecast["hours"])
    }
    for day in forecast["days"]:
        told = service.read(
            "/recommendation/by_day", station=id, target_date=day["date"], wake=0, sleep=24
        )
        at = instants(told["timeline"], "at")
        of_the_date = [local for local in hours if local.startswith(day["date"])]
        assert [step["at"] for step in told["timeline"]] == of_the_date
        assert at == [datetime.fromisoformat(hours[local]) for local in of_the_date]


def test_the_dashboards_table_has_the_feels_like_temperature_of_every_hour(station):
    id, service, _ = station
    forecast = service.read("/forecast/latest", station=id)
    for day in [day["date"] for day in forecast["days"]]:
        choices = Choices(station=id, day=day, wake=0, sleep=24, lang="en")
        found, _ = service.run(
            page_data.fetch_page_data(ApiClient(service.client, "here"), choices)
        )
        page = page_markup.page_markup(PageState(choices, "en", (), found))
        felt = re.findall(r'data-value="hour\.feels"[^>]*>([^<]*)<', page)
        advised = service.read(
            "/recommendation/by_day", station=id, target_date=day, wake=0, sleep=24
        )["timeline"]
        assert [text.replace("−", "-").rstrip("°") for text in felt] == [
            str(round(step["feels_c"])) for step in advised
        ]
        [line] = [
            trace for trace in hourly_figure(found)["data"] if trace.get("name") == "Feels like"
        ]
        assert line["y"] == [step["feels_c"] for step in advised]
        axis = re.findall(r'<span class="hour">(\d+)(?:<sup>(\d\d)</sup>)?</span>', page)
        assert [(int(hour), int(minutes or 0)) for hour, minutes in axis] == [
            (int(step["at"][11:13]), int(step["at"][14:16])) for step in advised
        ]


def test_the_terminal_has_the_same_hours_as_the_api(station, tmp_path):
    id, service, snapshot = station
    paths = Paths(tmp_path)
    paths.snapshot.parent.mkdir(parents=True)
    paths.snapshot.write_bytes(snapshot.to_bytes())
    told = service.read("/recommendation/by_day", station=id)
    out = io.StringIO()
    now = snapshot.issued_at.max().item().replace(tzinfo=UTC)
    show(paths, Console(file=out, width=300), {}, id, told["target_date"], None, now)
    printed = re.findall(r"^ ?(\d\d:\d\d) ", out.getvalue(), flags=re.MULTILINE)
    assert printed == [step["at"][11:16] for step in told["timeline"]]


def test_an_hour_is_requested_by_its_local_hour_without_minutes(station):
    id, service, _ = station
    forecast = service.read("/forecast/latest", station=id)
    day = forecast["days"][1]["date"]
    for hour in (0, 4, 23):
        told = service.read("/recommendation/by_hour", station=id, target_date=day, hour=hour)
        [at] = [
            h["local_time"]
            for h in forecast["hours"]
            if h["local_time"].startswith(f"{day}T{hour:02}")
        ][:1]
        assert [step["at"] for step in told["timeline"]] == [at]
        assert told["target_date"] == day


def test_delhi_has_half_hours_in_every_format(tmp_path):
    with serving(tmp_path, joined(*APRIL)) as service:
        told = service.read(
            "/recommendation/by_day", station="delhi", target_date="2024-04-06", wake=4, sleep=7
        )
        assert [step["at"] for step in told["timeline"]] == [
            f"2024-04-06T{hour:02}:30:00+05:30" for hour in (4, 5, 6)
        ]
        table = list(
            csv.DictReader(
                io.StringIO(service.get("/forecast/latest", station="delhi", format="csv").text)
            )
        )
        records = service.read("/forecast/latest", station="delhi", format="records")
    assert {row["local_time"][14:16] for row in table} == {"30"}
    assert {record["datetime"][14:16] for record in records} == {"30"}


def test_an_ambiguous_local_hour_has_two_feels_like_temperatures(tmp_path):
    """In New York 01:00 comes twice on 3 November; each has its own weather."""
    with serving(tmp_path, joined(*NOVEMBER)) as service:
        told = service.read(
            "/recommendation/by_day", station="EWR", target_date="2024-11-03", wake=0, sleep=4
        )
        choices = Choices(station="EWR", day="2024-11-03", wake=0, sleep=4, lang="en")
        found, _ = service.run(
            page_data.fetch_page_data(ApiClient(service.client, "here"), choices)
        )
    at = instants(told["timeline"], "at")
    assert [after.timestamp() - before.timestamp() for before, after in pairwise(at)] == [
        3600.0
    ] * 4
    assert [step["at"][11:13] for step in told["timeline"]] == ["00", "01", "01", "02", "03"]
    [line] = [trace for trace in hourly_figure(found)["data"] if trace.get("name") == "Feels like"]
    assert line["y"][:5] == [step["feels_c"] for step in told["timeline"]]
    assert at[1].utcoffset() - at[2].utcoffset() == timedelta(hours=1)
