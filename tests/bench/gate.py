"""Retraining on replayed Seoul: the table of challengers and the gate's verdicts.

python tests/bench/gate.py FOLDER [MONTHS]    FOLDER holds the Korean portal's hourly exports of
                                              2018 to 2021; some twenty minutes on one core;
                                              writes docs/retraining-cases.md
"""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from wearcast import artifacts

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "scripts"), str(ROOT / "tests")]

import captions

from model.replayed_retraining import Replay, Verdict, verdicts

CASES = ROOT / "docs/retraining-cases.md"
TITLE = """# Retraining on replayed Seoul

The champion of the first row is a weak one: too smooth a climatology, 2018 and 2019 alone. Each
month a challenger is trained as [retraining.md](retraining.md) says, with settings so small that it
takes a minute or two, and judged on the twelve weeks up to that month's end. Then every kind of
broken challenger meets the champion of the last month, a month later.
"""
HEADINGS = ("judged up to", "challenger", "verdict", "because")


def main(seoul: Path, months: int) -> None:
    """Print the table and write it down."""
    with tempfile.TemporaryDirectory(prefix="wearcast-gate-") as folder:
        rows = list(verdicts(Replay(Path(folder), seoul), months))
    show(rows)
    caption = captions.caption(
        "make bench-gate DATA=folder", captions.today(), code=captions.code_hash(ROOT)
    )
    text = captions.captioned(f"{TITLE}\n{markdown(rows)}\n", caption)
    artifacts.write_bytes(CASES, text.encode())


def show(rows: Iterable[Verdict]) -> None:
    """Print the table."""
    table = Table(*HEADINGS, title="Seoul, replayed")
    for row in rows:
        table.add_row(row.month, row.challenger, row.verdict, row.because)
    Console(width=160).print(table)


def markdown(rows: Iterable[Verdict]) -> str:
    """The table in Markdown."""
    lines = [f"| {' | '.join(HEADINGS)} |", "|---|---|---|---|"]
    for row in rows:
        cells = (row.month, row.challenger, f"**{row.verdict}**", row.because)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 3)
