"""What weather programs and services call the columns that we need, in several languages."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from wearcast.weather.sources.headings import fold
from wearcast.weather.sources.unit_names import known_unit
from wearcast.weather.sources.units import UNITS


def _names(text: str) -> tuple[str, ...]:
    names = text.split(",")
    return tuple(" ".join(name.split()) for name in names)


QUANTITIES: Final = {
    "temp_c": _names(
        """
        temperature, temp, tempf, tempc, dry bulb, drybulb, dry bulb temp,
        dry bulb temperature, hourlydrybulbtemperature, temperature 2m, t2m, 2t, tmpf, tmpc,
        tmp, tt tu, tt, ta, tre200h0, t, outtemp, tair, 기온, 온도, 気温, 温度, 气温,
        temperatura, temperatur, lufttemperatur, temp air, temperature air,
        temperatura do ar bulbo seco, temperatura do ar, temperatura del aire,
        temperatura powietrza, temperature de l'air, temperatura esterna, air temperature mean,
        aussentemperatur, temperatur aussen, 실외온도, 실외기온, 외부온도, 외기온, 바깥온도
        """
    ),
    "dewpoint_c": _names(
        """
        dew point, dewpoint, dew, dew point temp, dew point temperature, dew pt,
        dewpoint temperature, hourlydewpointtemperature, dewpoint 2m, dew point 2m, dewp,
        dewpt, dwpt, dwpf, dwpc, dewptf, dewptc, dewpointf, dwp, dpt, tdew, td, tde200h0,
        이슬점, 이슬점온도, 露点, 露点温度, taupunkt, point de rosee, punto de rocio,
        temperatura do ponto de orvalho, ponto de orvalho, temperatura punktu rosy,
        daggpunktstemperatur, taupunkttemperatur
        """
    ),
    "rh_pct": _names(
        """
        relative humidity, humidity, rel hum, rel humidity, hum, rh, rhum, relh,
        hourlyrelativehumidity, relative humidity 2m, relativehumidity 2m, rf tu, rf, ure200h0,
        outhumidity, hm, hr, u, 습도, 상대습도, 相対湿度, 湿度, 相对湿度, luftfeuchte,
        luftfeuchtigkeit, feuchte, humedad, humidite, umidita,
        relativ luftfuktighet, luftfuktighet, umidade relativa do ar, umidade,
        wilgotnosc wzgledna, humedad relativa, aussenfeuchte, aussenluftfeuchte, 실외습도, 외부습도
        """
    ),
    "wind_ms": _names(
        """
        wind speed, windspeed, windspeedmph, windspeedkmh, wind spd, windspd, hourlywindspeed,
        wind speed 10m, windspeed 10m, wspd, sknt, ws, wspm, fkl010h0, ff, f, wv,
        wind velocity, 풍속, 風速, 风速, windgeschwindigkeit, velocidad del viento, vv,
        velmedia, vitesse du vent, wind, speed, vindhastighet, vento velocidade,
        velocidade do vento, predkosc wiatru
        """
    ),
    "gust_ms": _names(
        """
        wind gust, windgust, gust, gust speed, wind gust speed, windgustmph, windgustkmh,
        windgusts 10m, wind gusts 10m, hourlywindgustspeed, wpgt, gust 1h, max wv, fkl010h1,
        최대순간풍속, 最大瞬間風速, windboe, racha, byvind, vento rajada maxima,
        porywy wiatru
        """
    ),
    "wind_dir_deg": _names(
        """
        wind direction, winddirection, winddir, wind dir, hourlywinddirection,
        wind direction 10m, winddirection 10m, wdir, drct, dkl010h0, dd, wd, dir, wind bearing,
        풍향, 風向, 风向, windrichtung, direccion del viento, d, wind, direction, dir wind,
        vindriktning, vento direcao, direcao do vento, kierunek wiatru
        """
    ),
    "precip_mm": _names(
        """
        precipitation, precip, rain, rainfall, rain fall, precip amount, prcp,
        precipitation amount, rain amount, hourlyprecipitation, p01i, p01m, prcp1, rr1, rr h,
        rre150h0, rn, r1, rain 1h, rainin, rr, 강수량, 降水量, niederschlag, precipitacion,
        prec, pluie, lluvia,
        precip accum one hour, nederbordsmangd, precipitacao total, precipitacao, opad, regen,
        regenmenge
        """
    ),
    "precip_3h_mm": _names(
        """
        rr3
        """
    ),
    "pressure_hpa": _names(
        """
        sea level pressure, mean sea level pressure, hourlysealevelpressure, pressure msl, slp,
        mslp, pmer, pres nmar, ps, 해면기압, 海面気圧, relative pressure, pressure relative,
        baromrel, baromrelin, baromin, pp qff, barometer, pressure, pres, bar, luftdruck, presion,
        pression, lufttryck reducerat havsytans niva, p, pp
        """
    ),
    "cloud_pct": _names(
        """
        cloud cover, cloudcover, clouds, cloud, sky cover, total cloud cover, clouds all, v n,
        dc10tca, 전운량, 雲量, cloudiness, sky
        """
    ),
    "solar_wm2": _names(
        """
        solar radiation, solarradiation, shortwave radiation, solar rad, solar, ghi,
        radiacao global, globalstralning,
        global radiation, globalstrahlung, gre000h0, 일사, 일사량, 日射量, radiation
        """
    ),
}
"""By quantity, the surest first."""

STAMPS: Final = _names(
    """
    dateutc, date utc, time utc, utc date, utc time, datetime utc, valid utc, date time,
    datetime, timestamp, time stamp, valid, valid time, valid at, date & time, simple date,
    dt iso, observation time, obstime, reference timestamp, mess datum, yymmddhhmi,
    yyyymmddhhmi, tm, 일시, 관측일시, 年月日時, 日時, dt, epoch, unixtime, formatted date,
    fecha hora, datum, zeitstempel, zeit, time, date, fecha, fint, local time, time local,
    aaaammjjhh
    """
)
"""Of the columns that may have the whole time."""

DATES: Final = _names("date, day, fecha, datum, data, 날짜, 일자, 年月日, ymd, yyyymmdd")
HOURS: Final = _names(
    "time, hour, hr, hhmm, 시간, 시각, 시, 時, hora, heure, uhrzeit, tid, godzina, zeit, ora, czas"
)
YEAR: Final = _names("year, yr, yyyy, ano, jahr, rok, 년, 년도, 年")
MONTH: Final = _names("month, mo, mm, mes, monat, miesiac, m, 월, 月")
DAY: Final = _names("day, dy, dd, dia, tag, dzien, d, 일, 日")
HOUR: Final = (*HOURS, "hh", "h", "hh24", "stunde")

STATIONS: Final = _names(
    """
    station, station id, stationid, stations id, stn, stnid, stn id, station abbr, numer sta,
    num poste, 지점, 지점번호, wmo, icao, idema, climate id
    """
)

_SHORT: Final = 2

_LONGEST: Final = 200
"""Characters of a heading that are looked at."""

_BRACKETED: Final = re.compile(r"[(\[{]([^()\[\]{}]{0,40})[)\]}]")
_HARMLESS: Final = frozenset(
    (
        *("2m", "2 m", "10m", "10 m", "avg", "average", "mean", "hourly", "1h", "1 h", "outdoor"),
        *("x", "y", "lst", "local", "utc", "gmt", "kst", "jst", "16방위", "평균", "실외", "msl"),
        *("sea level", "corrected", "gr"),
    )
)
"""In brackets, what changes nothing; all else there does, such as (max), (24h) and (indoor)."""

_FORM: Final = re.compile(r"[ymdhs:/. -]+|(?:utc|gmt|kst|jst|lst|local|offset|[\s/:+\d-])+")
"""How a time is written, or of which zone it is."""

_WARMTH: Final = re.compile(r"temp|hum|dew|feel|온도|습도")
"""Of these an `in` at the end is no inch, but a room's."""

