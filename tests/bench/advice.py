"""How long one day's advice takes, in all five styles, from a snapshot in memory.

python tests/bench/advice.py [SNAPSHOT]    default: data/forecast/snapshot.npz; fails where the
median isn't under 5 ms
"""

import sys
import time
from pathlib import Path

import numpy as np

from wearcast.clothing.advice import day_advice, every_style
from wearcast.clothing.settings import Settings
from wearcast.clothing.wording import AdviceText, in_words
from wearcast.config import Paths
from wearcast.forecasting.daily import days
from wearcast.forecasting.snapshot import Snapshot

BAR_MS = 5.0
RUNS = 300


def main(path: Path) -> None:
    """Time it, print the table, and fail over the bar."""
    snapshot = Snapshot.from_bytes(path.read_bytes())
    station, settings = snapshot.stations[0].id, Settings()
    dates = [day.date for day in days(snapshot, station)]
    every = timed(lambda i: every_style(snapshot, station, dates[i % 7], settings).values())
    one = timed(lambda i: [day_advice(snapshot, station, dates[i % 7], settings)])
    print(
        f"{snapshot.members} members, {RUNS} runs over {len(dates)} days,"
        " milliseconds of processor time"
    )
    for label, took in (("all five styles", every), ("one style", one)):
        print(
            f"  {label:16s} median {np.median(took):5.2f}   95 % under"
            f" {np.quantile(took, 0.95):5.2f}"
        )
    if np.median(every) >= BAR_MS:
        sys.exit(f"the median isn't under {BAR_MS} ms")


def timed(advise) -> np.ndarray:
    """Milliseconds of processor time of each run, words included, whatever else the machine does,
    after a warm-up that builds the ladders."""
    worded(advise(0))
    took = []
    for i in range(RUNS):
        began = time.process_time()
        worded(advise(i))
        took.append(1000 * (time.process_time() - began))
    return np.array(took)


def worded(advices) -> list[AdviceText]:
    """Each in words."""
    return [in_words(advice, "en", "metric") for advice in advices]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Paths.find().snapshot)
