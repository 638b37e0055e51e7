"""There is a phrase for all that an advice can say."""

import pytest

from wearcast.clothing import sentences
from wearcast.clothing.carrying import CarryReason
from wearcast.clothing.certainty import SecondKind
from wearcast.clothing.gaps import LackKind
from wearcast.clothing.reasons import GarmentReason, OutfitReason
from wearcast.clothing.timeline import ChangeKind
from wearcast.clothing.tips import ActivityKind, LayeringKind


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        (sentences.OUTFIT, OutfitReason),
        (sentences.GARMENT, GarmentReason),
        (sentences.CARRY, CarryReason),
        (sentences.LAYERING, LayeringKind),
        (sentences.ACTIVITY, ActivityKind),
        (sentences.SECOND_OUTFIT, SecondKind),
        (sentences.CHANGE, ChangeKind),
        (sentences.LACK, LackKind),
    ],
)
def test_every_kind_has_a_phrase(table, kinds):
    assert set(table) == set(kinds)
