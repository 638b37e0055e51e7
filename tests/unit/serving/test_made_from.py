"""What a forecast is made from, in both languages."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from wearcast.forecasting.guidance_used import GuidanceRun, GuidanceUsed
from wearcast.serving.made_from import made_from, made_from_briefly, owed_to
from wearcast.weather.attribution import attribution, guidance_attribution

ISSUED = datetime(2026, 11, 29, 18, tzinfo=ZoneInfo("Asia/Seoul"))
"""A Sunday; 09 UTC."""
WEEK_H = 168
ECMWF, GFS, ICON = "ecmwf_ifs025", "gfs_seamless", "icon_seamless"


def run(model: str, first: str, last: str = "") -> GuidanceRun:
    """A run of the model that started at a time such as "29 06", or between two such."""
    ends = [datetime.strptime(f"2026-11-{at}", "%Y-%m-%d %H") for at in (first, last or first)]
    return GuidanceRun(model, *[at.replace(tzinfo=UTC) for at in ends])


def used(*runs: GuidanceRun, **others) -> GuidanceUsed:
    fields = {"source": "open_meteo", "missing": (), "reach_h": WEEK_H, "rain_reach_h": WEEK_H}
    return GuidanceUsed(runs=runs, **(fields | others))


def english(guidance: GuidanceUsed | None, horizon_h: int = WEEK_H) -> str:
    return made_from("en", guidance, ISSUED, horizon_h)


def korean(guidance: GuidanceUsed | None) -> str:
    return made_from("ko", guidance, ISSUED, WEEK_H)


def test_without_numerical_forecasts_it_is_the_past_alone():
    assert english(None) == "Made from the station’s past alone."
    assert korean(None) == "이 관측소의 과거 기록만으로 만든 예보예요."
    assert made_from_briefly("en", None, ISSUED, WEEK_H) == "From the station’s past alone"
    assert made_from_briefly("ko", None, ISSUED, WEEK_H) == "관측소의 과거 기록만으로 예보"


def test_models_of_the_same_run_are_told_together():
    three = used(run(ECMWF, "29 06"), run(GFS, "29 06"), run(ICON, "29 06"))
    assert english(three) == (
        "Made from ECMWF, GFS and ICON, runs of 06 UTC, fitted to this station."
    )
    assert korean(three) == "ECMWF·GFS·ICON(06 UTC) 예보를 이 관측소에 맞게 보정했어요."


def test_runs_of_different_hours_are_told_each():
    mixed = used(run(ECMWF, "29 00"), run(GFS, "29 06"), run(ICON, "29 06"))
    assert english(mixed) == (
        "Made from ECMWF of 00 UTC, GFS and ICON of 06 UTC, fitted to this station."
    )
    assert korean(mixed).startswith("ECMWF(00 UTC), GFS·ICON(06 UTC) 예보를")


@pytest.mark.parametrize(
    ("runs", "in_english", "in_korean"),
    [
        # Of another day than the newest.
        (
            [run(ECMWF, "28 18"), run(GFS, "29 06")],
            "ECMWF of 18 UTC on November 28, GFS of 06 UTC",
            "ECMWF(11월 28일 18 UTC), GFS(06 UTC)",
        ),
        # All of them a day old or more.
        (
            [run(ECMWF, "27 06"), run(GFS, "27 06")],
            "ECMWF and GFS, runs of 06 UTC on November 27",
            "ECMWF·GFS(11월 27일 06 UTC)",
        ),
        # The evening before, when no later one is there yet.
        ([run(ECMWF, "28 18")], "ECMWF of 18 UTC", "ECMWF(18 UTC)"),
        # Known by their bounds alone.
        (
            [run(ECMWF, "29 00", "29 06"), run(GFS, "29 00", "29 06")],
            "ECMWF and GFS, runs of 00 to 06 UTC",
            "ECMWF·GFS(00~06 UTC)",
        ),
        (
            [run(ECMWF, "28 18", "29 00")],
            "ECMWF of 18 UTC on November 28 to 00 UTC",
            "ECMWF(11월 28일 18 UTC~00 UTC)",
        ),
    ],
)
def test_a_run_is_told_by_its_hour_and_another_days_by_its_date(runs, in_english, in_korean):
    assert english(used(*runs)) == f"Made from {in_english}, fitted to this station."
    assert korean(used(*runs)).startswith(f"{in_korean} 예보를")


@pytest.mark.parametrize(
    ("model", "in_english", "in_korean"),
    [
        ("ecmwf_ifs025", "ECMWF", "ECMWF"),
        ("gfs_seamless", "GFS", "GFS"),
        ("icon_seamless", "ICON", "ICON"),
        ("gem_global", "GEM", "GEM"),
        ("knmi_seamless", "KNMI", "KNMI"),
        ("kma_short_term", "KMA", "기상청"),
        ("our_own_wrf", "our_own_wrf", "our_own_wrf"),
    ],
)
def test_a_model_has_its_everyday_name_and_an_unknown_one_its_own(model, in_english, in_korean):
    one = used(run(model, "29 06"))
    assert made_from_briefly("en", one, ISSUED, WEEK_H) == f"From {in_english}"
    assert made_from_briefly("ko", one, ISSUED, WEEK_H) == f"{in_korean} 예보 기반"


def test_two_of_a_familys_models_are_told_once():
    both = used(run("icon_global", "29 06"), run(ICON, "29 06"))
    assert english(both) == "Made from ICON of 06 UTC, fitted to this station."


def test_what_is_missing_is_told():
    one = used(run(ECMWF, "29 06"), missing=(ICON,))
    assert english(one).endswith(" Without ICON, which is missing.")
    assert korean(one).endswith(" ICON 예보는 받지 못해 빠졌어요.")
    two = used(run(ECMWF, "29 06"), missing=(GFS, ICON))
    assert english(two).endswith(" Without GFS and ICON, which are missing.")


def test_how_far_they_reach_is_told_where_it_is_not_the_whole_week():
    shorter = used(run(ECMWF, "29 06"), reach_h=114, rain_reach_h=114)
    assert english(shorter).endswith(
        " That is up to Friday; the days after come from the station’s past."
    )
    assert korean(shorter).endswith(
        " 금요일까지 이렇게 예보하고, 그 뒤는 관측소의 과거 기록으로 예보해요."
    )
    assert made_from_briefly("en", shorter, ISSUED, WEEK_H) == "From ECMWF, up to Friday"
    assert made_from_briefly("ko", shorter, ISSUED, WEEK_H) == "금요일까지 ECMWF 예보 기반"
    assert "up to" not in english(shorter, horizon_h=114)


def test_they_reach_the_whole_week_where_they_reach_its_last_day_that_is_offered():
    # The horizon ends at 18 h on Sunday, a day that isn't offered for want of its evening.
    assert "up to" not in english(used(run(ECMWF, "29 06"), reach_h=138, rain_reach_h=138))
    shorter = used(run(ECMWF, "29 06"), reach_h=137, rain_reach_h=137)
    assert "That is up to Friday;" in english(shorter)


@pytest.mark.parametrize(
    ("reach_h", "day"),
    [
        # 18 h on Sunday, and so many hours: a day counts that is covered to noon.
        (3, "Sunday"),
        (41, "Monday"),
        (42, "Tuesday"),
        (65, "Tuesday"),
        (66, "Wednesday"),
    ],
)
def test_the_last_day_is_one_that_is_covered_to_noon(reach_h, day):
    told = english(used(run(ECMWF, "29 06"), reach_h=reach_h, rain_reach_h=reach_h))
    assert f"That is up to {day};" in told


def test_a_day_more_than_a_week_ahead_has_its_date():
    told = english(used(run(ECMWF, "29 06"), reach_h=220, rain_reach_h=220), horizon_h=336)
    assert "That is up to Tuesday, December 8;" in told


def test_rain_is_told_where_it_has_less_of_them():
    shorter = used(run(ECMWF, "29 06"), rain_reach_h=66)
    assert english(shorter).endswith(" For rain and snow that is up to Wednesday.")
    assert korean(shorter).endswith(" 비와 눈은 수요일까지만 이렇게 예보해요.")
    none = used(run(ECMWF, "29 06"), rain_reach_h=0)
    assert english(none).endswith(" Rain and snow come from the station’s past.")
    assert korean(none).endswith(" 비와 눈은 관측소의 과거 기록으로 예보해요.")


def test_the_owners_of_what_was_used_are_credited():
    two = used(run(ECMWF, "29 06"), run(GFS, "29 06"), missing=(ICON,))
    numerical = guidance_attribution("open_meteo", [ECMWF, GFS])
    assert "ECMWF, NOAA" in numerical
    assert owed_to("kma", two) == f"{attribution('kma')}. {numerical}"
    assert owed_to("files", two) == numerical
    assert owed_to("kma", None) == attribution("kma")
