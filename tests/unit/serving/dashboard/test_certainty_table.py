"""The table of how right the advice was where it said to be so sure."""

from wearcast.serving.dashboard.model_scores import certainty_table

BINS = [
    {"said_from": 0.7, "said_to": 0.8, "days": 12, "said": 0.752, "right": 0.81},
    {"said_from": 0.8, "said_to": 0.9, "days": 34, "said": 0.846, "right": 0.839},
]


def test_a_column_a_bin_with_what_was_said_what_came_and_on_how_many_days():
    table = str(certainty_table("en", BINS))
    for text in ("70–80 %", "80–90 %", "Said to be right", "75 %", "85 %", "Was right", "81 %"):
        assert text in table, text
    assert table.index("Was right") < table.index("84 %") < table.index("34")


def test_without_bins_there_is_no_table():
    assert certainty_table("en", []) is None