_MARKS: Final = re.compile(r"[\s_./,:#()\[\]-]+")
_ACCENTS: Final = re.compile(r"[\u0300-\u036f]")
_SERIES: Final = re.compile(r" set \d+d?$")
"""Behind Synoptic's names, such as air_temp_set_1."""

_UNIT: Final = re.compile(
    r" (?:°\s?[cf]|℃|℉|deg[cf]|[cf]|k|kelvin|celsius|fahrenheit"
    r"|m s|ms|km h|kmh|kph|mph|mi h|knots|kts?|mm|in|inch|inches|in hg|inhg|hpa|mb|mbar"
    r"|%|pct|percent|w m\^?2|w m²|wm2|deg|degrees|°)$"
)
_FILLERS: Final = frozenset(
    (
        *("outdoor", "outside", "out", "outdoors", "air", "ambient", "hourly", "avg", "average"),
        *("mean", "aussen", "exterieur", "exterior", "esterna", "horario", "horaria", "실외"),
    )
)


def has(names: tuple[str, ...], heading: str) -> int | None:
    """The place of a heading among `names`, the lower the surer; None where it is none of them."""
    for plain in (_plain(heading), _without_fillers(_plain(heading))):
        if plain in names:
            return names.index(plain)
    return None


def has_unit_of_another(ours: str, heading: str) -> bool:
    """Whether brackets in a heading name a unit that other quantities have and `ours` hasn't, such
    as a rain in %, which is a chance."""
    for inside in _BRACKETED.findall(fold(heading[:_LONGEST])):
        quantities = _quantities_in(inside)
        if quantities and ours not in quantities:
            return True
    return False


def is_short(heading: str) -> bool:
    """Whether a heading has one or two letters, which may mean anything."""
    plain = _plain(heading)
    return plain.isascii() and len(plain) <= _SHORT


def all_names() -> tuple[str, ...]:
    """All of them."""
    quantities = [name for names in QUANTITIES.values() for name in names]
    return (*quantities, *STATIONS)


@lru_cache(maxsize=4096)
def _plain(heading: str) -> str:
    """A heading without capitals, accents, marks, and the unit at its end."""
    folded = fold(heading[:_LONGEST])
    kept = folded
    for _ in range(2):
        kept = _BRACKETED.sub(_unless_harmless, kept)
    words = _MARKS.sub(" ", kept).strip()
    plain = _SERIES.sub("", _UNIT.sub("", words))
    if words.endswith(" in") and _WARMTH.search(words):
        plain = words
    return _unaccented(plain).strip()


def _unless_harmless(bracketed: re.Match[str]) -> str:
    """What stands in brackets; a blank where it is a unit, or changes nothing."""
    inside = bracketed.group(1).strip()
    is_harmless = inside in _HARMLESS or bool(_FORM.fullmatch(inside))
    if is_harmless or _quantities_in(inside):
        return " "
    return f" {inside} "


def _quantities_in(unit: str) -> set[str]:
    """The quantities that may be in a unit."""
    return {ours for ours in UNITS if known_unit(ours, unit)}


def _unaccented(text: str) -> str:
    parts = unicodedata.normalize("NFD", text.replace("ł", "l"))
    bare = _ACCENTS.sub("", parts)
    return unicodedata.normalize("NFC", bare)


def _without_fillers(plain: str) -> str:
    return " ".join(word for word in plain.split(" ") if word not in _FILLERS)
