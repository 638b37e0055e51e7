"""Which run of each model is served, remembered while a refresh goes through its partitions."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from wearcast.weather.sources.open_meteo.model_runs import Run

KEPT_FOR: Final = timedelta(minutes=10)
"""So long an answer is used again. A newer run that comes meanwhile is taken for the one before."""


class KnownRuns:
    """Asks for a model's run once in `KEPT_FOR`; any thread may use it, and none waits for another:
    two that find nothing both ask."""

    def __init__(self, ask: Callable[[str], Run], now: Callable[[], datetime]) -> None:
        """`ask` gives the run of the model that it is given."""
        self._ask = ask
        self._now = now
        self._known: dict[str, tuple[datetime, Run]] = {}

    def run(self, model: str) -> Run:
        """The run that was served at most `KEPT_FOR` ago; a clock that was put back forgets it."""
        now = self._now()
        known = self._known.get(model)
        if known and timedelta(0) <= now - known[0] < KEPT_FOR:
            return known[1]
        run = self._ask(model)
        self._known[model] = now, run
        return run
