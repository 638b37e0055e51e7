"""The same quantities by pythermalcomfort, which is too heavy to be a dependency (numba) but a good
oracle."""

import importlib
import importlib.util
import math
from types import SimpleNamespace

import numpy as np
import pytest

from wearcast.clothing import comfort
from wearcast.clothing.wardrobe import builtin

pytestmark = pytest.mark.real

TEMPS_C = np.array([-30.0, -10, 0, 5, 15, 25, 35])


@pytest.fixture(scope="module")
def oracle(real_part):
    real_part("pythermalcomfort", importlib.util.find_spec("pythermalcomfort"))
    parts = ("models", "clothing", "utilities", "psychrometrics")
    return SimpleNamespace(
        **{part: importlib.import_module(f"pythermalcomfort.{part}") for part in parts}
    )


def test_wind_chill_agrees(oracle):
    for wind_ms in (2.0, 5.0, 15.0):
        ours = comfort.wind_chill_c(TEMPS_C[:4], np.full(4, wind_ms))
        theirs = [
            oracle.models.wind_chill_temperature(tdb=t, v=wind_ms * 3.6, round_output=False).wct
            for t in TEMPS_C[:4]
        ]
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_apparent_temperature_agrees(oracle):
    for rh_pct, wind_ms in ((20.0, 0.5), (60.0, 3.0), (90.0, 10.0)):
        ours = comfort.apparent_c(TEMPS_C, np.full(7, rh_pct), np.full(7, wind_ms))
        np.testing.assert_allclose(
            ours, [oracle.models.at(tdb=t, rh=rh_pct, v=wind_ms).at for t in TEMPS_C], atol=0.11
        )


def test_the_sun_warms_the_apparent_temperature_as_steadman_says(oracle):
    """His own formula with radiation against ours: the heat taken up, 0.077 of the sunshine."""
    taken_up = 0.5 * 0.7 * 0.22 * 800.0
    for wind_ms in (0.5, 3.0, 10.0):
        with_sun, without = (
            oracle.models.at(tdb=20, rh=50, v=wind_ms, q=q).at for q in (taken_up, 0.0)
        )
        assert comfort.sun_c(np.array(800.0), np.array(wind_ms)) == pytest.approx(
            with_sun - without, abs=0.06
        )


def test_wet_bulb_agrees(oracle):
    ours = comfort.wet_bulb_c(TEMPS_C[2:], np.full(5, 60.0))
    np.testing.assert_allclose(
        ours, [oracle.psychrometrics.wet_bulb_tmp(t, 60.0) for t in TEMPS_C[2:]], atol=0.06
    )


def test_ensembles_agree(oracle):
    for garments in (
        [0.08, 0.24, 0.02],
        [0.25, 0.34, 0.24, 0.6, 0.1],
        [0.2, 0.36, 0.7, 0.28, 0.15, 0.1],
    ):
        theirs = oracle.clothing.clo_intrinsic_insulation_ensemble(garments)
        assert comfort.ensemble_clo(np.array(math.fsum(garments))) == pytest.approx(
            theirs, abs=1e-6
        )


def test_garments_from_ashraes_table_insulate_as_it_says(oracle):
    table = {plain(name): clo for name, clo in oracle.utilities.clo_individual_garments.items()}
    garments = [
        garment for garment in builtin().garments.values() if garment.source.startswith("ashrae: ")
    ]
    named = {garment: plain(garment.source.removeprefix("ashrae: ")) for garment in garments}
    known = {garment.id: table[name] for garment, name in named.items() if name in table}
    assert len(known) >= 20
    assert {id: builtin().garments[id].clo for id in known} == known


def plain(name):
    return "".join(letter for letter in name.lower() if letter.isalnum())
