"""Seoul, station 108: train 2018-2020, validate 2021, and test 2023, where every look is written
down.

    python tests/bench/seoul.py validation FOLDER    to choose by; doesn't read 2023; writes
                                                     docs/seoul-validation.md
    python tests/bench/seoul.py test FOLDER          a look: appends it to docs/test-looks.md, and
                                                     writes its tables into the READMEs and
                                                     docs/forecasting, whatever they say

FOLDER holds the Korean portal's hourly exports of the station. The pipeline's own notebooks run in
a copy of the project.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from rich.console import Console
from rich.table import Table

from wearcast import artifacts
from wearcast.cli import advice_scores
from wearcast.cli.report import clothes, clothes_markdown, synoptic_errors
from wearcast.forecasting.evaluation import verdict
from wearcast.forecasting.median_share import told

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "scripts"))

import captions

LOOKS = ROOT / "docs/test-looks.md"
VALIDATION = ROOT / "docs/seoul-validation.md"
VALIDATION_TITLE = """# Seoul 2021, the validation year

Written by `make bench-seoul DATA=folder`: train 2018-2020, validate 2021. The network stopped on
this year, and was calibrated on it and on the left-out years of training, which flatters it beside
the baselines; the test year stands in [test-looks.md](test-looks.md).
"""
OWN = Path("data/seoul")
COMMANDS = {
    "test": "make bench-seoul-test DATA=folder",
    "validation": "make bench-seoul DATA=folder",
}
STAGES = ("ingest", "preprocess", "train", "evaluate")


def main(period: str, data: Path) -> None:
    """Run the pipeline on Seoul, print what came of it, and write it down: a look at the test year
    for good."""
    with tempfile.TemporaryDirectory(prefix="wearcast-seoul-") as folder:
        project = Path(folder)
        copy_sources(project)
        shutil.copytree(data, project / OWN)
        (project / "params.yaml").write_text(yaml.safe_dump(params(period), allow_unicode=True))
        for stage in STAGES:
            subprocess.run(["wearcast", "run-notebook", stage], cwd=project, check=True)
        metrics = artifacts.read_json(project / "reports/verification.json")
        code = captions.code_hash(project)
        model = artifacts.read_json(project / "models/forecaster/manifest.json")["version"]
        made_by = f"Code and notebooks {code}; model {model}. {worst_lead(project)}"
        manifest = artifacts.read_json(project / "models/judged/manifest.json")
    rows = list(lines(metrics))
    show(metrics, rows)
    of_model = model_lines(manifest["origin"])
    print("\n".join(of_model))
    caption = captions.caption(COMMANDS[period], captions.today(), model=model, code=code)
    write_down(
        period, captions.captioned("\n".join([*entry(made_by, metrics, rows), *of_model]), caption)
    )


def write_down(period: str, told: str) -> None:
    """Put what came of it into the documents: a look behind those before, and its tables to where
    they are shown."""
    if period == "validation":
        artifacts.write_bytes(VALIDATION, f"{VALIDATION_TITLE}\n{told}".encode())
        return
    looks = LOOKS.read_text(encoding="utf-8")
    title = f"## {captions.today()}: Seoul 2023"
    artifacts.write_bytes(LOOKS, f"{looks}\n{title}\n\n{told}".encode())
    script = ROOT / "scripts/document_tables.py"
    subprocess.run([sys.executable, script, "--looks"], cwd=ROOT, check=True)


def worst_lead(project: Path) -> str:
    """How far the network is from ridge at its worst lead."""
    by_lead = pd.read_csv(project / "reports/plots/error_by_lead.csv").set_index("lead_h")
    ratio = by_lead["network"] / by_lead["ridge"]
    return (
        f"At its worst lead, {ratio.idxmax()} h, the network's error is"
        f" {100 * (ratio.max() - 1):+.1f} % of ridge's."
    )


def copy_sources(project: Path) -> None:
    """What the pipeline runs, as it stands in the working tree."""
    for name in ("src", "notebooks", "requirements"):
        shutil.copytree(
            ROOT / name,
            project / name,
            ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"),
        )
    for name in ("dvc.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, project / name)


def params(period: str) -> dict[str, Any]:
    """params.yaml with what Seoul changes, and for a test look what that changes."""
    base = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    seoul = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    look = seoul.pop("test")
    base["ingest"]["files"]["path"] = OWN.as_posix()
    merged = merge(base, seoul)
    return merge(merged, look) if period == "test" else merged


def merge(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """`base` with the leaves of `change` in it."""
    return base | {k: merge(base[k], v) if isinstance(v, dict) else v for k, v in change.items()}


def lines(metrics: dict[str, Any]) -> list[list[str]]:
    """The table: a row a method, the best first, then network and ridge issued at 00 and 12 local,
    the network's coverage, and its differences from what it must beat."""
    mae, crps = metrics["temp_c"]["mae"], metrics["temp_c"]["crps"]
    ranges = list(mae["network"])
    right = {
        name: "/".join(f"{share['value']:.2f}" for share in days.values())
        for name, days in metrics["bands"].items()
    }
    by_method = [
        [name, *(f"{mae[name][r]:.2f}" for r in ranges), f"{crps[name]['all']:.2f}", right[name]]
        for name in sorted(mae, key=lambda name: mae[name]["all"])
    ]
    against = [
        [
            f"network − {name}, %",
            *(f"{c['value']:+.1f} ({c['low']:+.1f} … {c['high']:+.1f})" for c in changes.values()),
            "",
            "",
        ]
        for name, changes in metrics["network_against"].items()
    ]
    in_crps = metrics["network_crps_against"]["ridge"].values()
    against.append(
        [
            "network − ridge, CRPS, %",
            *(f"{c['value']:+.1f} ({c['low']:+.1f} … {c['high']:+.1f})" for c in in_crps),
            "",
            "",
        ]
    )
    covered = metrics["temp_c"]["coverage_80"]["network"]
    at_00_12 = [
        [name, *(f"{errors[r]:.2f}" for r in ranges), "", ""]
        for name, errors in synoptic_errors(metrics).items()
    ]
    return [
        *by_method,
        *at_00_12,
        ["coverage of 80 %", *(f"{covered[r]:.3f}" for r in ranges), "", ""],
        *against,
    ]


