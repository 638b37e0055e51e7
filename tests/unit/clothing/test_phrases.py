"""There is a phrase for all that an advice can say."""

import pytest

from wearcast.clothing import phrases
from wearcast.clothing.carrying import CarryReason
from wearcast.clothing.certainty import SecondKind
from wearcast.clothing.gaps import LackKind
from wearcast.clothing.reasons import GarmentReason, OutfitReason
from wearcast.clothing.timeline import ChangeKind
from wearcast.clothing.tips import ActivityKind, LayeringKind


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        (phrases.OUTFIT, OutfitReason),
        (phrases.GARMENT, GarmentReason),
        (phrases.CARRY, CarryReason),
        (phrases.LAYERING, LayeringKind),
        (phrases.ACTIVITY, ActivityKind),
        (phrases.SECOND_OUTFIT, SecondKind),
        (phrases.CHANGE, ChangeKind),
        (phrases.LACK, LackKind),
    ],
)
def test_every_kind_has_a_phrase(table, kinds):
    assert set(table) == set(kinds)
