"""An advice in words, of a language and in units: each reason's phrase, with its names and numbers
filled in."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from wearcast.clothing import sentences
from wearcast.clothing.advice import Advice
from wearcast.clothing.carrying import Carry
from wearcast.clothing.certainty import Certainty, SecondOutfit
from wearcast.clothing.day_before import DayBefore
from wearcast.clothing.gaps import Lack
from wearcast.clothing.rain_ahead import Protection, RainAhead, When
from wearcast.clothing.reasons import OutfitReason, Piece
from wearcast.clothing.timeline import Change, Span
from wearcast.clothing.tips import ActivityTip, LayeringTip
from wearcast.clothing.wardrobe import Garment, builtin
from wearcast.messages import (
    Message,
    clock,
    clock_span,
    degrees,
    hours_of_day,
    listed,
    name,
    percent,
    say,
    say_marked,
    speed,
    temperature,
    time_of_day,
    weekday,
    with_units,
)
from wearcast.vocabulary import Language, Precipitation, Units


@dataclass(frozen=True)
class NamedReason:
    """The name of a garment or of something to carry, and why it is there."""

    name: str
    reason: str


@dataclass(frozen=True)
class AdviceText:
    """An advice in words; empty where there is nothing to say.

    Attributes:
        why: one sentence with the numbers that decide.
        day_before: how the day differs from the one before; empty where that isn't known.
        rain: whether rain or snow is likely, when, and what keeps dry; mostly empty.
        pieces: of each of the advice's `pieces`.
        layering_tip: what to do with the layers.
        activity_tip: what the weather means for what the person does.
        carry: of each of the advice's `carry`.
        certainty: how sure the outfit is, and a chance of rain that says little.
        second: the names of the second outfit's garments.
        second_tip: how to change into it.
        changes: what to put on or take off in each step of the timeline; mostly empty.
        lack: what the person's own wardrobe has nothing of.
        without_forecast: which hours outdoors the forecast doesn't reach.
    """

    why: str
    day_before: str
    rain: str
    pieces: tuple[NamedReason, ...]
    layering_tip: str
    activity_tip: str
    carry: tuple[NamedReason, ...]
    certainty: str
    second: tuple[str, ...]
    second_tip: str
    changes: tuple[str, ...]
    lack: str
    without_forecast: str


def in_words(
    advice: Advice, language: Language, units: Units, today: date | None = None
) -> AdviceText:
    """An advice in words; `today` is the reader's date, by which the day before is called yesterday
    or today rather than by its weekday."""
    words = _Words(language, units, _numbers(advice, language, units))
    second = advice.certainty.second
    return AdviceText(
        why=_why(words, advice),
        day_before=_day_before(words, advice.day_before, today),
        rain=_rain(words, advice.rain),
        pieces=tuple(_piece(words, piece) for piece in advice.pieces),
        layering_tip=_layering_tip(words, advice.layering_tip),
        activity_tip=_activity_tip(words, advice.activity_tip),
        carry=tuple(_carry(words, thing) for thing in advice.carry),
        certainty=_certainty(words, advice.certainty, advice.rain),
        second=names(language, second.outfit.garments) if second else (),
        second_tip=_second_tip(words, second) if second else "",
        changes=tuple(_change(words, step.change) for step in advice.timeline),
        lack=_lack(words, advice.lack),
        without_forecast=_without_forecast(words, advice.without_forecast),
    )


def names(language: Language, garments: Iterable[Garment]) -> tuple[str, ...]:
    """The garments' names."""
    return tuple(name(language, garment) for garment in garments)


@dataclass(frozen=True)
class _Words:
    """A language, units, and in these the numbers of the coldest and the warmest hour."""

    language: Language
    units: Units
    numbers: dict[str, str]

    def fill(self, message: Message, **values: str) -> str:
        text = say_marked(self.language, message, **(self.numbers | values))
        return with_units(self.language, text)

    def names(self, garments: Iterable[Garment]) -> str:
        return listed(names(self.language, garments))

    def hours(self, rain: RainAhead) -> str:
        """When it is likely: from the first hour to the last where there are many runs."""
        ends = [(span.start, span.end) for span in rain.spans]
        if rain.when is When.AT_TIMES:
            ends = [(ends[0][0], ends[-1][1])]
        told = []
        for start, end in ends:
            told.append(hours_of_day(self.language, self.units, start, end))
        return listed(told)

    def spans(self, spans: Iterable[Span]) -> str:
        told = []
        for span in spans:
            told.append(clock_span(self.language, self.units, span.start, span.end))
        return listed(told)

    def ends(self, span: Span) -> dict[str, str]:
        """When a span starts and when it ends."""
        start = clock(self.language, self.units, span.start)
        return {"start": start, "end": clock(self.language, self.units, span.end)}


def _numbers(advice: Advice, language: Language, units: Units) -> dict[str, str]:
    """An unknown wind is told as a calm."""
    cold, warm = advice.coldest, advice.warmest
    return {
        "time": time_of_day(language, units, cold.at),
        "later": time_of_day(language, units, warm.at),
        "temp": temperature(cold.temp_c, units),
        "hot": temperature(warm.temp_c, units),
        "low": temperature(cold.feels_c, units),
        "high": temperature(warm.feels_c, units),
        "shade": temperature(advice.hottest_shade_c, units),
        "wind": speed(_or_zero(cold.wind_ms), units),
        "dewpoint": temperature(_or_zero(warm.dewpoint_c), units),
    }


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _why(words: _Words, advice: Advice) -> str:
    rain = advice.rain
    only_rain = rain is None or rain.kind is Precipitation.RAIN
    if advice.reason is OutfitReason.RAIN and not only_rain:
        return words.fill(sentences.OUTFIT_IN_SNOW)
    return words.fill(sentences.OUTFIT[advice.reason])


