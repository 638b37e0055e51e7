"""What is said for each reason and kind of an advice; `wording` fills in names and numbers.

`{time}`, `{temp}`, `{low}` and `{wind}` are of the coldest hour and `{low}` is how it feels;
`{later}`, `{hot}`, `{high}` and `{dewpoint}` are of the warmest, `{shade}` is how the hottest feels
in the shade.
"""

from typing import Final

from wearcast.clothing.carrying import CarryReason
from wearcast.clothing.certainty import CertaintyKind, SecondKind
from wearcast.clothing.day_before import ClothesChange, Feeling
from wearcast.clothing.gaps import LackKind
from wearcast.clothing.rain_ahead import Protection, Seasonal, When
from wearcast.clothing.reasons import GarmentReason, OutfitReason
from wearcast.clothing.timeline import ChangeKind
from wearcast.clothing.tips import ActivityKind, LayeringKind
from wearcast.clothing.umbrella import Obstacle
from wearcast.messages import message
from wearcast.vocabulary import Precipitation

OUTFIT: Final = {
    OutfitReason.HUMID_HEAT: message(
        "In the humid air (dew point {dewpoint}), {hot} at {later} feels like {shade} in the shade:"
        " wear the least you can."
    ),
    OutfitReason.HEAT: message("It gets {hot} at {later}: wear the least you can."),
    OutfitReason.WIDE_RANGE: message(
        "It feels like {low} at {time} but {high} at {later}: dress in layers that come off."
    ),
    OutfitReason.OWN_SPEED: message(
        "At {time} it is {temp}, but the wind of your own speed makes it feel like {low}: dress for"
        " that."
    ),
    OutfitReason.WIND: message(
        "At {time} it is {temp}, but a wind of {wind} makes it feel like {low}: dress for that."
    ),
    OutfitReason.RAIN: message(
        "At {time} it is {temp}, and rain makes it feel like {low}: stay dry."
    ),
    OutfitReason.ONE_HOUR: message("At {time} it is {temp} and feels like {low}."),
    OutfitReason.COLDEST_AND_WARMEST: message(
        "It feels like {low} at {time} and {high} at {later}."
    ),
}

OUTFIT_IN_SNOW: Final = message(
    "At {time} it is {temp}, and rain or snow makes it feel like {low}: stay dry."
)
"""For `OutfitReason.RAIN` where not only rain is likely to fall."""

GARMENT: Final = {
    GarmentReason.COLDEST_HOUR: message("It feels like {low} at {time}."),
    GarmentReason.AT_HAND: message("At hand, in case it feels colder than {low}."),
    GarmentReason.ALL_THE_TIME: message("Keep on the whole time: it feels like {high} at most."),
    GarmentReason.PART_OF_THE_TIME: message("{spans}, when it feels like {low} to {high}."),
    GarmentReason.WHILE_WET: message("{spans}, while it is likely to be wet."),
    GarmentReason.ENOUGH_BY_ITSELF: message("All you need at {later}, when it feels like {high}."),
    GarmentReason.UNDER_OTHERS: message("Under the rest."),
    GarmentReason.RIGHT_FOR_THE_RANGE: message("Right for {low} to {high}."),
    GarmentReason.AIRY: message("Airy: it never feels colder than {low}."),
    GarmentReason.DRY_FEET: message("Dry feet on wet ground."),
    GarmentReason.DRY_FEET_IN_SNOW: message("Dry feet in snow and slush."),
    GarmentReason.WARM_SOLES: message("Warm soles: it feels like {low} at {time}."),
    GarmentReason.WARM_BY_MOVING: message("Warm enough while you move."),
    GarmentReason.NOTHING_WARMER_NEEDED: message("Nothing warmer needed above {low}."),
}

GARMENT_WHERE_LOW_IS_HIGH: Final = {
    GarmentReason.PART_OF_THE_TIME: message("{spans}, when it feels like {low}."),
    GarmentReason.RIGHT_FOR_THE_RANGE: message("Right for {low}."),
}
"""The same of hours that feel alike, to the degree."""

