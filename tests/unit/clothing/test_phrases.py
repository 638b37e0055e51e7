"""There is a phrase for all that an advice can say."""

from itertools import product

import pytest

from wearcast.clothing import sentences
from wearcast.clothing.carrying import CarryReason
from wearcast.clothing.certainty import CertaintyKind, SecondKind
from wearcast.clothing.day_before import ClothesChange, Feeling
from wearcast.clothing.gaps import LackKind
from wearcast.clothing.rain_ahead import Protection, When
from wearcast.clothing.reasons import GarmentReason, OutfitReason
from wearcast.clothing.timeline import ChangeKind
from wearcast.clothing.tips import ActivityKind, LayeringKind
from wearcast.clothing.umbrella import Obstacle
from wearcast.vocabulary import Precipitation


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        (sentences.OUTFIT, OutfitReason),
        (sentences.GARMENT, GarmentReason),
        (sentences.CARRY, CarryReason),
        (sentences.LAYERING, LayeringKind),
        (sentences.ACTIVITY, ActivityKind),
        (sentences.CERTAINTY, CertaintyKind),
        (sentences.SECOND_OUTFIT, SecondKind),
        (sentences.CHANGE, ChangeKind),
        (sentences.LACK, LackKind),
        (sentences.FEELING, Feeling),
        (sentences.CLOTHES_CHANGE, ClothesChange),
        (sentences.OBSTACLE, Obstacle),
        (sentences.KEEPS_OUT, Precipitation),
    ],
)
def test_every_kind_has_a_phrase(table, kinds):
    assert set(table) == set(kinds)


def test_every_likely_precipitation_has_a_phrase():
    assert set(sentences.PRECIPITATION) == set(product(Precipitation, When))
    assert set(sentences.PROTECTION) == set(Protection) - {Protection.NONE}
