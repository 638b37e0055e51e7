"""`dvc repro` and a refresh with each live source, against its fake: from the service to the API's
answers, with no trace of a key."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml

from fakes.kma import korea, made_up
from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from pipeline.copies import Copy, copied
from pipeline.projects import SMALL
from real.processes import api, environment, wait_until
from wearcast.config import STAGES
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.snapshot_creation import issue
from wearcast.weather.attribution import attribution, guidance_attribution
from wearcast.weather.raw_data import read_raw

pytestmark = pytest.mark.real

DAYS = 330
"""So many that the training hours cover the year."""


class Live(NamedTuple):
    """A live source.

    Attributes:
        ingest: what to put into the group of params.yaml.
        keys: what to put into the environment.
        first_days: of all requests for observations so far, as `2026-01-31`.
    """

    ingest: dict[str, Any]
    keys: dict[str, str]
    first_days: Callable[[], list[str]]


class Made(NamedTuple):
    """The project after a run with a live source."""

    copy: Copy
    live: Live


@contextmanager
def open_meteo() -> Iterator[Live]:
    """Open-Meteo, with numerical forecasts."""
    fake = FakeOpenMeteo(now=lambda: datetime.now(UTC))

    def first_days() -> list[str]:
        asked = [*fake.asked_of("archive"), *fake.asked_of("forecast")]
        observed = [one for one in asked if "models" not in one.query]
        return [one.days[0] for one in observed if "start_date" in one.query]

    with served(fake) as url:
        addresses = {
            "archive_url": f"{url}/v1/archive",
            "forecast_url": f"{url}/v1/forecast",
            "geocoding_url": f"{url}/v1/search",
            "previous_runs_url": f"{url}/v1/previous-runs",
            "metadata_url": f"{url}/data",
        }
        params = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
        guidance = params["ingest"]["guidance"] | {
            "source": "open_meteo",
            "models": ["gfs_seamless", "icon_seamless"],
            "start": f"{datetime.now(UTC) - timedelta(days=150):%Y-%m-%d}",
        }
        keys = {"OPEN_METEO_API_KEY": "planted+key/of=Open-Meteo"}
        yield Live({"open_meteo": addresses, "guidance": guidance}, keys, first_days)


@contextmanager
def kma() -> Iterator[Live]:
    """The Korean services."""
    seoul_now = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=9)
    begin = seoul_now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS + 1)
    hours = int((seoul_now - begin) / timedelta(hours=1)) + 1
    with korea() as services:
        services.begin(made_up(begin, hours), seoul_now)

        def first_days() -> list[str]:
            of_portal = [query["startDt"] for query in services.data.asked]
            of_hub = [query["tm1"][:8] for query in services.hub.asked if "tm1" in query]
            return [f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in (*of_portal, *of_hub)]

        yield Live({"kma": services.settings.model_dump()}, services.keys, first_days)


@pytest.fixture(
    scope="module",
    params=[open_meteo, pytest.param(kma, marks=pytest.mark.full)],
    ids=["open_meteo", "kma"],
)
def made(request: pytest.FixtureRequest, repository, tmp_path_factory) -> Iterator[Made]:
    """The project after a run with a live source."""
    name = request.param.__name__
    copy = copied(repository, tmp_path_factory.mktemp(name) / "project")
    (copy.root / "dvc.lock").unlink(missing_ok=True)
    with request.param() as live, pytest.MonkeyPatch.context() as patch:
        start = f"{datetime.now(UTC) - timedelta(days=DAYS):%Y-%m-%d}"
        for stage, settings in {
            **SMALL,
            "ingest": {"source": name, "stations": ["108"], "start": start, **live.ingest},
        }.items():
            for key, value in settings.items():
                copy.set_param(stage, key, value)
        for key, value in live.keys.items():
            patch.setenv(key, value)
        copy.said = copy.dvc("repro")
        yield Made(copy, live)


def test_it_runs_from_the_service_to_a_forecast_of_now(made):
    copy, _ = made
    assert set(yaml.safe_load((copy.root / "dvc.lock").read_text())["stages"]) == set(STAGES)
    assert (copy.root / "data/forecast/snapshot.npz").is_file()
    raw, _ = read_raw(copy.root / "data/raw")
    assert datetime.now(UTC) - raw["valid_at"].iloc[-1].to_pydatetime() < timedelta(hours=3)
    hours = raw["valid_at"].diff().dropna()
    assert (hours == timedelta(hours=1)).mean() > 0.999


def test_numerical_forecasts_go_into_the_forecast_and_are_judged(made):
    copy, _ = made
    source = yaml.safe_load((copy.root / "params.yaml").read_text())["ingest"]["source"]
    manifest = json.loads((copy.root / "models/forecaster/manifest.json").read_text())
    scores = json.loads((copy.root / "reports/verification.json").read_text())
    assert ("guidance" in manifest) is ("past" in scores["temp_c"]["mae"])
    assert ("guidance" in manifest) is (source == "open_meteo")
    if source == "open_meteo":
        models = manifest["guidance"]["stations"]["108"]["models"]
        assert models == ["gfs_seamless", "icon_seamless"]
        records = Records.read(copy.root / "data/processed")
        forecaster = Forecaster.load(copy.root / "models/forecaster")
        made_by_stage = Snapshot.from_bytes(
            (copy.root / "data/forecast/snapshot.npz").read_bytes()
        ).quantiles["temp_c"]
        # Another process may round otherwise; without guidance it is another forecast.
        again = issue(records, forecaster).quantiles["temp_c"]
        np.testing.assert_allclose(made_by_stage, again, atol=1e-3)
        alone = issue(replace(records, guidance={}), forecaster).quantiles["temp_c"]
        assert np.abs(made_by_stage - alone).max() > 1e-2


@pytest.mark.full
def test_the_same_hours_and_numerical_forecasts_give_the_same_bytes_elsewhere(made):
    """What was fetched is kept; all that follows is made again in another folder, without the first
    one's cache."""
    copy, _ = made
    twin = copied(copy.root, copy.root.parent / "twin")
    shutil.copytree(copy.root / "data/raw", twin.root / "data/raw")
    lock = yaml.safe_load((copy.root / "dvc.lock").read_text())
    of_ingest = {**lock, "stages": {"ingest": lock["stages"]["ingest"]}}
    (twin.root / "dvc.lock").write_text(yaml.safe_dump(of_ingest))
    said = twin.dvc("repro", "--downstream", "preprocess")
    assert "Running stage 'ingest'" not in said
    assert all(f"Running stage '{stage}'" in said for stage in STAGES if stage != "ingest")
    assert twin.outs() == copy.outs()