CARRY: Final = {
    CarryReason.SNOW: message("snow {chance}"),
    CarryReason.RAIN: message("rain {chance}"),
    CarryReason.RAIN_OR_SNOW: message("rain or snow {chance}"),
    CarryReason.BRIGHT_SUN: message("bright sun {chance}"),
    CarryReason.HOT_SUN: message("hot sun {chance}"),
    CarryReason.COLD: message("it feels like {low}: put it on"),
    CarryReason.PERHAPS_COLD: message("in case it feels colder than {low}"),
    CarryReason.HEAT: message("feels like {shade} in the shade"),
}

OBSTACLE: Final = {
    Obstacle.NO_FREE_HAND: message("no hand is free for an umbrella"),
    Obstacle.GUSTS: message("gusts of {speed} turn an umbrella inside out"),
    Obstacle.WIND: message("a wind of {speed} turns an umbrella inside out"),
}

FEELING: Final = {
    Feeling.ALIKE: message("It feels about the same as {day}."),
    Feeling.WARMER: message("It feels {difference} warmer than {day}."),
    Feeling.COLDER: message("It feels {difference} colder than {day}."),
}
"""`{day}` is the day before: yesterday, today or a weekday."""

CLOTHES_CHANGE: Final = {
    ClothesChange.SAME: message("The same clothes will do."),
    ClothesChange.MORE: message("Put on as well: {new}."),
    ClothesChange.LESS: message("Leave off: {old}."),
    ClothesChange.INSTEAD: message("Wear {new} instead of {old}."),
}

PRECIPITATION: Final = {
    (Precipitation.RAIN, When.AT_SPANS): message("Rain {hours} ({chance})."),
    (Precipitation.RAIN, When.AT_TIMES): message("Rain at times {hours} ({chance})."),
    (Precipitation.RAIN, When.AT_ANY_TIME): message("Rain at any time ({chance})."),
    (Precipitation.SNOW, When.AT_SPANS): message("Snow {hours} ({chance})."),
    (Precipitation.SNOW, When.AT_TIMES): message("Snow at times {hours} ({chance})."),
    (Precipitation.SNOW, When.AT_ANY_TIME): message("Snow at any time ({chance})."),
    (Precipitation.RAIN_OR_SNOW, When.AT_SPANS): message("Rain or snow {hours} ({chance})."),
    (Precipitation.RAIN_OR_SNOW, When.AT_TIMES): message(
        "Rain or snow at times {hours} ({chance})."
    ),
    (Precipitation.RAIN_OR_SNOW, When.AT_ANY_TIME): message("Rain or snow at any time ({chance})."),
}
"""`{hours}` are when it is likely, `{chance}` is that of any while out."""

PROTECTION: Final = {
    Protection.UMBRELLA: message("Take an umbrella."),
    Protection.WORN: message("This keeps you dry: {garment}."),
    Protection.RAIN_JACKET: message("Take a hooded rain jacket."),
}
TOO_WINDY: Final = message("Too windy for an umbrella.")
SHOES_THAT_KEEP_DRY: Final = message("Shoes that keep dry: {garment}.")

LAYERING: Final = {
    LayeringKind.NO_LAYERS: message("There is nothing to take off."),
    LayeringKind.NO_LAYERS_IN_HEAT: message(
        "Nothing to take off: loose, light cloth lets the air through."
    ),
    LayeringKind.AT_HAND: message("Have at hand, in case it turns out colder: {garment}."),
    LayeringKind.COMES_OFF: message("Can come off {spans}: {garment}."),
    LayeringKind.TAKE_ALONG: message("Take along for {spans}: {garment}."),
    LayeringKind.STAYS_ON: message("Outside keep it on, indoors take it off: {garment}."),
}

ACTIVITY: Final = {
    ActivityKind.HEAT_WARNING: message(
        "It feels like {shade} in the shade, a heat warning's level: no hard work, stay cool at"
        " midday."
    ),
    ActivityKind.HEAT_ADVISORY: message(
        "It feels like {shade} in the shade, a heat advisory's level: rest in the shade, and drink."
    ),
    ActivityKind.FROSTBITE: message(
        "At {low} bare skin freezes within half an hour: cover your face, keep it short."
    ),
    ActivityKind.WALK_IN_THE_SAME: message("If you walk instead, the same will do."),
    ActivityKind.WALK_WITHOUT: message("If you walk instead, you can do without: {old}."),
    ActivityKind.STOP_IN_THE_SAME: message("If you stop for long, the same will do."),
    ActivityKind.STOP_WITH_MORE: message("If you stop for long, have at hand: {garments}."),
    ActivityKind.STOP_IN_WARMER: message(
        "If you mean to stop for long, wear something warmer: {new} instead of {old}."
    ),
}

