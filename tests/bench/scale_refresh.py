"""`wearcast refresh` at the hour that BENCH_NOW says, with the addresses of params.yaml:
python tests/bench/scale_refresh.py refresh"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from wearcast.serving.refresh import run
from wearcast.weather.sources.open_meteo import OpenMeteoSource

_OPEN: Callable[..., run.Refresh] = run.Refresh.open


def now() -> datetime:
    """The time of the refresh."""
    return datetime.fromisoformat(os.environ["BENCH_NOW"])


def opened(*arguments: Any) -> run.Refresh:
    """A refresh with that clock."""
    return replace(_OPEN(*arguments), now=now)


# Not in main: the processes that a refresh starts import this file, too.
run.open_source = lambda ingest, _: OpenMeteoSource(ingest.open_meteo, {}, now=now)  # type: ignore[attr-defined]
run.Refresh.open = opened  # type: ignore[method-assign]

if __name__ == "__main__":
    from wearcast.cli.app import main

    main()
