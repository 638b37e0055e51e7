"""A model whose usual temperatures are too high, as those of a mixed-up unit would be; run in an
image of the tests, whose label names its version."""

import sys
from dataclasses import replace
from pathlib import Path

from wearcast.artifacts import write_json
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.manifest import MANIFEST, Manifest
from wearcast.forecasting.station_climatology import StationClimatology

TOO_HIGH_C = 15.0


def worse(model: Path) -> Manifest:
    """The manifest of such a model."""
    manifest = Forecaster.load(model).manifest
    standardization = manifest.standardization
    climatologies = {}
    for station, climatology in standardization.climatologies.items():
        content = climatology.to_json()
        content["climatology"]["temp_c"][0] += TOO_HIGH_C
        climatologies[station] = StationClimatology.from_json(content)
    return replace(manifest, standardization=replace(standardization, climatologies=climatologies))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write_json(folder / MANIFEST, worse(folder).to_json())
