"""How sure an outfit is, and which other one the forecast leaves room for."""

from dataclasses import dataclass
from enum import StrEnum

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.outfits import Outfit
from wearcast.clothing.swap import Swap, largest_swap


class SecondKind(StrEnum):
    """What a second outfit is for, and how it differs."""

    WARMER_INSTEAD = "warmer_instead"
    WARMER_WITHOUT = "warmer_without"
    COLDER_INSTEAD = "colder_instead"
    COLDER_ALSO = "colder_also"


@dataclass(frozen=True)
class SecondOutfit:
    """Another outfit, and its largest changes from the first one."""

    outfit: Outfit
    kind: SecondKind
    swap: Swap


@dataclass(frozen=True)
class Certainty:
    """How sure an outfit is: chances that sum to 1.

    Attributes:
        too_cold: the coldest hour asks for more than `dressing.MARGIN_CLO` above it.
        too_warm: even the coldest hour asks for less than that below it.
        second: another outfit, where the forecast leaves room for one.
    """

    too_cold: float
    too_warm: float
    second: SecondOutfit | None

    @property
    def fits(self) -> float:
        """It is right within the margin."""
        return 1 - self.too_cold - self.too_warm


def certainty(dressed: Dressed) -> Certainty:
    """How sure the outfit is."""
    return Certainty(dressed.too_cold, dressed.too_warm, _second_outfit(dressed))


def _second_outfit(dressed: Dressed) -> SecondOutfit | None:
    first, second = dressed.outfit, dressed.second
    if second is None:
        return None
    swap = largest_swap(first, second)
    if second.clo < first.clo:
        kind = SecondKind.WARMER_INSTEAD if swap.new else SecondKind.WARMER_WITHOUT
    else:
        kind = SecondKind.COLDER_INSTEAD if swap.old else SecondKind.COLDER_ALSO
    return SecondOutfit(second, kind, swap)
