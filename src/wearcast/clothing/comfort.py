"""How weather feels, and the insulation that it asks for: published formulas, each a function of
plain arrays.

`feels_like_c` hands over between them without a jump; the rest of the room uses that and
`required_clo`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats
from wearcast.vocabulary import Activity, Sensitivity
from wearcast.weather.humidity import rh_pct as humidity

KMH: Final = 3.6
"""km/h in 1 m/s."""

STEADMAN_K_M2_W: Final = 0.70
"""Steadman (1994): heat taken up by the body, W/m², warms the apparent temperature by this / (wind
in m/s + 10)."""


@dataclass(frozen=True)
class Effort:
    """What an activity does to the body.

    Attributes:
        met: its metabolic rate in met, 58 W/m²: ISO 8996 and the Compendium of Physical Activities
            (2011); MENEX's own 135 W/m² is a stroll.
        thirsty_c: feels-like temperature in the shade from which a person needs water along.
        own_wind_ms: the wind of one's own speed; wind chill allows for a walk already.
        instead: what the person might do for a while, which asks for other clothes.
        free_hand: whether a hand is free to hold an umbrella.
    """

    met: float
    thirsty_c: float
    instead: Activity
    own_wind_ms: float = 0.0
    free_hand: bool = True

    @property
    def vigorous(self) -> bool:
        """Whether it keeps the feet warm: the WHO's vigorous activities start at 6 met."""
        return self.met >= 6.0


EFFORT: Final = {
    Activity.SITTING: Effort(1.0, 30.0, instead=Activity.WALKING),
    Activity.STROLLING: Effort(2.0, 30.0, instead=Activity.SITTING),
    Activity.WALKING: Effort(2.6, 28.0, instead=Activity.SITTING),
    Activity.CYCLING: Effort(
        6.0, 24.0, instead=Activity.STROLLING, own_wind_ms=5.0, free_hand=False
    ),
    Activity.RUNNING: Effort(
        9.0, 20.0, instead=Activity.STROLLING, own_wind_ms=2.7, free_hand=False
    ),
}
"""Of each activity."""

COLDER_C: Final = {
    Sensitivity.VERY_LOW: -4.0,
    Sensitivity.LOW: -2.0,
    Sensitivity.AVERAGE: 0.0,
    Sensitivity.HIGH: 2.0,
    Sensitivity.VERY_HIGH: 4.0,
}
"""How much colder than for the average person it might as well be; ours, about a rung of a ladder a
level."""


def wind_chill_c(temp_c: Floats, wind_ms: Floats) -> Floats:
    """Wind chill in °C, which the Korean Met's winter feels-like temperature is too; wind at 10 m
    in m/s.

    JAG/TI (2001), used by Environment Canada and NWS; below 5 km/h Environment Canada's line down
    to no effect in a calm. For at most 10 °C. −10 °C in 8.33 m/s (30 km/h) feel like −19.5 °C.
    """
    kmh = KMH * wind_ms
    power = np.maximum(kmh, 5.0) ** 0.16
    chilled = 13.12 + 0.6215 * temp_c - 11.37 * power + 0.3965 * temp_c * power
    return temp_c + (chilled - temp_c) * np.minimum(kmh / 5.0, 1.0)


def wet_bulb_c(temp_c: Floats, rh_pct: Floats) -> Floats:
    """Wet-bulb temperature in °C from the temperature and a relative humidity of 5-99 %.

    Stull (2011), J. Appl. Meteor. Climatol. 50, 2267-2269; for -20 to 50 °C. 20 °C and 50 % give
    13.7 °C.
    """
    return (
        temp_c * np.arctan(0.151977 * np.sqrt(rh_pct + 8.313659))
        + np.arctan(temp_c + rh_pct)
        - np.arctan(rh_pct - 1.67633)
        + 0.00391838 * rh_pct**1.5 * np.arctan(0.023101 * rh_pct)
        - 4.686035
    )


def kma_summer_c(temp_c: Floats, rh_pct: Floats) -> Floats:
    """The Korean Met's summer feels-like temperature in °C, as in force since June 2022; humidity
    in %.

    For about 20 °C and more, in the shade; 33 is its heat advisory, 35 its warning. 33 °C and 55 %
    feel like 33 °C.
    """
    wet = wet_bulb_c(temp_c, rh_pct)
    return (
        -0.2442 + 0.55399 * wet + 0.45535 * temp_c - 0.0022 * wet**2 + 0.00278 * wet * temp_c + 3.0
    )


def vapour_pressure_hpa(temp_c: Floats, rh_pct: Floats) -> Floats:
    """Vapour pressure in hPa, as the Bureau of Meteorology takes it for the apparent
    temperature."""
    return rh_pct / 100 * 6.105 * np.exp(17.27 * temp_c / (237.7 + temp_c))


