"""The outfits of the days ahead, drawn beside each other, for a notebook."""

from collections.abc import Sequence

from IPython.display import HTML

from wearcast.clothing.advice import Advice
from wearcast.clothing.carrying import CarryReason
from wearcast.clothing.wording import in_words
from wearcast.serving.dashboard.dressed_person import Umbrella, dressed_person
from wearcast.serving.dashboard.markup import Markup, tag

_AGAINST_SUN = (CarryReason.BRIGHT_SUN, CarryReason.HOT_SUN)
"""What is carried for these is drawn as worn: glasses, and a hat with a brim."""

_ROW = (
    "display:grid;grid-template-columns:repeat(auto-fill,minmax(7.2rem,1fr));gap:1.2rem .8rem;"
    "margin:1rem 0"
)
_DAY = "margin:0;font-weight:normal"
_PERSON = "max-width:6rem"
_NAME = "font-weight:600"
_TEXT = "font-size:.8rem;line-height:1.4;font-weight:normal;margin-top:.3rem"


def drawn(advices: Sequence[Advice]) -> HTML:
    """A person a day who wears the whole outfit, with its insulation, what may come off and what to
    carry."""
    figures = [_figure(advice) for advice in advices]
    return HTML(tag("div", figures, style=_ROW))


def _figure(advice: Advice) -> Markup:
    words = in_words(advice, advice.settings.language, advice.settings.units)
    names = ", ".join(piece.name for piece in words.pieces)
    day = f"{advice.date:%a %-d %b}"
    drawing = dressed_person(
        [{"id": piece.garment.id, "layer": piece.garment.layer} for piece in advice.pieces],
        umbrella=_umbrella(advice),
        carried=[thing.item for thing in advice.carry if thing.reason in _AGAINST_SUN],
        title=day,
        description=names,
        id=f"outfit-{advice.date}",
    )
    caption = tag(
        "figcaption",
        tag("div", day, style=_NAME),
        tag("div", f"{advice.clo:.2f} clo", style=_TEXT),
        [tag("div", text, style=_TEXT) for text in (names, words.rain, words.layering_tip) if text],
    )
    return tag("figure", tag("div", drawing, style=_PERSON), caption, style=_DAY)


def _umbrella(advice: Advice) -> Umbrella:
    """Closed: it is carried, and the drawing is of the whole day."""
    return "closed" if any(thing.item == "umbrella" for thing in advice.carry) else "none"
