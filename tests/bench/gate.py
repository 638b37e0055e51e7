"""Retraining on replayed Seoul: the table of challengers and the gate's verdicts.

python tests/bench/gate.py FOLDER [MONTHS]    FOLDER holds the Korean portal's hourly exports of
                                              2018 to 2021; some twenty minutes on one core
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parents[1]))

from model.replayed_retraining import FIRST, Replay, Verdict, broken, months


def main(seoul: Path, count: int) -> None:
    """Print the table."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wearcast-gate-") as folder:
        rows = list(verdicts(Replay(Path(folder), seoul), count))
    table = Table(title=f"Seoul, replayed; {(time.monotonic() - began) / 60:.0f} minutes")
    for heading in ("judged up to", "challenger", "verdict", "because"):
        table.add_column(heading)
    for row in rows:
        table.add_row(row.month, row.challenger, row.verdict, row.because)
    Console(width=160).print(table)


def verdicts(replay: Replay, count: int) -> Iterator[Verdict]:
    """Those of so many months, then those on broken challengers a month later."""
    replay.prepare()
    for verdict, last in months(replay, count):
        champion = last
        print(verdict, flush=True)
        yield verdict
    end = (FIRST.astype("datetime64[M]") + count).astype("datetime64[h]")
    for verdict in broken(replay, champion, np.datetime64(end, "h")):
        print(verdict, flush=True)
        yield verdict


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 3)
