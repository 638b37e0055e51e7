"""The network beside forecasts that people know, on the same windows and issue times:

    python tests/bench/skill.py validation            the bundled sample
    python tests/bench/skill.py test                  its test blocks
    python tests/bench/skill.py validation FOLDER     Seoul, with its hourly exports in FOLDER

The pipeline's own notebooks train the network in a copy of the project. The peers run in
.venv-skill and get files without the observations that verify them. Writes docs/skill.md.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import peer_windows
import seoul
import yaml
from rich.console import Console
from rich.table import Table
from skill_scores import (
    NETWORK,
    SEASON,
    Row,
    Scored,
    better_of,
    dressed,
    markdown,
    outcomes,
    reaches_into,
    refusal,
    tables,
    with_section,
)

from wearcast import artifacts
from wearcast.config import Train
from wearcast.forecasting import model_assembly
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.baselines import Ridge, climatology_drift
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.hindcasts import SYNOPTIC_HOURS
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Role
from wearcast.forecasting.window_dataset import build_dataset

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "scripts"))

import captions

DOCUMENT = ROOT / "docs/skill.md"
PEERS_PYTHON = ROOT / ".venv-skill/bin/python"
PEERS = {"lightgbm": "LightGBM", "nhits": "NHITS", "lstm": "LSTM", "fracast": "fracast"}
TITLE = """# Beside forecasts that people know

Written by `make bench-skill`, a section a run. Every method forecasts from the same issue times and
sees no hour of the judged period before its issue time; none was trained on it. Skill is against
the climatology with the trailing year's anomaly (climatology_drift). Differences are paired,
negative where the network is better, with 95 % intervals from two-week blocks. Ridge, climatology
and LightGBM forecast single values, which are dressed with their errors on held-out thirds of the
training hours. On validation the network's intervals were calibrated on the judged period beside
left-out years, and its training stopped there, which flatters it. Of a peer that was given both
temperatures and our anomalies the better one is shown, chosen on the judged period, and the rule
for the neural peers' number of steps was chosen with the scores of Seoul 2021 in sight, which
flatters the peers.
"""


@dataclass
class Entries:
    """What the methods forecast: quantiles of the temperature and chances of rain by their names,
    rows of what each cost, and why there is nothing of some."""

    quantiles_c: dict[str, Floats] = field(default_factory=dict)
    rain_chance: dict[str, Floats] = field(default_factory=dict)
    costs: list[Row] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def cost(self, name: str, trained_s: float, forecast_s: float, told: Row) -> None:
        """Note the seconds of training and of 1,000 forecasts, the package and the budget."""
        self.costs.append([name, f"{trained_s:.0f}", f"{forecast_s:.1f}", *told])


def main(period: Role, data: Path | None) -> None:
    """Train, let all forecast, print the scores and write them down."""
    with tempfile.TemporaryDirectory(prefix="wearcast-skill-") as folder:
        project = Path(folder)
        trained_s = train_network(project, period, data)
        records = Records.read(project / "data/processed")
        refuse_test_year(records, data)
        forecaster = Forecaster.load(project / "models/judged")
        code = captions.code_hash(project)
    settings = model_assembly.settings_of(forecaster.manifest)
    every_h = yaml.safe_load((ROOT / "params.yaml").read_text())["evaluate"]["every_h"]
    train = peer_windows.training_windows(records, forecaster, settings.every_h)
    asked = peer_windows.judged_windows(records, forecaster, period, every_h)
    entries = Entries()
    add_network(entries, forecaster, asked, trained_s)
    add_baselines(entries, records, forecaster, settings, train, asked)
    add_peers(entries, peer_windows.handed_over(records, train, asked, settings))
    judged = peer_windows.judged(asked)
    entries.rain_chance[SEASON] = judged.climatological_wet_chance
    scored = Scored(
        issued_at=judged.issued_at,
        observed_c=judged.observed_c,
        quantiles_c=entries.quantiles_c,
        wet=judged.wet,
        rain_chance=entries.rain_chance,
        seed=settings.seed,
    )
    lines = [judged_on(records, period), "", *report(scored, judged, entries)]
    caption = captions.caption(
        command(period, data),
        captions.today(),
        model=forecaster.manifest.version,
        code=code,
    )
    write(period, data, captions.captioned("\n".join(lines), caption))


def train_network(project: Path, period: Role, data: Path | None) -> float:
    """Run the pipeline in a copy of the project up to the training, and give the seconds that
    took."""
    params = (
        seoul.params("validation")
        if data
        else yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    )
    params["evaluate"]["period"] = period
    seoul.copy_sources(project)
    if data:
        shutil.copytree(data, project / seoul.OWN)
    (project / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True))
    for stage in ("ingest", "preprocess", "train"):
        started = time.perf_counter()
        subprocess.run(["wearcast", "run-notebook", stage], cwd=project, check=True)
    return time.perf_counter() - started


def refuse_test_year(records: Records, data: Path | None) -> None:
    """Stop where the record of Seoul reaches into its test year."""
    if not data:
        return
    look = yaml.safe_load((ROOT / "tests/bench/seoul.yaml").read_text(encoding="utf-8"))["test"]
    periods = look["preprocess"]["periods"]["test"]
    for history in records.histories.values():
        if reaches_into(history.valid_at, periods):
            sys.exit(f"{history.station} has hours of the test year {periods}: nothing is judged.")


def add_network(
    entries: Entries,
    forecaster: Forecaster,
    asked: list[peer_windows.StationWindows],
    trained_s: float,
) -> None:
    """The network's forecasts."""
    started = time.perf_counter()
    quantiles_c, chance = peer_windows.network_forecasts(forecaster, asked)
    seconds = time.perf_counter() - started
    entries.quantiles_c[NETWORK] = quantiles_c
    entries.rain_chance[NETWORK] = chance
    told = ["wearcast", "the stage `train`, its own ridge and calibration with it"]
    entries.cost(NETWORK, trained_s, 1000 * seconds / len(chance), told)


