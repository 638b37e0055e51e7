"""The project as it was when the judging period began: the same code and settings, and a record
that ends there, so that the pipeline's own stage trains the challenger.

The record is cut after quality control, whose verdict on an hour hardly depends on later ones: it
bridges at most a few hours of a gap at the very end.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from wearcast import artifacts
from wearcast.config import Params, Paths, checked, read_groups
from wearcast.errors import ModelError
from wearcast.forecasting import split as splitting
from wearcast.forecasting.processed_data import GUIDANCE
from wearcast.forecasting.temperature_days import temperature_days
from wearcast.weather import guidance
from wearcast.weather.observations import read_parquet, write_parquet

_CODE = ("src", "notebooks", "requirements", "dvc.yaml", "pyproject.toml", "params.yaml")
_UNCOPIED = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")


def train_as_of(paths: Paths, start: np.datetime64, folder: Path) -> Paths:
    """Train in `folder` what the project would have trained at `start`; its models are then where
    the paths say that are returned.

    Raises:
        ConfigError: the record before `start` is too short for the settings' split.
        ModelError: the training failed; the stage has said why.
    """
    project = project_as_of(paths, start, folder)
    command = [sys.executable, "-m", "wearcast", "run-notebook", "train"]
    done = subprocess.run(command, cwd=project.root, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise ModelError(
            f"the challenger could not be trained on the record before {start} UTC; the stage"
            " train says above why. A longer record or other settings of preprocess and train may"
            " help."
        )
    return project


def project_as_of(paths: Paths, start: np.datetime64, folder: Path) -> Paths:
    """Make the project of that time in `folder`, which must not be there yet; nothing is trained.

    Raises:
        ConfigError: the record before `start` is too short for the settings' split.
    """
    folder.mkdir(parents=True)
    for name in _CODE:
        source = paths.root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=_UNCOPIED)
        elif source.is_file():
            shutil.copy(source, folder / name)
    project = Paths(folder)
    params = checked(Params, read_groups(paths.params), where=str(paths.params))
    cut_processed(paths.processed, start, project.processed, params)
    return project


def cut_processed(whole: Path, start: np.datetime64, folder: Path, params: Params) -> None:
    """Put into `folder` what is before `start` of the processed data in `whole`, with a split of
    its own.

    Raises:
        ConfigError: it is too short for the settings' split.
    """
    observations = read_parquet(whole / "observations.parquet")
    kept = _before(observations, start)
    hours = kept["valid_at"].dt.tz_localize(None)
    if kept.empty:
        raise ModelError(f"there are no observations before {start} UTC to train on.")
    first = hours.min().to_datetime64()
    last = hours.max().to_datetime64()
    days = temperature_days(kept)
    split = splitting.plan(first, last, params.preprocess, days)
    write_parquet(folder / "observations.parquet", kept)
    artifacts.write_json(folder / "split.json", split.to_json())
    for name in ("stations.json", "source.json", "guidance.json"):
        described = whole / name
        if described.is_file():
            shutil.copy(described, folder / name)
    of_models = whole / GUIDANCE
    if of_models.is_file():
        forecasts = guidance.read_parquets([of_models])
        known = _before(forecasts, start)
        guidance.write_parquet(folder / GUIDANCE, known)


def _before(rows: pd.DataFrame, start: np.datetime64) -> pd.DataFrame:
    kept = rows[rows["valid_at"] < pd.Timestamp(start, tz="UTC")]
    return kept.reset_index(drop=True)
