"""What a person owns: a file of their own, and the ladder that its garments make."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from wearcast.clothing.ladders import LEAST_STEP_CLO, Ladder, ladder
from wearcast.clothing.outfits import Outfit
from wearcast.clothing.wardrobe import COVERED, Garment, Place, builtin, load, with_ids
from wearcast.config import Group, checked
from wearcast.errors import ConfigError
from wearcast.vocabulary import Activity, Layer, Style

UNSAID: Final = {"source": "own", "wind": 0, "water": 0}
"""What a garment in a person's own file may leave out."""


class Own(Group):
    """A person's own wardrobe file: ids of wardrobe.toml, and garments of their own, written as
    that file writes them."""

    own: tuple[str, ...] = ()
    garments: dict[str, Garment] = Field(default_factory=dict)


def read_own(path: Path, activity: Activity) -> Ladder:
    """The ladder of what a person owns, for an activity.

    Raises:
        ConfigError: the file can't be read, a garment isn't known or valid (names it and the
            field), or the body stays bare.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read: {error}") from error
    return own_ladder(parse_own(text, str(path)), str(path), activity)


def parse_own(text: str, where: str) -> dict[str, Garment]:
    """The garments in the text of such a file, by id.

    Raises:
        ConfigError: a garment isn't known or valid; names it and the field.
    """
    return garments_of(load(text, where), where)


def garments_of(content: Mapping[str, Any], where: str) -> dict[str, Garment]:
    """The garments that such a file's content, or a client's request, names and describes, by id.

    Raises:
        ConfigError: a garment isn't known or valid; names it and the field.
    """
    own = checked(
        Own, {**content, "garments": _completed(with_ids(content.get("garments", {})))}, where
    )
    known = builtin().garments
    for id in own.own:
        if id not in known and id not in own.garments:
            raise ConfigError(
                f"{where}: own: there is no garment {id!r}. Describe it under [garments.{id}], or"
                " name one of wardrobe.toml."
            )
    return {id: known[id] for id in own.own if id in known} | own.garments


def own_ladder(garments: Mapping[str, Garment], where: str, activity: Activity) -> Ladder:
    """The ladder of these garments: from the lightest outfit, always the change of one garment that
    warms least. What isn't for the activity stays at home where something else covers the place.

    Raises:
        ConfigError: they leave top, legs or feet bare.
    """
    owned = _fit_for(activity, [garments[id] for id in sorted(garments)])
    rungs = [_lightest(owned, where)]
    while changes := list(_warmer(rungs[-1], owned)):
        _, _, warmer = min(changes, key=lambda change: change[:2])
        rungs.append(warmer)
    return Ladder(
        dry=tuple(rungs),
        wet=tuple(_kept_dry(rungs, owned, (Layer.OUTER, Layer.FEET))),
        snowy=tuple(_kept_dry(rungs, owned, (Layer.FEET,))),
        shell=_lightest_shell(owned),
    )


def _fit_for(activity: Activity, owned: Sequence[Garment]) -> list[Garment]:
    fit = [garment for garment in owned if activity not in garment.not_for]
    covered = {place for garment in fit for place in garment.covers}
    bare = set(COVERED) - covered
    return [garment for garment in owned if garment in fit or bare & set(garment.covers)]


def missing(
    owned: Ladder, needed_clo: float, style: Style, activity: Activity
) -> tuple[Garment, ...]:
    """What the style's outfit for this insulation has and the person's lacks: a place not covered,
    or covered too lightly."""
    wanted = ladder(style, activity).at(needed_clo)
    best = owned.at(needed_clo)
    return tuple(garment for garment in wanted.garments if _lacks(best, garment))


_LIGHTER_CLO: Final = 0.05


def _lacks(outfit: Outfit, garment: Garment) -> bool:
    """Whether it leaves the garment's places bare, or covers them too lightly."""
    worn = [outfit.at(place) for place in garment.covers]
    warmest_clo = max((held.clo for held in worn if held), default=0.0)
    return warmest_clo + _LIGHTER_CLO <= garment.clo


def _completed(garments: Mapping[str, object]) -> Mapping[str, object]:
    if not isinstance(garments, dict):
        return garments
    return {
        id: UNSAID | garment if isinstance(garment, dict) else garment
        for id, garment in garments.items()
    }


