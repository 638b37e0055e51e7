"""Every style in every activity: nobody does anything in clothes that aren't for it."""

from itertools import product

import numpy as np
import pytest

from wearcast.clothing.advice import advise
from wearcast.clothing.ladders import ladder
from wearcast.clothing.own_wardrobe import own_ladder
from wearcast.clothing.settings import Settings
from wearcast.clothing.wardrobe import Ground, Place, builtin
from wearcast.vocabulary import Activity, Style

WEATHERS = {
    "heat": {"low": 26, "high": 34},
    "warm": {"low": 18, "high": 28},
    "mild": {"low": 14, "high": 25},
    "cool": {"low": 8, "high": 14},
    "cold": {"low": -3, "high": 5},
    "bitter": {"low": -10, "high": -1},
    "rain": {"low": 16, "high": 20, "precip_mm": 1.0},
    "gusty rain": {"low": 10, "high": 14, "precip_mm": 1.0, "wind_ms": 11.0, "gust_ms": 18.0},
    "snow": {"low": -4, "high": 0, "precip_mm": 1.0},
}
MATRIX = list(product(Style, Activity, WEATHERS))


@pytest.mark.parametrize(("style", "activity"), list(product(Style, Activity)))
@pytest.mark.parametrize("ground", Ground)
def test_no_outfit_holds_what_its_activity_rules_out(style, activity, ground):
    outfits = ladder(style, activity).combinations(ground).outfits
    worn = {garment for outfit in outfits for garment in outfit.garments}
    assert not {garment.id for garment in worn if activity in garment.not_for}


def test_people_know_what_nobody_runs_or_cycles_in():
    garments = builtin().garments
    for id in ("loafers", "sandals", "blazer", "jeans", "padded_coat", "scarf", "dress_shirt"):
        assert Activity.RUNNING in garments[id].not_for
    for id in ("sandals", "midi_skirt", "trench_coat", "padded_coat", "scarf"):
        assert Activity.CYCLING in garments[id].not_for
    assert not garments["running_shoes"].not_for


@pytest.mark.parametrize(("style", "activity", "weather"), MATRIX)
def test_every_outfit_of_the_matrix_is_one_that_a_person_would_wear(day, style, activity, weather):
    fields = dict(WEATHERS[weather])
    low, high = fields.pop("low"), fields.pop("high")
    course = np.interp(np.arange(24), [0, 6, 15, 24], [low + 1, low, high, low + 1])
    dry = {"wind_ms": 2.0, "precip_mm": 0.0, "cloud_pct": 50.0}
    told = advise(day(course, **(dry | fields)), Settings(style=style, activity=activity))
    garments = [piece.garment for piece in told.pieces]
    carried = {thing.item for thing in told.carry}
    assert not [garment.id for garment in garments if activity in garment.not_for]
    places = {place for garment in garments for place in garment.covers}
    if weather in ("heat", "warm"):
        assert not places & {Place.HANDS, Place.NECK, Place.UNDER_TOP}
        assert max(garment.clo for garment in garments) <= 0.36
    if weather == "bitter":
        assert Place.HANDS in places
        assert places & {Place.COAT, Place.JACKET, Place.KNIT}
    if fields.get("precip_mm"):
        assert next(garment for garment in garments if Place.SHOES in garment.covers).water == 2
    if activity in (Activity.CYCLING, Activity.RUNNING) or "gust_ms" in fields:
        assert "umbrella" not in carried
    if weather == "gusty rain" and activity is not Activity.RUNNING:
        assert any(garment.is_rainproof for garment in garments)


@pytest.mark.parametrize("activity", [Activity.CYCLING, Activity.RUNNING])
def test_own_clothes_are_picked_for_the_activity_where_they_allow_it(activity):
    owned = {
        id: builtin().garments[id]
        for id in ("sandals", "running_shoes", "scarf", "tshirt", "sports_tshirt", "short_shorts")
    }
    made = own_ladder(owned, "mine.toml", activity)
    worn = {garment.id for outfit in made.dry for garment in outfit.garments}
    assert "sandals" not in worn
    assert "running_shoes" in worn


def test_own_clothes_are_worn_where_there_are_no_others():
    owned = {id: builtin().garments[id] for id in ("sandals", "tshirt", "short_shorts")}
    made = own_ladder(owned, "mine.toml", Activity.RUNNING)
    assert "sandals" in made.dry[0].by_id
