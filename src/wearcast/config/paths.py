"""Every path of the project in one place."""

from dataclasses import dataclass
from pathlib import Path

from wearcast import checkout
from wearcast.errors import ConfigError


@dataclass(frozen=True)
class Paths:
    """Where everything of the project lies; dvc.yaml says the same, and a test compares them."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Paths":
        """The project around `start` (default: the working folder): the nearest folder upwards with
        a params.yaml."""
        here = (start or Path.cwd()).resolve()
        root = checkout.project_around(here)
        if root is None:
            raise ConfigError(
                f"no params.yaml in {here} or above it. Run inside a Wearcast project."
            )
        return cls(root)

    @property
    def params(self) -> Path:
        """The experiment's parameters."""
        return self.root / "params.yaml"

    @property
    def raw(self) -> Path:
        """Observations as the source gave them: a folder a station, a file a month."""
        return self.root / "data/raw"

    @property
    def raw_guidance(self) -> Path:
        """Numerical forecasts as their source gave them, where the project has some."""
        return self.raw / "guidance"

    @property
    def guidance(self) -> Path:
        """What quality control made of them, where the project has some."""
        return self.processed / "guidance.parquet"

    @property
    def processed(self) -> Path:
        """What quality control made of them, and the split."""
        return self.root / "data/processed"

    @property
    def snapshot(self) -> Path:
        """The forecast the pipeline ends with."""
        return self.root / "data/forecast/snapshot.npz"

    @property
    def model(self) -> Path:
        """The tracked model: all that inference needs."""
        return self.root / "models/forecaster"

    @property
    def judged_model(self) -> Path:
        """The model that is judged: the tracked one, or what was fitted before that learned from
        all years."""
        return self.root / "models/judged"

    @property
    def retraining(self) -> Path:
        """What a retraining leaves: its report, the champion and the challenger."""
        return self.root / ".retraining"

    @property
    def metrics(self) -> Path:
        """The few scores that experiments are compared by."""
        return self.root / "reports/metrics.json"

    @property
    def verification(self) -> Path:
        """All scores on the evaluated period, of every method."""
        return self.root / "reports/verification.json"

    @property
    def quality(self) -> Path:
        """What quality control found, station by station."""
        return self.root / "reports/quality.json"

    @property
    def plots(self) -> Path:
        """Small tables that `dvc plots` draws."""
        return self.root / "reports/plots"

    @property
    def notebooks(self) -> Path:
        """The source notebooks, committed clean."""
        return self.root / "notebooks"

    @property
    def executed(self) -> Path:
        """Executed notebooks and their HTML."""
        return self.root / "reports/notebooks"