def apparent_c(temp_c: Floats, rh_pct: Floats, wind_ms: Floats) -> Floats:
    """Apparent temperature in °C in the shade; humidity in %, wind at 10 m in m/s.

    Steadman (1994), Aust. Met. Mag. 43, 1-16, as the Australian Bureau of Meteorology uses it. 25
    °C, 30 % and 0.1 m/s feel like 24.1 °C.
    """
    return temp_c + 0.33 * vapour_pressure_hpa(temp_c, rh_pct) - 0.70 * wind_ms - 4.00


def menex_clo(temp_c: Floats) -> Floats:
    """Insulation in clo for a stroll outdoors in a calm.

    MENEX_2005, Błażejczyk (2005): a line from -30 to 25 °C, 3.0 below and 0.6 above. 0 °C asks for
    1.69 clo.
    """
    return np.where(temp_c < -30, 3.0, np.where(temp_c > 25, 0.6, menex_line(temp_c)))


def menex_line(temp_c: Floats) -> Floats:
    """The line of `menex_clo`, carried on beyond its ends."""
    return 1.691 - 0.0436 * temp_c


def wet_c(temp_c: Floats, precip_mm: Floats) -> Floats:
    """How much colder rain feels, in °C and never below 0; rain in mm an hour.

    Ours: up to 60 g/m² evaporating in an hour take 41 W/m², which are 2.9 °C by Steadman's
    sensitivity; a shower of 0.7 mm brings 63 % of that. Fades out between 20 and 28 °C, where a
    shower is welcome, and between 0 and -10 °C, where snow stays dry. 10 °C and 1 mm feel 2.2 °C
    colder.
    """
    most = STEADMAN_K_M2_W / 10 * 41.0
    return (
        most
        * (1 - np.exp(-np.maximum(precip_mm, 0.0) / 0.7))
        * np.interp(temp_c, (-10.0, 0.0, 20.0, 28.0), (0.0, 1.0, 1.0, 0.0))
    )


def sun_c(sunshine_wm2: Floats, wind_ms: Floats) -> Floats:
    """How much warmer the sun feels, in °C; `sunshine_wm2` on level ground, wind at 10 m in m/s.

    Steadman (1994). Skin and clothes take up 70 % of what falls on them, a standing body catches 22
    % of what level ground does (Fanger 1970, about 45° high), and half the way lies in the shade.
    800 W/m² in a calm feel 4.3 °C warmer.
    """
    absorbed_wm2 = 0.5 * 0.7 * 0.22 * sunshine_wm2
    return STEADMAN_K_M2_W * absorbed_wm2 / (wind_ms + 10)


def in_the_shade_c(temp_c: Floats, wind_ms: Floats, dewpoint_c: Floats) -> Floats:
    """Feels-like temperature in °C without sun or rain, for any weather; shapes broadcast.

    Wind chill up to 10 °C, the Korean summer formula from 28 °C on, and between them a quadratic
    hand-over (Bernstein's weights) by way of the apparent temperature. An unknown wind (NaN) counts
    as calm, an unknown dew point as neither humid nor dry.
    """
    wind = _or_none(wind_ms)
    is_known = np.isfinite(dewpoint_c)
    dewpoint = np.where(is_known, dewpoint_c, temp_c)
    rh_pct = np.clip(humidity(temp_c, dewpoint), 5.0, 99.0)
    cold_c = np.minimum(wind_chill_c(temp_c, wind), temp_c)
    no_wind = np.zeros_like(wind)
    apparent_in_a_calm_c = apparent_c(temp_c, rh_pct, no_wind)
    calm_c = np.where(is_known, apparent_in_a_calm_c, temp_c)
    cooling_c = 0.70 * np.minimum(wind, 12.0)
    mild_c = calm_c - cooling_c
    summer_c = kma_summer_c(temp_c, rh_pct)
    warm_c = np.where(is_known, summer_c, temp_c)
    along = np.clip((temp_c - 10) / 18, 0.0, 1.0)
    cold_share = (1 - along) ** 2
    mild_share = 2 * along * (1 - along)
    warm_share = along**2
    return cold_share * cold_c + mild_share * mild_c + warm_share * warm_c


def feels_like_c(
    temp_c: Floats, wind_ms: Floats, dewpoint_c: Floats, sunshine_wm2: Floats, precip_mm: Floats
) -> Floats:
    """Feels-like temperature in °C with sun and rain; shapes broadcast.

    An unknown sunshine or rain (NaN) counts as none. The temperature must be known: NaN stays NaN.
    """
    in_the_shade = in_the_shade_c(temp_c, wind_ms, dewpoint_c)
    by_sun = sun_c(_or_none(sunshine_wm2), _or_none(wind_ms))
    by_rain = wet_c(temp_c, _or_none(precip_mm))
    return in_the_shade + by_sun - by_rain


def _or_none(values: Floats) -> Floats:
    """The values, 0 where they are unknown (NaN)."""
    return np.where(np.isnan(values), 0.0, values)


LEAST_CLO: Final = 0.3
"""Of any outfit that is worn in public."""

LINE_AT_0_C: Final = 1.61
"""What errands and commuting ask for at 0 °C, in clo."""

