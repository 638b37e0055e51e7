"""`wearcast experiment report`: what it says of days that were kept, and what is decided."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr
from rich.console import Console

from feedback_votes import made_vote
from wearcast.cli.experiment import as_json, show
from wearcast.clothing.personal_offset import Verdict
from wearcast.errors import ConfigError
from wearcast.serving.experiment.comparison import ALPHA, compare
from wearcast.serving.experiment.paired_days import (
    Pair,
    PairedDay,
    PairedDays,
    PairedScores,
    series,
    variant_folder,
)
from wearcast.serving.experiment.variants import Variant
from wearcast.serving.feedback.feedback_store import FeedbackStore
from wearcast.serving.settings import Deployment

PAIR = Pair(champion="a" * 12, variant="b" * 12, source="kma", replay=False)
FIRST = date(2026, 1, 1)


def day(after: int, champion: float, variant: float, pair: Pair = PAIR) -> PairedDay:
    scores = {
        "champion": {"temp_c": champion, "temp_c_inside_80": 0.8},
        "variant": {"temp_c": variant, "temp_c_inside_80": 0.9},
    }
    on = FIRST + timedelta(days=after)
    return PairedDay(pair=pair, on=on, pairs=1000, scores=PairedScores.model_validate(scores))


def days(count: int, better: float, pair: Pair = PAIR) -> list[PairedDay]:
    """Days on which the variant's error is so much less, but for noise."""
    rng = np.random.default_rng(3)
    own = rng.normal(0, 0.05, (count, 2))
    weather = 1.4 + rng.normal(0, 0.4, count)
    return [
        day(after, weather[after] + own[after, 0], weather[after] - better + own[after, 1], pair)
        for after in range(count)
    ]


@pytest.fixture
def settings(tmp_path: Path) -> Deployment:
    return Deployment(
        history=tmp_path, variants=(Variant("b", Path("b"), 20.0), Variant("c", Path("c"), None))
    )


def keep(settings: Deployment, name: str, kept: list[PairedDay]) -> PairedDays:
    store = PairedDays(variant_folder(settings.history, name))
    for one in kept:
        store.add(one)
    return store


def printed(settings: Deployment) -> str:
    console = Console(record=True, width=160, file=io.StringIO())
    show(settings, console)
    return console.export_text()


def test_it_tells_both_models_and_what_is_decided(settings):
    keep(settings, "b", days(120, better=0.1))
    keep(settings, "c", days(120, better=0.0))
    text = printed(settings)
    assert "b (20 % of clients): bbbbbbbbbbbb beside the champion aaaaaaaaaaaa" in text
    assert "2026-01-01 to 2026-04-30" in text
    assert "Decided: the variant is better." in text
    assert "c (shadow)" in text
    assert "Open: go on, and look again whenever you like." in text


def test_before_the_first_day_it_says_so(settings):
    assert "no day is scored yet" in printed(settings)


def test_the_json_says_the_same(settings):
    keep(settings, "b", days(120, better=-0.1))
    worse, nothing = json.loads(as_json(settings))
    assert worse["verdict"] == "champion"
    temperature = worse["measures"][0]
    assert temperature["better"] == "champion"
    assert temperature["high"] < 0
    assert temperature["days"] == 120
    assert nothing == {"variant": "c", "percent": None}


def test_coverage_is_told_and_decides_nothing(settings):
    keep(settings, "b", days(120, better=0.1))
    coverage = json.loads(as_json(settings))[0]["measures"][-1]
    assert (coverage["champion"], coverage["variant"]) == (0.8, 0.9)
    assert coverage["better"] is None


def test_the_level_is_shared_by_variants_and_deciding_measures():
    comparison = compare("b", days(9, 0.0), variants=2)
    assert comparison
    assert comparison.alpha == ALPHA / 4


def test_votes_on_each_models_advice_are_told_and_decide_nothing(settings, tmp_path):
    url = f"sqlite:///{tmp_path}/votes.db"
    keep(settings, "b", days(9, better=0.0))
    store = FeedbackStore(url)
    at = datetime(2026, 1, 5, tzinfo=UTC)
    for model, verdict in ((PAIR.champion, Verdict.RIGHT), (PAIR.variant, Verdict.TOO_COLD)):
        store.add(made_vote(model=model, verdict=verdict, piece="", received_at=at))
    store.add(made_vote(model=PAIR.variant, verdict=Verdict.RIGHT, piece="", received_at=at))
    store.close()
    with_votes = settings.model_copy(update={"feedback": SecretStr(url)})
    text = printed(with_votes)
    assert "votes on the champion: 1, 100 % right (0 too cold, 0 too warm)" in text
    assert "votes on the variant: 2, 50 % right (1 too cold, 0 too warm)" in text
    told = json.loads(as_json(with_votes))[0]
    assert told["votes"]["variant"] == {"votes": 2, "too_cold": 1, "right": 1, "too_warm": 0}
    assert told["verdict"] == "open"


def test_without_variants_it_says_how_to_begin(tmp_path):
    with pytest.raises(ConfigError, match="WEARCAST_VARIANTS names no model"):
        show(Deployment(history=tmp_path), Console())


def test_a_day_that_is_missing_is_unknown_and_no_zero():
    found = series([day(0, 1.0, 0.5), day(3, 1.0, 0.75)], "temp_c")
    assert found == [0.5, None, None, 0.25]


def test_a_day_is_written_once(settings):
    store = keep(settings, "b", [day(0, 1.0, 0.5)])
    store.add(day(0, 9.0, 9.0))
    [kept] = store.read()
    assert kept == day(0, 1.0, 0.5)


def test_a_new_model_begins_anew(settings):
    newer = PAIR.model_copy(update={"variant": "c" * 12})
    store = keep(settings, "b", days(20, 0.1))
    later = [day(after, 1.0, 1.0, newer) for after in range(20, 25)]
    keep(settings, "b", later)
    assert store.read() == later


def test_days_are_kept_for_a_year_and_a_replays_coming_ones_are_not(settings):
    store = keep(settings, "b", [day(0, 1.0, 1.0), day(200, 1.0, 1.0), day(400, 1.0, 1.0)])
    store.forget(PAIR, FIRST + timedelta(days=380))
    assert [one.on for one in store.read()] == [FIRST + timedelta(days=200)]


def test_a_broken_day_is_left_out(settings, caplog):
    store = keep(settings, "b", days(3, 0.0))
    [broken, *_] = sorted((settings.history / ".variants/b/pairs").glob("*/*.json"))
    broken.write_text("{")
    assert len(store.read()) == 2
    assert "is left out" in caplog.text