def model_lines(origin: dict[str, Any]) -> list[str]:
    """What left-out years decided, and what 80 % meant in them."""
    coverage = origin["coverage_80_left_out"]
    ranges = list(coverage["all"])
    spans = {**coverage["spans_from"], "all": coverage["all"]}
    rows = [
        ["80 % interval, left out from", *(f"{name} h" for name in ranges)],
        ["---"] + ["--:"] * len(ranges),
        *([name, *(f"{share[r]:.3f}" for r in ranges)] for name, share in spans.items()),
    ]
    seasons = ", ".join(f"{name} {share:.3f}" for name, share in coverage["seasons"].items())
    return [
        f"- {told(origin['median'])}",
        "",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
        f"The same by season, over all of them: {seasons}.",
        "",
    ]


HEADINGS = ["MAE, °C", "1-24 h", "25-72 h", "73-168 h", "all", "CRPS", "band, day 1/3/7"]


def show(metrics: dict[str, Any], rows: list[list[str]]) -> None:
    """Print the table and the verdict."""
    told = f"{metrics['forecasts']} forecasts, {metrics['from']} to {metrics['until']} UTC"
    table = Table(*HEADINGS, title=f"Seoul, {metrics['period']}: {told}")
    for row in rows:
        table.add_row(*row)
    console = Console(width=160)
    console.print(table)
    console.print("\n".join(verdict(metrics)))
    console.print(clothes(metrics))
    console.print("\n".join(advice_scores.verdict(metrics)))
    console.print_json(
        json.dumps(
            {"variables": metrics["variables"], "rain": metrics["rain"], "days": metrics["days"]}
        )
    )


def entry(made_by: str, metrics: dict[str, Any], rows: list[list[str]]) -> list[str]:
    """What is written down of a run, in Markdown."""
    table = [HEADINGS, ["---"] * len(HEADINGS), *rows]
    return [
        (
            f"{metrics['forecasts']} forecasts, issued {metrics['from']} to {metrics['until']} UTC,"
            f" and {metrics['forecasts_at_00_12']} at 00 and 12 local. {made_by}"
        ),
        "",
        *("| " + " | ".join(row) + " |" for row in table),
        "",
        *(f"- {line}" for line in verdict(metrics)),
        (
            f"- Daily coverage of 80 %: {metrics['days']['coverage_80']}. Rain, Brier score:"
            f" {metrics['rain']['brier']}."
        ),
        "",
        clothes_markdown(metrics),
        "",
        *(f"- {line}" for line in advice_scores.verdict(metrics)),
        "",
    ]


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("validation", "test"):
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