def test_a_refresh_follows_and_the_api_says_whose_observations_they_are(made):
    copy, live = made
    said = copy.run(sys.executable, "-m", "wearcast", "refresh")
    assert said.stdout.startswith("published ")
    with api(
        copy.root, copy.root.parent / "api.log", environment(live.keys, ROOT_PATH="")
    ) as service:
        wait_until(
            lambda: service.get("/health/ready").status_code == 200, "it has read the snapshot"
        )
        told = service.get("/forecast/latest").json()["forecast"]
    assert (
        told["source"]
        == yaml.safe_load((copy.root / "params.yaml").read_text())["ingest"]["source"]
    )
    models = [run["model"] for run in told["guidance"]["runs"]] if told["guidance"] else []
    assert models == (["gfs_seamless", "icon_seamless"] if told["source"] == "open_meteo" else [])
    owed = attribution(told["source"])
    if models:
        owed += f". {guidance_attribution(told['source'], models)}"
    assert told["attribution"] == owed != ""
    assert (told["replay"], told["stale"]) == (False, False)
    assert datetime.now(UTC) - datetime.fromisoformat(told["issued_at"]) < timedelta(hours=3)


def test_the_next_refresh_asks_for_no_day_that_is_final(made):
    copy, live = made
    before = len(live.first_days())
    assert before
    again = copy.run(sys.executable, "-m", "wearcast", "refresh")
    assert again.stdout.startswith(("nothing new: ", "published "))
    settled = datetime.now(UTC) - timedelta(days=10)
    asked = live.first_days()[before:]
    assert all(day >= f"{settled:%Y-%m-%d}" for day in asked), asked


def test_no_key_is_left_anywhere(made):
    copy, live = made
    files = [
        path for path in copy.root.parent.rglob("*") if path.is_file() and not path.is_symlink()
    ]
    # The fakes and this test know them, as they must.
    files = [path for path in files if copy.root / "tests" not in path.parents]
    assert len(files) > 100
    for key in live.keys.values():
        plain = key.encode()
        assert [path for path in files if plain in path.read_bytes()] == []
        assert key not in copy.said


def test_the_newest_hours_come_with_force(made):
    copy, _ = made
    assert "Running stage" not in copy.dvc("repro")
    assert "Running stage 'ingest'" in copy.dvc("repro", "--force", "--single-item", "ingest")
