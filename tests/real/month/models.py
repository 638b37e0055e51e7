"""The model that serves at first, and the retraining in the middle of the month."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from model.replayed_retraining import WEAK, WEAK_UNTIL, Replay, Verdict
from real.month.timeline import JUDGED_UNTIL
from real.month.weather import STATION
from wearcast import artifacts
from wearcast.config import Kma, Paths


@dataclass(frozen=True)
class Models:
    """The pipeline's own stages on Seoul's record train them; settings are small.

    Attributes:
        replay: the project with the whole record.
        champion: the folder of the project whose model serves at first.
    """

    replay: Replay
    champion: Path

    @classmethod
    def prepare(cls, root: Path, seoul: Path) -> "Models":
        """Ingest the record, and train the first champion."""
        replay = Replay(root, seoul)
        replay.prepare()
        return cls(replay, replay.train("weak", WEAK_UNTIL, **WEAK))

    def retrain(self) -> tuple[Verdict, Path]:
        """Train a challenger on what was there before the judging period; the gate's verdict, and
        the folder of its model."""
        end = np.datetime64(JUDGED_UNTIL.replace(tzinfo=None), "h")
        challenger = self.replay.train("better", self.replay.start(end))
        verdict = self.replay.verdict(end, "a better recipe", self.champion, challenger)
        return verdict, Paths(challenger).model

    def serving_project(self, root: Path, services: Kma) -> Path:
        """A project of the same settings that asks the services; a host has no data."""
        params = yaml.safe_load((self.replay.root / "whole/params.yaml").read_text())
        live = {"source": "kma", "start": "2018-01-01", "kma": services.model_dump()}
        params["ingest"] |= {**live, "stations": [STATION]}
        root.mkdir()
        (root / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
        return root


def version(model: Path) -> str:
    """What a model calls itself."""
    manifest: dict[str, Any] = artifacts.read_json(model / "manifest.json")
    return str(manifest["version"])