def _lightest(owned: Sequence[Garment], where: str) -> Outfit:
    parts = {"the chest": Place.TOP, "the legs": Place.LEGS, "the feet": Place.SHOES}
    choices = {
        part: [garment for garment in owned if place in garment.covers]
        for part, place in parts.items()
    }
    lacking = [part for part, garments in choices.items() if not garments]
    if lacking:
        raise ConfigError(
            f"{where}: nothing covers {' or '.join(lacking)}. Add what you wear there, even in"
            " midsummer."
        )
    lightest: Outfit | None = None
    for chosen in product(*map(_lightest_of_each_cut, choices.values())):
        garments = list(dict.fromkeys(chosen))
        if _apart(garments):
            outfit = Outfit.of(garments)
            if lightest is None or outfit.clo < lightest.clo:
                lightest = outfit
    if lightest is None:
        raise ConfigError(
            f"{where}: no two garments go together for chest and legs. Add a top, or something for"
            " the legs."
        )
    return lightest


def _lightest_of_each_cut(garments: Iterable[Garment]) -> Iterable[Garment]:
    """Of garments that take the same places only the lightest can be in the lightest outfit."""
    lightest: dict[frozenset[Place], Garment] = {}
    for garment in garments:
        cut = frozenset(garment.covers)
        if cut not in lightest or garment.clo < lightest[cut].clo:
            lightest[cut] = garment
    return lightest.values()


def _warmer(outfit: Outfit, owned: Iterable[Garment]) -> Iterator[tuple[bool, float, Outfit]]:
    """Every change of one garment that warms: whether it is too early for it, the insulation, the
    outfit."""
    for garment in owned:
        if garment.id in outfit.by_id:
            continue
        places = set(garment.covers)
        displaced = [worn for worn in outfit.garments if places & set(worn.covers)]
        kept = [worn for worn in outfit.garments if worn not in displaced]
        bared = {place for worn in displaced for place in worn.covers} - places
        if len(displaced) > 1 or bared:
            continue
        changed = Outfit.of([*kept, garment])
        if changed.clo - outfit.clo >= LEAST_STEP_CLO:
            too_early = changed.clo < _sensible_from_clo()[garment.covers[0]]
            yield too_early, changed.clo, changed


def _lightest_shell(owned: Iterable[Garment]) -> Garment | None:
    coats = (garment for garment in owned if garment.covers == (Place.COAT,))
    rainproof = (garment for garment in coats if garment.is_rainproof)
    return min(rainproof, key=lambda garment: garment.clo, default=None)


def _kept_dry(
    rungs: Iterable[Outfit], owned: Sequence[Garment], layers: Container[Layer]
) -> Iterator[Outfit]:
    below: Outfit | None = None
    for outfit in rungs:
        garments = [
            _drier(garment, owned) if garment.layer in layers else garment
            for garment in outfit.garments
        ]
        dry = Outfit.of(garments)
        below = dry if below is None or dry.clo >= below.clo else below
        yield below


def _drier(garment: Garment, owned: Sequence[Garment]) -> Garment:
    same_places = [other for other in owned if other.covers == garment.covers]
    as_warm = [other for other in same_places if other.clo >= garment.clo]
    drier = [other for other in as_warm if other.water > garment.water]
    return min(drier, key=lambda other: (-other.water, other.clo), default=garment)


def _apart(garments: Iterable[Garment]) -> bool:
    places = [place for garment in garments for place in garment.covers]
    return len(places) == len(set(places))


@cache
def _sensible_from_clo() -> Mapping[Place, float]:
    """From which insulation on the styles' ladders take a place at all: no gloves in summer."""
    layers = (Place.COAT, Place.JACKET, Place.KNIT)
    sensible = {}
    for place in Place:
        first_clo = [_first_clo(ladder(style), place) for style in Style]
        sensible[place] = min(first_clo) if place in layers else max(first_clo)
    return sensible


def _first_clo(style: Ladder, place: Place) -> float:
    """Of the lightest outfit that takes a place; 0 where none does."""
    covered = style.covers(place)
    return float(style.clo[covered].min()) if covered.any() else 0.0
