"""One setting, `train.horizon_h`, makes three days of everything: the model, its scores, what the
terminal prints, and all that the service answers."""

import asyncio
import csv
import io
import json
from datetime import date

import httpx
import pytest

from service.service_process import served
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.snapshot import Snapshot

pytestmark = pytest.mark.real

HORIZON_H = 72
RANGES = ["1-24", "25-72", "all"]


@pytest.fixture(scope="module")
def three_days(small_project):
    """The small project: its horizon is three days."""
    return small_project


@pytest.fixture(scope="module")
def service(three_days, tmp_path_factory):
    """The service on its replay, after two refreshes."""
    root = tmp_path_factory.mktemp("service")
    folders = {"STORE": str(root / "store"), "HISTORY": str(root / "history")}
    environment = [f"WEARCAST_{name}={value}" for name, value in folders.items()]
    for _ in range(2):
        three_days.run("env", *environment, "wearcast", "refresh")
    with served(three_days.root, **folders) as process:
        yield process


def read(service, path, **query):
    answer = service.get(path, params=query, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_model_and_snapshot_reach_three_days(three_days):
    manifest = json.loads((three_days.root / "models/forecaster/manifest.json").read_text())
    assert (
        manifest["horizon_h"]
        == Manifest.from_text(json.dumps(manifest)).standardization.horizon_h
        == 72
    )
    assert list(manifest["calibration"]) == ["1-6", "7-24", "25-72"]
    content = (three_days.root / "data/forecast/snapshot.npz").read_bytes()
    assert Snapshot.from_bytes(content).horizon_h == HORIZON_H


def test_scores_are_of_three_days(three_days):
    reports = three_days.root / "reports"
    metrics = json.loads((reports / "metrics.json").read_text())
    scores = json.loads((reports / "verification.json").read_text())
    assert list(metrics["mae_c"]) == list(scores["network_against"]["ridge"]) == RANGES
    assert list(scores["days"]["mae"]["max"]) == ["day_1", "day_3"]
    assert list(scores["clothing"]["scores"]["clo_error"]["network"]) == ["day_1", "day_3"]
    assert len((reports / "plots/error_by_lead.csv").read_text().splitlines()) == 1 + HORIZON_H
    assert (
        (reports / "plots/reliability.csv")
        .read_text()
        .startswith("level,ideal,observed 1-24 h,observed 25-72 h,observed\n")
    )


def test_the_terminal_tells_three_days(three_days):
    report = three_days.run("wearcast", "report").stdout
    assert "25-72 h" in report
    assert "73-168" not in report
    assert "The advice 1/3 days ahead" in report
    assert "Forecast by model" in three_days.run("wearcast", "advise", "--date", "tomorrow").stdout


def test_the_api_serves_three_days(service):
    [station] = read(service, "/stations")["stations"]
    latest = read(service, "/forecast/latest")
    assert [hour["lead_h"] for hour in latest["hours"]] == list(range(1, HORIZON_H + 1))
    assert station["days"] == [day["date"] for day in latest["days"]]
    assert len(station["days"]) == 3
    table = service.get("/forecast/latest", params={"format": "csv"}).text
    assert len(list(csv.DictReader(io.StringIO(table)))) == HORIZON_H
    for day in station["days"]:
        assert read(service, "/recommendation/by_day", target_date=day)["outfit"]["pieces"]
    by_hour = {"target_date": station["days"][-1], "hour": 12}
    assert read(service, "/recommendation/by_hour", **by_hour)["outfit"]["pieces"]
    after = date.fromisoformat(station["days"][-1]).replace(year=2031)
    refused = service.get("/recommendation/by_day", params={"target_date": str(after)})
    assert refused.status_code == 404


def test_the_api_tells_the_models_horizon_and_scores(service):
    assert read(service, "/model")["horizon_h"] == HORIZON_H
    verification = read(service, "/model/verification")
    assert list(verification["metrics"]["mae_c"]) == RANGES
    assert list(read(service, "/verification/recent")["verification"]["leads"]) == RANGES


def test_a_forecast_of_ones_own_record_has_three_days(service):
    hours = [{"temp_c": 10.0 + hour % 24 / 4} for hour in range(200)]
    body = {"station": "EWR", "first": "2013-03-05T03:00:00Z", "hours": hours}
    own = service.ask("POST", "/forecast", json=body, timeout=20).json()
    assert len(own["hours"]) == HORIZON_H


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ["Days 2 and 3", "All three days"]), ("ko", ["2~3일째", "3일 전체"])],
)
def test_the_page_shows_three_days(service, language, words):
    days, scores = asyncio.run(_page(service.url, language))
    assert days.count('class="weekday"') == 3
    assert all(text in scores for text in words)
    assert not any(text in scores for text in ("Days 4 to 7", "4~7일째"))


async def _page(url, language):
    """The days and the tab of the scores, as the dashboard's kernel draws them."""
    from wearcast.serving.dashboard import page_data, page_query, scores_tab
    from wearcast.serving.dashboard.api_client import ApiClient
    from wearcast.serving.dashboard.first_screen import week_ahead

    choices, _ = page_query.parse_query(f"?lang={language}")
    async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as asked:
        client = ApiClient(asked, url)
        data, _ = await page_data.fetch_page_data(client, choices)
        panel = await scores_tab.panel(client, data)
    return str(week_ahead(data)), str(panel.html)
