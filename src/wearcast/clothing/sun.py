"""The sun: how high it stands, and how much of it comes through the clouds."""

from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Hours

DAYLIGHT_DEG: Final = -6.0
"""Civil twilight: down to here it is light outdoors, though the sun has set."""


def elevation_deg(valid_at: Hours, latitude: float, longitude: float) -> Floats:
    """The sun's height above the horizon in degrees at UTC hours; latitude and longitude in degrees
    north and east.

    Spencer (1971), Search 2, 172: declination and equation of time by Fourier series, within 0.1°.
    On 21 June 2013 at 17:00 UTC it stands 73° high over New York.
    """
    day = valid_at.astype("datetime64[D]")
    new_year = day.astype("datetime64[Y]")
    minutes = (valid_at - day).astype("timedelta64[m]")
    hour = minutes.astype(np.float64) / 60
    day_of_year = (day - new_year).astype(np.float64)
    days = day_of_year + hour / 24
    phase = 2 * np.pi * days / 365.25
    declination = _declination(phase)
    solar_hour = hour + longitude / 15 + _equation_of_time_h(phase)
    hour_angle = np.pi / 12 * (solar_hour - 12)
    phi = np.deg2rad(latitude)
    at_the_pole = np.sin(phi) * np.sin(declination)
    at_the_equator = np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    sine = np.clip(at_the_pole + at_the_equator, -1, 1)
    above: Floats = np.rad2deg(np.arcsin(sine))
    return above


def _declination(phase: Floats) -> Floats:
    """How far north of the equator the sun stands, in radians, by the phase of the year in
    radians."""
    declination: Floats = (
        0.006918
        - 0.399912 * np.cos(phase)
        + 0.070257 * np.sin(phase)
        - 0.006758 * np.cos(2 * phase)
        + 0.000907 * np.sin(2 * phase)
        - 0.002697 * np.cos(3 * phase)
        + 0.00148 * np.sin(3 * phase)
    )
    return declination


def _equation_of_time_h(phase: Floats) -> Floats:
    """By how many hours a sundial is ahead of an even clock, by the phase of the year in
    radians."""
    angle = (
        0.0000075
        + 0.001868 * np.cos(phase)
        - 0.032077 * np.sin(phase)
        - 0.014615 * np.cos(2 * phase)
        - 0.040849 * np.sin(2 * phase)
    )
    ahead_h: Floats = angle * 12 / np.pi
    return ahead_h


def is_daylight(elevation_deg: Floats) -> Flags:
    """Whether it is light outdoors at a sun's height in degrees."""
    light: Flags = elevation_deg > DAYLIGHT_DEG
    return light


def sunshine_wm2(elevation_deg: Floats, cloud_pct: Floats) -> Floats:
    """Solar radiation on level ground in W/m² at a sun's height in degrees; cloud cover in %. NaN
    where one of them is. Shapes broadcast.

    A clear sky by Haurwitz (1945), J. Meteor. 2, 154-166; clouds by Kasten & Czeplak (1980), Solar
    Energy 24, 177-189. A sun 60° high brings 890 W/m² from a clear sky, 223 from a covered one.
    """
    sine = np.sin(np.deg2rad(elevation_deg))
    height = np.maximum(sine, 1e-3)
    haurwitz = 1098 * height * np.exp(-0.057 / height)
    clear = np.where(elevation_deg <= 0, 0.0, haurwitz)
    covered = np.clip(cloud_pct, 0, 100) / 100
    through: Floats = clear * (1 - 0.75 * covered**3.4)
    return through