def add_baselines(
    entries: Entries,
    records: Records,
    forecaster: Forecaster,
    settings: Train,
    train: list[peer_windows.StationWindows],
    asked: list[peer_windows.StationWindows],
) -> None:
    """Climatology with the trailing year's anomaly, and ridge, dressed with errors out of fold."""
    dataset = build_dataset(
        list(records.histories.values()),
        forecaster.manifest.standardization,
        records.split,
        "train",
        settings.every_h,
    )
    issued_h = dataset.issued_at.astype(np.int64)
    pairs = peer_windows.folds(issued_h, settings.history_h + settings.horizon_h)
    observed_c, ridge_c, season_c = [], [], []
    for fit, held in pairs:
        held_out = peer_windows.of_stations(held, train)
        of_fold = Ridge.fit(replace(dataset, at=dataset.at[fit]), settings)
        observed_c.append(peer_windows.observed_c(held_out))
        ridge_c.append(peer_windows.medians_c(of_fold, held_out))
        season_c.append(peer_windows.medians_c(climatology_drift, held_out))
    started = time.perf_counter()
    ridge = Ridge.fit(dataset, settings)
    fitted_s = time.perf_counter() - started
    seconds = {"ridge": fitted_s, SEASON: 0.0}
    past_c = {"ridge": ridge_c, SEASON: season_c}
    for name, baseline in {"ridge": ridge, SEASON: climatology_drift}.items():
        started = time.perf_counter()
        median_c = peer_windows.medians_c(baseline, asked)
        forecast_s = 1000 * (time.perf_counter() - started) / len(median_c)
        past = np.concatenate(past_c[name])
        entries.quantiles_c[name] = dressed(median_c, past, np.concatenate(observed_c))
        told = ["wearcast", "one strength a lead out of fold" if name == "ridge" else "–"]
        entries.cost(name, seconds[name], forecast_s, told)


def add_peers(entries: Entries, handed_over: Mapping[str, Any]) -> None:
    """Each peer's forecasts, or why there are none."""
    with tempfile.TemporaryDirectory(prefix="wearcast-peers-") as folder:
        files = Path(folder) / "handed_over.npz"
        np.savez(files, **handed_over)
        for peer, name in PEERS.items():
            print(f"{name} …", flush=True)
            forecasts = Path(folder) / f"{peer}.npz"
            failure = run_peer(peer, files, forecasts)
            if failure:
                entries.failed[name] = failure
                print(f"{name}: {failure}", file=sys.stderr)
            else:
                add_forecasts(entries, forecasts)


