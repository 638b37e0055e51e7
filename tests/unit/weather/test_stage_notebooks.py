"""The notebooks of this room, cell by cell as Jupyter would run them, on small data."""

import json
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import plotly.io
import pytest
import yaml

from fakes.guidance import FakeGuidance
from wearcast.forecasting.split import Split
from wearcast.weather import guidance, sources
from wearcast.weather.observations import read_parquet, validate
from wearcast.weather.raw_data import read_raw


def run(notebook: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """The notebook's names after its cells ran, the group's values in the place of its own
    parameters."""
    names: dict[str, Any] = {}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, f"{notebook.name}:{cell.id}", "exec"), names)  # noqa: S102
            if "parameters" in cell.metadata.get("tags", []):
                assert set(parameters) == {name for name in names if not name.startswith("__")}
                names.update(parameters)
    return names


@pytest.fixture
def project(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_bytes((repository / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plotly.io.renderers, "default", "json")
    return tmp_path


def own_file(project: Path, group: dict[str, Any]) -> dict[str, Any]:
    """The settings of ingest for a person's own file, with five months of Seoul in it."""
    hours = pd.date_range("2021-01-01", periods=150 * 24, freq="h")
    temps = (10 + 8 * np.sin(np.arange(len(hours)) / 24 * 2 * np.pi)).round(1)
    temps[100] = 99.0
    (project / "mine").mkdir()
    pd.DataFrame({"time": hours, "TMP": temps}).to_csv(project / "mine/home.csv", index=False)
    files = {
        **group["ingest"]["files"],
        "path": "mine",
        "columns": {"valid_at": "time", "temp_c": "TMP"},
        "station": "108",
    }
    return {"source": "files", "stations": ["108"], "files": files}


def test_a_person_s_own_file_becomes_observations_and_a_split(
    project: Path, repository: Path
) -> None:
    group = yaml.safe_load((project / "params.yaml").read_text())
    run(repository / "notebooks/ingest.ipynb", {**group["ingest"], **own_file(project, group)})
    run(repository / "notebooks/preprocess.ipynb", group["preprocess"])

    raw, _ = read_raw(project / "data/raw")
    observations = validate(read_parquet(project / "data/processed/observations.parquet"))
    assert raw["temp_c"].iloc[100] == 99.0
    assert observations["filled"].iloc[100] == "temp_c"
    split = Split.from_json(json.loads((project / "data/processed/split.json").read_text()))
    assert split.train
    assert split.test
    quality = json.loads((project / "reports/quality.json").read_text())
    assert quality["108"]["columns"]["temp_c"]["impossible"] == 1


def test_numerical_forecasts_are_fetched_controlled_and_shown(
    project: Path,
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    group = yaml.safe_load((project / "params.yaml").read_text())
    source = FakeGuidance("2021-03-01T00", "2021-05-31T00")
    source.broken["beta"] = "it ended in March"
    monkeypatch.setattr(sources, "open_guidance_source", lambda *_: source)
    ingest = {**group["ingest"], **own_file(project, group)}
    run(repository / "notebooks/ingest.ipynb", ingest)
    names = run(repository / "notebooks/preprocess.ipynb", group["preprocess"])

    controlled = guidance.validate(
        guidance.read_parquet(project / "data/processed/guidance.parquet")
    )
    assert set(controlled["model"]) == {"alpha", "beta"}
    assert json.loads((project / "data/processed/guidance.json").read_text())["source"] == "fake"
    quality = json.loads((project / "reports/quality.json").read_text())
    temps = quality["guidance"]["108"]["models"]["alpha"]["variables"]["temp_c"]
    assert set(temps["bias_by_age"]) == {"1", "2"}
    shown = capsys.readouterr().out
    assert "archive: it ended in March" in shown
    assert names["said"].columns.tolist() == ["alpha"]

    # Without a source all of it goes again.
    monkeypatch.setattr(sources, "open_guidance_source", lambda *_: None)
    run(repository / "notebooks/ingest.ipynb", ingest)
    run(repository / "notebooks/preprocess.ipynb", group["preprocess"])
    assert not (project / "data/raw/guidance").exists()
    assert not list((project / "data/processed").glob("guidance*"))
    assert "guidance" not in json.loads((project / "reports/quality.json").read_text())
    nothing = "None: ingest.guidance.source is empty"
    assert capsys.readouterr().out.count(nothing) == 2


@pytest.mark.parametrize("stage", ["ingest", "preprocess"])
def test_its_cells_are_short(repository: Path, stage: str) -> None:
    cells = [
        cell
        for cell in nbformat.read(repository / f"notebooks/{stage}.ipynb", as_version=4).cells
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", ())
    ]
    assert max(len(cell.source.splitlines()) for cell in cells) <= 10
