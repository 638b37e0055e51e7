"""The Korean table of clothing by temperature: half-open bands, each with its lower edge."""

import numpy as np
import pytest

from wearcast.clothing.bands import band


@pytest.mark.parametrize(
    ("temp_c", "expected"),
    [
        (-20.0, 0),
        (4.9, 0),
        (5.0, 1),
        (8.9, 1),
        (9.0, 2),
        (11.9, 2),
        (12.0, 3),
        (16.9, 3),
        (17.0, 4),
        (19.9, 4),
        (20.0, 5),
        (22.9, 5),
        (23.0, 6),
        (27.9, 6),
        (28.0, 7),
        (45.0, 7),
    ],
)
def test_a_band_holds_its_lower_edge_and_not_its_upper(temp_c, expected):
    assert band(np.array([temp_c])).tolist() == [expected]


def test_the_shape_is_kept():
    assert band(np.zeros((2, 7))).shape == (2, 7)
