"""How sure an outfit is, when it is likely to be too cold or too warm, and which other one the
forecast leaves room for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.outfits import Outfit
from wearcast.clothing.swap import Swap, largest_swap
from wearcast.clothing.timeline import Span, spans
from wearcast.forecasting.array_types import Flags, Floats

LIKELY: Final = 0.5
"""From above this chance on, an hour is told as too cold or too warm."""

SURE: Final = 0.75
"""From this share on, an outfit that no hour is told of is right the whole time."""


class CertaintyKind(StrEnum):
    """What there is to say of how sure an outfit is."""

    RIGHT = "right"
    UNSURE = "unsure"
    COLD_AT_TIMES = "cold_at_times"
    WARM_AT_TIMES = "warm_at_times"
    COLD_AND_WARM_AT_TIMES = "cold_and_warm_at_times"
    TOO_COLD = "too_cold"
    TOO_WARM = "too_warm"


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
    """How sure an outfit is: expected shares of the hours ahead that sum to 1.

    Attributes:
        too_cold: of hours that ask for more than `dressing.MARGIN_CLO` above what is on then.
        too_warm: of hours that ask for less than that below it.
        ahead: these hours.
        cold_spans: when too cold is likely.
        warm_spans: when too warm is.
        second: another outfit, where the forecast leaves room for one.
    """

    too_cold: float
    too_warm: float
    ahead: tuple[Span, ...]
    cold_spans: tuple[Span, ...]
    warm_spans: tuple[Span, ...]
    second: SecondOutfit | None

    @property
    def fits(self) -> float:
        """It is right within the margin."""
        return 1 - self.too_cold - self.too_warm

    @property
    def kind(self) -> CertaintyKind:
        """What there is to say."""
        if self.cold_spans and self.warm_spans:
            return CertaintyKind.COLD_AND_WARM_AT_TIMES
        if self.cold_spans:
            all_cold = self.cold_spans == self.ahead
            return CertaintyKind.TOO_COLD if all_cold else CertaintyKind.COLD_AT_TIMES
        if self.warm_spans:
            all_warm = self.warm_spans == self.ahead
            return CertaintyKind.TOO_WARM if all_warm else CertaintyKind.WARM_AT_TIMES
        return CertaintyKind.RIGHT if self.fits >= SURE else CertaintyKind.UNSURE


def certainty(dressed: Dressed) -> Certainty:
    """How sure the outfit is."""
    return Certainty(
        too_cold=dressed.too_cold,
        too_warm=dressed.too_warm,
        ahead=_spans(dressed, dressed.needs.ahead),
        cold_spans=_spans(dressed, _likely(dressed, dressed.too_cold_chance)),
        warm_spans=_spans(dressed, _likely(dressed, dressed.too_warm_chance)),
        second=_second_outfit(dressed),
    )


def _likely(dressed: Dressed, chance: Floats) -> Flags:
    likely: Flags = dressed.needs.ahead & (chance > LIKELY)
    return likely


def _spans(dressed: Dressed, on: Flags) -> tuple[Span, ...]:
    return spans(dressed.needs.weather, on)


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