def run_peer(peer: str, handed_over: Path, forecasts: Path) -> str | None:
    """Let a peer forecast; why it couldn't, if it couldn't."""
    if not PEERS_PYTHON.exists():
        return "not installed: no .venv-skill"
    ours = {"PYTHONPATH", "VIRTUAL_ENV"}
    done = subprocess.run(
        [PEERS_PYTHON, Path(__file__).with_name("peer_models.py"), peer, handed_over, forecasts],
        cwd=handed_over.parent,
        env={name: value for name, value in os.environ.items() if name not in ours},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return None
    said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return f"failed: {said[-1]}".replace("|", "/")


def add_forecasts(entries: Entries, forecasts: Path) -> None:
    """What a peer wrote down."""
    arrays = np.load(forecasts)
    for name, cost in json.loads(str(arrays["costs"])).items():
        entries.quantiles_c[name] = arrays[f"{name}/quantiles"].astype(np.float64)
        if f"{name}/rain_chance" in arrays:
            entries.rain_chance[name] = arrays[f"{name}/rain_chance"].astype(np.float64)
        told = [cost["version"], cost["budget"]]
        entries.cost(name, cost["trained_s"], cost["forecast_s"], told)


def report(scored: Scored, judged: peer_windows.Judged, entries: Entries) -> list[str]:
    """Print all tables, and give them in Markdown."""
    rolling = scored.chosen(judged.rolling)
    shown, left_out = shown_entries(rolling)
    console = Console(width=180)
    lines = []
    hours = " and ".join(f"{hour:02}" for hour in SYNOPTIC_HOURS)
    subsets = {"every hour": rolling, f"{hours} local": scored.chosen(judged.at_00_12)}
    for label, subset in subsets.items():
        told = f"Issued at {label}: {len(subset.issued_at)} forecasts"
        lines += [f"### {told}", ""]
        console.print(f"\n{told}")
        for rows in tables(subset, shown, entries.failed):
            show(console, rows)
            lines += [*markdown(rows), ""]
        sentences = outcomes(subset, shown)
        console.print("\n".join(sentences))
        lines += [*(f"- {sentence}" for sentence in sentences), ""]
    costs = [["", "training, s", "1,000 forecasts, s", "package", "budget"], *entries.costs]
    show(console, costs)
    console.print("\n".join(left_out))
    threads = os.environ.get("OMP_NUM_THREADS", os.cpu_count())
    told = f"Seconds by the clock, with {threads} of {os.cpu_count()} cores a method."
    return [*lines, "### What each was given", "", told, "", *markdown(costs), "", *left_out]


def shown_entries(scored: Scored) -> tuple[list[str], list[str]]:
    """The methods of the tables, of each peer the better entry, and a sentence for each other."""
    families: dict[str, list[str]] = {}
    for name in scored.quantiles_c:
        families.setdefault(name.partition(",")[0], []).append(name)
    shown, sentences = [], []
    for entries in families.values():
        best = better_of(scored, entries)
        shown.append(best)
        for name in entries:
            if name != best:
                scores = scored.scores(name)
                mae = " / ".join(f"{value:.2f}" for value in scores["mae"].values())
                sentences.append(
                    f"- Not shown, since {best} has the better CRPS: {name}, MAE {mae} °C, CRPS"
                    f" {scores['crps']['all']:.2f} °C."
                )
    return shown, sentences


def show(console: Console, rows: list[Row]) -> None:
    """Print a table, its headings first."""
    table = Table(*rows[0])
    for row in rows[1:]:
        table.add_row(*row)
    console.print(table)


def command(period: Role, data: Path | None) -> str:
    """What writes this section."""
    words = ["make bench-skill"]
    if data:
        words.append("DATA=folder")
    if period == "test":
        words.append("PERIOD=test")
    return " ".join(words)


def judged_on(records: Records, period: Role) -> str:
    """The stations, from when to when their record goes, and what of it is trained and judged
    on."""
    first = min(history.valid_at[0] for history in records.histories.values())
    last = max(history.valid_at[-1] for history in records.histories.values())
    stations = ", ".join(station.name_en for station in records.stations)
    return (
        f"{stations}, {first} to {last} UTC; trained on {segments(records, 'train')}; judged on"
        f" {segments(records, period)}."
    )


def segments(records: Records, role: Role) -> str:
    """The days of a role's segments, the last one not included."""
    pairs = records.split.segments(role)
    return ", ".join(f"{str(first)[:10]} … {str(stop)[:10]}" for first, stop in pairs)


def write(period: Role, data: Path | None, text: str) -> None:
    """Write the section of this run into docs/skill.md."""
    document = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else TITLE
    _, *sections = document.split("\n## ")
    document = "\n## ".join([TITLE, *sections])
    heading = f"Seoul, {period}" if data else f"The bundled sample, {period}"
    artifacts.write_bytes(DOCUMENT, with_section(document, heading, [text]).encode())


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    refused = refusal(sys.argv[1], has_own_data=len(sys.argv) == 3)
    if refused:
        sys.exit(refused)
    chosen: Any = sys.argv[1]
    main(chosen, Path(sys.argv[2]) if len(sys.argv) == 3 else None)