def _day_before(words: _Words, before: DayBefore | None, today: date | None) -> str:
    if before is None:
        return ""
    feeling = words.fill(
        sentences.FEELING[before.feeling],
        day=_day(words.language, before.date, today),
        difference=degrees(words.language, abs(before.warmer_c), words.units),
    )
    clothes = words.fill(
        sentences.CLOTHES_CHANGE[before.clothes],
        new=words.names(before.swap.new),
        old=words.names(before.swap.old),
    )
    return f"{feeling} {clothes}"


def _day(language: Language, on: date, today: date | None) -> str:
    if today is None or on > today:
        return weekday(language, on)
    if on == today:
        return say(language, "today")
    return say(language, "yesterday") if (today - on).days == 1 else weekday(language, on)


def _rain(words: _Words, rain: RainAhead | None) -> str:
    """Empty where it isn't likely."""
    if rain is None or not rain.likely:
        return ""
    told = [
        words.fill(
            sentences.PRECIPITATION[rain.kind, rain.when],
            hours=words.hours(rain),
            chance=percent(rain.chance),
        )
    ]
    if rain.too_windy:
        told.append(words.fill(sentences.TOO_WINDY))
    if rain.protection is not Protection.NONE:
        worn = words.names([rain.garment] if rain.garment else [])
        told.append(words.fill(sentences.PROTECTION[rain.protection], garment=worn))
    if rain.shoes:
        told.append(words.fill(sentences.SHOES_THAT_KEEP_DRY, garment=words.names([rain.shoes])))
    return " ".join(told)


def _piece(words: _Words, piece: Piece) -> NamedReason:
    reasons = [_garment_reason(words, piece)]
    if piece.keeps_out:
        reasons.append(words.fill(sentences.KEEPS_OUT[piece.keeps_out]))
    if piece.keeps_wind_out:
        reasons.append(words.fill(sentences.KEEPS_WIND_OUT))
    if piece.keeps_out_gust_ms is not None:
        gust = speed(piece.keeps_out_gust_ms, words.units)
        reasons.append(words.fill(sentences.KEEPS_GUSTS_OUT, gust=gust))
    return NamedReason(name(words.language, piece.garment), " ".join(reasons))


def _garment_reason(words: _Words, piece: Piece) -> str:
    values = words.numbers | {"spans": words.spans(piece.worn)}
    if piece.feels_c:
        low_c, high_c = piece.feels_c
        values |= {
            "low": temperature(low_c, words.units),
            "high": temperature(high_c, words.units),
        }
    phrase = sentences.GARMENT[piece.reason]
    if values["low"] == values["high"]:
        phrase = sentences.GARMENT_WHERE_LOW_IS_HIGH.get(piece.reason, phrase)
    return words.fill(phrase, **values)


def _layering_tip(words: _Words, tip: LayeringTip) -> str:
    return words.fill(
        sentences.LAYERING[tip.kind],
        garment=name(words.language, tip.garment) if tip.garment else "",
        spans=words.spans(tip.spans),
    )


def _activity_tip(words: _Words, tip: ActivityTip) -> str:
    return words.fill(
        sentences.ACTIVITY[tip.kind],
        new=words.names(tip.new),
        old=words.names(tip.old),
        garments=words.names(tip.new),
    )


def _carry(words: _Words, thing: Carry) -> NamedReason:
    reasons = [words.fill(sentences.CARRY[thing.reason], chance=percent(thing.chance))]
    if thing.obstacle:
        wind = "" if thing.speed_ms is None else speed(thing.speed_ms, words.units)
        reasons.append(words.fill(sentences.OBSTACLE[thing.obstacle], speed=wind))
    item = builtin().carry[thing.item]
    return NamedReason(name(words.language, item), "; ".join(reasons))


def _certainty(words: _Words, certainty: Certainty, rain: RainAhead | None) -> str:
    told = words.fill(
        sentences.CERTAINTY[certainty.kind],
        fits=percent(certainty.fits),
        cold=percent(certainty.too_cold),
        warm=percent(certainty.too_warm),
        cold_spans=_parts(words, certainty.cold_spans, certainty.ahead),
        warm_spans=_parts(words, certainty.warm_spans, certainty.ahead),
    )
    if rain is None or rain.seasonal is None:
        return told
    seasonal = words.fill(sentences.SEASONAL[rain.seasonal, rain.kind])
    return f"{told} {seasonal}"


def _parts(words: _Words, spans: Iterable[Span], ahead: Sequence[Span]) -> str:
    """Parts of the hours ahead: what begins or ends with these leaves that out."""
    parts = []
    for span in spans:
        if span.start == ahead[0].start:
            phrase = sentences.UNTIL
        elif span.end == ahead[-1].end:
            phrase = sentences.FROM
        else:
            phrase = sentences.FROM_TO
        parts.append(words.fill(phrase, **words.ends(span)))
    return listed(parts)


def _second_tip(words: _Words, second: SecondOutfit) -> str:
    return words.fill(
        sentences.SECOND_OUTFIT[second.kind],
        new=words.names(second.swap.new),
        old=words.names(second.swap.old),
    )


def _change(words: _Words, change: Change | None) -> str:
    if change is None:
        return ""
    return words.fill(sentences.CHANGE[change.kind], garments=words.names(change.garments))


def _lack(words: _Words, lack: Lack | None) -> str:
    if lack is None:
        return ""
    return words.fill(sentences.LACK[lack.kind], garments=words.names(lack.garments))


def _without_forecast(words: _Words, span: Span | None) -> str:
    if span is None:
        return ""
    return words.fill(sentences.WITHOUT_FORECAST, **words.ends(span))
