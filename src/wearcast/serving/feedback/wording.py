"""A person's offset in words."""

from wearcast.clothing.personal_offset import PersonalOffset
from wearcast.messages import say, temperature_unit, tenths, unbroken, with_units
from wearcast.variables import fahrenheit_difference
from wearcast.vocabulary import Language, Units


def offset_in_words(language: Language, units: Units, offset: PersonalOffset) -> str:
    """One sentence: how much colder than most they feel, how sure that is, and from how many
    votes."""
    if not offset.votes:
        return say(language, "No votes yet.")
    said = {
        "degrees": _degrees(language, units, abs(offset.mean_c), offset.plus_minus_c),
        "votes": _counted(language, offset.votes),
    }
    if offset.mean_c > 0:
        return say(language, "You run {degrees} cold; from {votes}.", **said)
    return say(language, "You run {degrees} warm; from {votes}.", **said)


def _counted(language: Language, votes: int) -> str:
    if votes == 1:
        return say(language, "one vote")
    return say(language, "{number} votes", number=str(votes))


def _degrees(language: Language, units: Units, mean_c: float, plus_minus_c: float) -> str:
    values = (mean_c, plus_minus_c)
    if units == "imperial":
        values = (fahrenheit_difference(mean_c), fahrenheit_difference(plus_minus_c))
    mean, plus_minus = map(tenths, values)
    text = f"{mean} ± {plus_minus} {temperature_unit(units)}"
    return unbroken(with_units(language, text))