CERTAINTY: Final = {
    CertaintyKind.RIGHT: message("Likely right the whole time ({fits})."),
    CertaintyKind.UNSURE: message(
        "Expected to be right {fits} of the time, too cold {cold}, too warm {warm}."
    ),
    CertaintyKind.COLD_AT_TIMES: message("Right {fits} of the time: too cold {cold_spans}."),
    CertaintyKind.WARM_AT_TIMES: message("Right {fits} of the time: too warm {warm_spans}."),
    CertaintyKind.COLD_AND_WARM_AT_TIMES: message(
        "Right {fits} of the time: too cold {cold_spans}, too warm {warm_spans}."
    ),
    CertaintyKind.TOO_COLD: message("Likely too cold the whole time ({cold})."),
    CertaintyKind.TOO_WARM: message("Likely too warm the whole time ({warm})."),
}

SEASONAL: Final = {
    (Seasonal.AFTER_A_DAY, Precipitation.RAIN): message(
        "More than a day ahead, the chance of rain is mostly what is usual for the season."
    ),
    (Seasonal.AFTER_A_DAY, Precipitation.SNOW): message(
        "More than a day ahead, the chance of snow is mostly what is usual for the season."
    ),
    (Seasonal.AFTER_A_DAY, Precipitation.RAIN_OR_SNOW): message(
        "More than a day ahead, the chance of rain or snow is mostly what is usual for the season."
    ),
    (Seasonal.AFTER_GUIDANCE, Precipitation.RAIN): message(
        "That far ahead, the chance of rain is mostly what is usual for the season."
    ),
    (Seasonal.AFTER_GUIDANCE, Precipitation.SNOW): message(
        "That far ahead, the chance of snow is mostly what is usual for the season."
    ),
    (Seasonal.AFTER_GUIDANCE, Precipitation.RAIN_OR_SNOW): message(
        "That far ahead, the chance of rain or snow is mostly what is usual for the season."
    ),
}

UNTIL: Final = message("until {end}")
FROM: Final = message("from {start}")
FROM_TO: Final = message("from {start} to {end}")
"""Parts of the hours ahead, within the sentences of `CERTAINTY`."""

SECOND_OUTFIT: Final = {
    SecondKind.WARMER_INSTEAD: message("If it turns out warmer: wear {new} instead of {old}."),
    SecondKind.WARMER_WITHOUT: message("If it turns out warmer: leave off {old}."),
    SecondKind.COLDER_INSTEAD: message("If it turns out colder: wear {new} instead of {old}."),
    SecondKind.COLDER_ALSO: message("If it turns out colder: put on {new} as well."),
}

CHANGE: Final = {
    ChangeKind.NOT_ON_YET: message("not on yet: {garments}"),
    ChangeKind.GO_WITHOUT: message("only carry: {garments}"),
    ChangeKind.TAKE_OFF: message("take off: {garments}"),
    ChangeKind.PUT_ON: message("put on: {garments}"),
}

LACK: Final = {
    LackKind.IN_BETWEEN: message("You own nothing in between. Nearer would be: {garments}."),
    LackKind.LIGHT_ENOUGH: message("You own nothing light enough. Missing: {garments}."),
    LackKind.WARM_ENOUGH: message("You own nothing warm enough. Missing: {garments}."),
    LackKind.WARMER_THAN_ALL: message(
        "You own nothing warm enough: stay out for a short while only."
    ),
}

KEEPS_OUT: Final = {
    Precipitation.RAIN: message("Keeps the rain out."),
    Precipitation.SNOW: message("Keeps the snow out."),
    Precipitation.RAIN_OR_SNOW: message("Keeps rain and snow out."),
}
KEEPS_WIND_OUT: Final = message("Keeps the wind out.")
KEEPS_GUSTS_OUT: Final = message("Keeps out gusts of {gust}.")
WITHOUT_FORECAST: Final = message(
    "There is no forecast yet for {start} to {end}: the advice is for the hours before."
)
