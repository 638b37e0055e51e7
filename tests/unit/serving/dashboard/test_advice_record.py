"""The record of the advice: its sentence, its weak points, and how sure it says to be."""

from unit.serving.dashboard.page_answers import page_of
from wearcast.serving.dashboard.advice_record import advice_section, certainty_table, weak_points
from wearcast.serving.dashboard.verdict import verdict

BINS = [
    {"said_from": 0.7, "said_to": 0.8, "days": 12, "said": 0.752, "right": 0.81},
    {"said_from": 0.8, "said_to": 0.9, "days": 34, "said": 0.846, "right": 0.839},
]
PAGE = page_of({8: 20.0}, ["tshirt"])


def by_day(day_1, day_7):
    values = {"day_1": day_1, "day_7": day_7}
    return {
        "network": {day: {"value": value, "low": 0.0, "high": 1.0} for day, value in values.items()}
    }


def scores(umbrella=0.0, week_off=0.14, bias_c=1.1):
    advice = {"hours_off": by_day(0.02, week_off), "umbrella_hit": by_day(umbrella, 0.0)}
    return {
        "temp_c": {"mae": {"network": {"1-24": 2.26}}, "bias": {"network": {"all": bias_c}}},
        "bands": by_day(0.7, 0.5),
        "clothing": {"scores": advice},
    }


def test_the_verdict_says_the_error_the_clothes_and_not_to_rely_on_a_weak_umbrella():
    weak, strong = (verdict(PAGE, scores(umbrella=hit)) for hit in (0.4, 0.6))
    assert weak.replace("\u00a0", " ") == (
        "Tomorrow’s temperature is off by 2.3 °C on average, and the clothes are right on 7 days"
        " in 10. Don’t rely on it for the umbrella yet."
    )
    assert "umbrella" not in strong
    assert verdict(PAGE, None) == "How good it is"


def test_each_weak_point_is_named_and_no_other():
    def named(**changed):
        return [point.partition(":")[0] for point in weak_points(PAGE, scores(**changed))]

    assert named() == ["Umbrella", "A week ahead", "Temperature"]
    assert named(umbrella=0.5, week_off=0.03, bias_c=-0.4) == []
    assert named(umbrella=None, week_off=0.03, bias_c=-0.6) == ["Temperature"]


def test_an_umbrella_that_was_never_advised_is_told_in_words():
    assert "called for none" in weak_points(PAGE, scores(umbrella=0.004))[0]
    assert "called for one on 40\u00a0% of" in weak_points(PAGE, scores(umbrella=0.4))[0]


def test_a_bias_says_its_direction_in_the_units_asked_for():
    imperial = page_of({8: 20.0}, ["tshirt"], units="imperial")
    assert weak_points(imperial, scores(bias_c=1.0))[-1].endswith("1.8\u00a0°F too warm.")
    assert weak_points(PAGE, scores(bias_c=-1.0))[-1].endswith("1.0\u00a0°C too cold.")


def test_the_weak_points_stand_before_the_folded_tables():
    section = str(advice_section(PAGE, scores()))
    assert 0 < section.index("Where it is weak") < section.index("<details>")
    assert section.index("<details>") < section.index("<table")
    assert 'data-value="about.clothes.2.0"' in section


def test_without_scores_of_the_clothes_there_is_no_card():
    assert advice_section(PAGE, scores() | {"bands": {}}) is None


def test_a_row_a_bin_with_what_came_what_was_said_and_on_how_many_days():
    table = str(certainty_table("en", BINS)).replace("\u00a0", " ")
    for text in ("70–80 %", "80–90 %", "Said to be right", "75 %", "85 %", "Was right", "81 %"):
        assert text in table, text
    assert table.index("80–90 %") < table.index("84 %") < table.index("34")


def test_without_bins_there_is_no_table():
    assert certainty_table("en", []) is None
