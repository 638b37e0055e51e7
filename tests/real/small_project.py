"""A minimal project: one station of the sample, and a model that is trained on it in a moment."""

from datetime import timedelta
from pathlib import Path

import yaml

from pipeline.projects import REPOSITORY
from unit.forecasting.synthetic import TINY, build
from wearcast.config import Params, checked, read_groups
from wearcast.forecasting import model_assembly
from wearcast.forecasting.processed_data import Records, history_of
from wearcast.serving.refresh import replay
from wearcast.weather import quality
from wearcast.weather.sources import open_source
from wearcast.weather.stations import resolve

STATION = "EWR"


def project(root: Path) -> Path:
    """The project at `root`: params.yaml and models/forecaster, whose model may replay the
    sample."""
    content = read_groups(REPOSITORY / "params.yaml")
    content["ingest"] |= {"source": "sample", "stations": [STATION]}
    params = checked(Params, content, where="the small project")
    root.mkdir(parents=True, exist_ok=True)
    (root / "params.yaml").write_text(
        yaml.safe_dump(params.model_dump(mode="json", exclude_unset=True))
    )
    settings = TINY.model_copy(update={"every_h": 23, "epochs": 1})
    model = build(_records(params, root), settings)
    model_assembly.save(root / "models/forecaster", model.onnx, model.manifest)
    return root


def _records(params: Params, root: Path) -> Records:
    source, stations = open_source(params.ingest, root), resolve(params.ingest.stations)
    first, last = source.span(stations[0])
    observations, _ = quality.control(
        source.fetch(stations[0], first, last + timedelta(hours=1)),
        stations,
        params.preprocess.fill_h,
    )
    histories = {STATION: history_of(observations, STATION)}
    return Records(
        tuple(stations),
        histories,
        replay.replay_split(source, stations, params),
        "sample",
        "sha256:of the tests",
    )