LINE_CLO_C: Final = 0.0455
"""By how much less a degree asks for from 0 to 22 °C, in clo."""

WARM_C: Final = (22.0, 28.0, 38.0, 50.0)
WARM_CLO: Final = (0.609, 0.41, 0.31, 0.30)
"""From 22 °C on, straight between: T-shirt and shorts at 28 °C, sleeveless only in great heat."""

HANDED_OVER_C: Final = 9.0
"""From here on hours outdoors ask for no more than errands do."""

UTCI_COLDEST_C: Final = -50.0
"""Down to which UTCI's clothing is given."""


def utci_clo(temp_c: Floats) -> Floats:
    """Insulation in clo of what people in European cities wear outdoors.

    Havenith et al. (2012), Int. J. Biometeorol. 56, 461-470, the clothing of UTCI; for -50 °C up to
    about 25 °C. 0 °C: 1.37 clo.
    """
    return 1.372 - 0.01866 * temp_c - 0.0004849 * temp_c**2 - 0.000009333 * temp_c**3


def people_clo(temp_c: Floats) -> Floats:
    """`utci_clo` down to `LEAST_CLO`, since it is given for no less."""
    return np.maximum(utci_clo(temp_c), LEAST_CLO)


def errands_clo(feels_c: Floats) -> Floats:
    """Insulation in clo for a stroll of minutes up to an hour or two at a feels-like temperature.

    Ours, between MENEX_2005 and UTCI's clothing. From 0 to 22 °C a line 0.1 clo below MENEX, since
    what people wear and the Korean table of clothes by temperature lie that far below it. Colder
    hours add what UTCI's clothing adds, for people in cities don't dress for hours in the cold.
    Warmer ones open up to T-shirt, shorts and linen as that table does. -10 °C: 1.76 clo.
    """
    below_0_c = np.clip(feels_c, UTCI_COLDEST_C, 0.0)
    above_0_c = np.maximum(feels_c, 0.0)
    at_0_clo = utci_clo(np.zeros(()))
    added_by_cold_clo = utci_clo(below_0_c) - at_0_clo
    cool_clo = LINE_AT_0_C - LINE_CLO_C * above_0_c + added_by_cold_clo
    warm_clo = np.interp(feels_c, WARM_C, WARM_CLO)
    return np.where(feels_c < WARM_C[0], cool_clo, warm_clo)


def hours_clo(feels_c: Floats) -> Floats:
    """Insulation in clo for hours outdoors, strolling, at a feels-like temperature.

    Below 0 °C MENEX_2005's line, carried on beyond its end, since hours have to keep a body in heat
    balance: it lies in ISO 11079's range (IREQ) from minimal to neutral for a walk of 2.6 met, 2.0
    to 2.4 clo at -10 °C, which `errands_clo` falls short of. From there it hands over to
    `errands_clo` up to 9 °C. -10 °C: 2.13 clo.
    """
    share_of_errands = np.clip(feels_c / HANDED_OVER_C, 0.0, 1.0)
    menex = menex_line(feels_c)
    errands = errands_clo(feels_c)
    return menex + share_of_errands * (errands - menex)


def effort_share(activity: Activity) -> float:
    """Of the insulation that a stroll asks for, what an activity does: by the root of the metabolic
    rate rather than the rate itself, since active bodies sweat and pump air through their clothes.
    """
    return float(np.sqrt(EFFORT[Activity.STROLLING].met / EFFORT[activity].met))


def required_clo(
    feels_c: Floats, activity: Activity, sensitivity: Sensitivity, for_hours: Flags | bool
) -> Floats:
    """Insulation in clo that keeps a person comfortable at a feels-like temperature, at least
    `LEAST_CLO`.

    `effort_share` of `hours_clo` where one is out for hours, else of `errands_clo`. Sitting asks
    for more only where a stroll asks for more than 0.6 clo. 0 °C: 1.6 clo for an errand at a
    stroll, 0.8 for a run.

    Args:
        feels_c: with wind, humidity, sun and rain.
        activity: what the person does.
        sensitivity: how easily they feel cold.
        for_hours: whether they are out for hours, not for minutes up to an hour or two; broadcasts
            to the shape of `feels_c`.
    """
    as_felt_c = feels_c - COLDER_C[sensitivity]
    stroll = np.where(for_hours, hours_clo(as_felt_c), errands_clo(as_felt_c))
    share = effort_share(activity)
    more_for_sitting = (share - 1) * np.maximum(stroll - 0.6, 0.0)
    needed = stroll * share if share <= 1 else stroll + more_for_sitting
    clo: Floats = np.maximum(needed, LEAST_CLO)
    return clo


def ensemble_clo(garments_clo: Floats) -> Floats:
    """Insulation in clo of garments worn together, from the sum of theirs.

    ISO 9920: 0.835 Σ + 0.161, for ensembles that cover the body evenly. 1.0 clo of garments
    insulate by 0.996.
    """
    return 0.835 * garments_clo + 0.161
