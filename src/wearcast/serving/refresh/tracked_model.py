"""The tracked model in a worker: loaded once, and known to be the one that was asked for."""

import functools
from pathlib import Path

from wearcast.errors import ModelError
from wearcast.forecasting.forecaster import Forecaster


@functools.lru_cache(maxsize=2)
def tracked_model(folder: str, version: str) -> Forecaster:
    """The model in a folder of this machine.

    Raises:
        ModelError: it can't be used, or is of another version.
    """
    forecaster = Forecaster.load(Path(folder))
    found = forecaster.manifest.version
    if found != version:
        raise ModelError(
            f"{folder} holds model {found} on this machine, and {version} was asked for. Bring all"
            " machines to one model."
        )
    return forecaster
