"""Fail where a table in the READMEs or docs/forecasting isn't what dvc.lock, the committed scores
and the newest look at Seoul say: `make lint` runs it. It wants nothing that git doesn't hold.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import pandas as pd
from captions import ROOT
from document_tables import (
    DOCUMENTS,
    MADE_OF,
    between_marks,
    copied,
    locked_entries,
    locked_outputs,
    made_of,
)
from korean_tables import KOREAN

from wearcast import artifacts
from wearcast.config import declared_stages, kept_in_git, locked_stages
from wearcast.forecasting.verification import mean_by_lead_range
from wearcast.notebook.tracked_outputs import changed

AGAIN: Final = "Run `make regenerate ONLY=tables`."

MODEL: Final = re.compile(r"(?:Model|model|모델) ([0-9a-f]{12})\b")

ROUNDING_C: Final = 0.0056
"""What rounding can make of an error: to two digits in a table, before that to four by lead."""


def problems(root: Path) -> list[str]:
    """What in the documents isn't what dvc.lock and the looks say, and what to run.

    The pipeline's tables are of the bundled sample: a project that has run it on other data keeps
    them as they are, with their model and date.
    """
    stages = locked_stages(root)
    if "ingest" not in stages:
        return ["dvc.lock names no outputs. Run `make repro`."]
    found = list(stale_copies(root))
    if stages["ingest"]["params"]["params.yaml"]["ingest"]["source"] == "sample":
        found += [*stale_parts(root), *stale_files(root), *wrong_scores(root), *models(root)]
    return found


def stale_copies(root: Path) -> Iterator[str]:
    """The tables of Seoul that aren't those of the newest look."""
    for name, language in DOCUMENTS.items():
        text = (root / name).read_text(encoding="utf-8")
        for part, content in copied(root, language).items():
            if between_marks(text, part) not in ("", content):
                yield f"{name}, {part}: not the newest look's. {AGAIN}"


def stale_parts(root: Path) -> Iterator[str]:
    """The parts that were made of other outputs than dvc.lock names."""
    outputs = locked_outputs(root)
    for name in DOCUMENTS:
        text = (root / name).read_text(encoding="utf-8")
        for part, said in re.findall(r"<!-- ([a-z-]+): [^>;]*(?:; ([^>]*))? -->", text):
            if part in MADE_OF and [said] != made_of(part, outputs):
                yield (
                    f"{name}, {part}: made of {said or 'nobody knows what'}; dvc.lock has"
                    f" {made_of(part, outputs)[0]}. Run `make repro`, then `make regenerate"
                    " ONLY=tables`, and commit what changed."
                )


def stale_files(root: Path) -> Iterator[str]:
    """The outputs in git that aren't those of dvc.lock."""
    in_git = set(chain.from_iterable(map(kept_in_git, declared_stages(root).values())))
    entries = [entry for entry in locked_entries(root) if entry["path"] in in_git]
    for path in changed(entries, root):
        yield f"{path}: not what dvc.lock names. Run `make repro`, commit dvc.lock and reports/."


def wrong_scores(root: Path) -> Iterator[str]:
    """The errors in the READMEs' tables that aren't those of the committed scores."""
    by_lead = pd.read_csv(root / "reports/plots/error_by_lead.csv").set_index("lead_h")
    coverage = artifacts.read_json(root / "reports/metrics.json")["coverage_80"]
    expected = {name: mean_by_lead_range(by_lead[name].to_numpy()).values() for name in by_lead}
    for name, language in DOCUMENTS.items():
        table = between_marks((root / name).read_text(encoding="utf-8"), "scores")
        if table and not all(
            holds(table, label, errors, language) for label, errors in expected.items()
        ):
            yield f"{name}, scores: not the errors of reports/plots/error_by_lead.csv. {AGAIN}"
        shares = " | ".join(f"{share:.0%}" for share in coverage.values())
        if table and f" | {shares} |" not in table:
            yield f"{name}, scores: not the coverage of reports/metrics.json. {AGAIN}"


def holds(table: str, method: str, errors: Iterable[float], language: str) -> bool:
    """Whether the table has a method's errors."""
    label = method.replace("_", " ")
    label = KOREAN[label] if language == "ko" else label
    [row] = [line for line in table.splitlines() if line.startswith(f"| {label} | ")]
    cells = row.strip("| ").split(" | ")[1:]
    return all(
        abs(float(cell) - error) < ROUNDING_C for cell, error in zip(cells, errors, strict=True)
    )


def models(root: Path) -> Iterator[str]:
    """A line where the pipeline's parts tell of several models."""
    named: set[str] = set()
    for name in DOCUMENTS:
        text = (root / name).read_text(encoding="utf-8")
        for part in MADE_OF:
            named.update(
                re.findall(r"(?:Model|model|모델) ([0-9a-f]{12})\b", between_marks(text, part))
            )
    if len(named) != 1:
        yield f"The documents tell of the models {', '.join(sorted(named)) or '(none)'}. {AGAIN}"


if __name__ == "__main__":
    sys.exit("\n".join(problems(ROOT)) or None)
