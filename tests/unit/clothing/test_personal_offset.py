"""The offset that is learned from votes is the person's, with an interval that keeps its word."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.clothing.dressing import MARGIN_CLO, Dressed
from wearcast.clothing.ladders import ladder
from wearcast.clothing.personal_offset import (
    MARGIN_C,
    MOST_C,
    PRIOR_SD_C,
    PersonalOffset,
    Verdict,
    Vote,
    personal_offset,
)
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.settings import Settings
from wearcast.clothing.weather_input import Weather
from wearcast.clothing.worn_day import suited
from wearcast.vocabulary import Sensitivity, Style
from wearcast.weather.stations import CATALOGUE

SEOUL = CATALOGUE["108"]
COLD, RIGHT, WARM = Verdict

PEOPLE, VOTES = 500, 15
Noise = Callable[[np.random.Generator], float]


def votes_of(*pairs: tuple[Verdict, float]) -> list[Vote]:
    return [Vote(verdict, suits_c) for verdict, suits_c in pairs]


def answer(too_warm_c: float, margin_c: float = MARGIN_C) -> Verdict:
    if too_warm_c < -margin_c:
        return COLD
    return WARM if too_warm_c > margin_c else RIGHT


def test_without_votes_it_is_the_priors():
    nobody = personal_offset([])
    assert nobody.votes == 0
    assert nobody.mean_c == pytest.approx(0, abs=1e-9)
    assert nobody.plus_minus_c == pytest.approx(1.2816 * PRIOR_SD_C, rel=0.01)


def test_who_is_cold_in_what_suits_others_runs_cold():
    few = personal_offset(votes_of((COLD, 0.0), (COLD, 0.5)))
    many = personal_offset(votes_of((COLD, 0.0), (COLD, 0.5)) * 4)
    assert 0 < few.mean_c < many.mean_c
    assert many.plus_minus_c < few.plus_minus_c


def test_it_is_the_same_the_other_way_round():
    cold = personal_offset(votes_of((COLD, 1.0), (RIGHT, 2.0), (RIGHT, -0.5)))
    warm = personal_offset(votes_of((WARM, -1.0), (RIGHT, -2.0), (RIGHT, 0.5)))
    assert cold.mean_c == pytest.approx(-warm.mean_c)
    assert cold.low_c == pytest.approx(-warm.high_c)


def test_clothes_advised_for_an_offset_count_as_that():
    """ "Right" in clothes for somebody 3 °C colder says as much as the clothes do."""
    as_most = personal_offset(votes_of((RIGHT, 0.0)) * 10)
    as_colder = personal_offset(votes_of((RIGHT, 3.0)) * 10)
    assert as_most.mean_c == pytest.approx(0, abs=1e-9)
    assert 1.5 < as_colder.mean_c < 3


def test_a_hot_day_says_less():
    on_a_hot_day = personal_offset([Vote(COLD, 0.0, per_degree=0.2)])
    on_a_cool_day = personal_offset([Vote(COLD, 0.0, per_degree=1.0)])
    assert 0 < on_a_hot_day.mean_c < on_a_cool_day.mean_c / 2


def test_one_vote_against_all_others_moves_little():
    sensible = votes_of((RIGHT, 1.0), (RIGHT, -2.0), (RIGHT, 0.0)) * 4
    without = personal_offset(sensible)
    with_a_slip = personal_offset([*sensible, Vote(COLD, 6.0)])
    assert abs(with_a_slip.mean_c - without.mean_c) < 0.4


@given(
    st.lists(
        st.builds(
            Vote, st.sampled_from(Verdict), st.floats(-12, 12), st.floats(0, 2, allow_nan=False)
        ),
        max_size=40,
    )
)
def test_any_votes_give_an_offset_within_the_grid(votes):
    offset = personal_offset(votes)
    assert -MOST_C <= offset.low_c <= offset.high_c <= MOST_C
    assert abs(offset.mean_c) <= MOST_C
    assert offset == personal_offset(votes)
    shuffled = personal_offset(votes[::-1])
    assert shuffled.mean_c == pytest.approx(offset.mean_c, abs=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_vote_without_numbers_is_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        personal_offset([Vote(RIGHT, bad)])


# Whom clothes suit


def needs_of(feels: float | Sequence[float], settings: Settings) -> Needs:
    hours = np.datetime64("2024-03-06T22", "h") + np.arange(15)
    temp_c = np.broadcast_to(np.asarray(feels, dtype=float), 15)
    weather = Weather.of(SEOUL, hours, temp_c=temp_c)
    return Needs.of(weather, settings)


@pytest.mark.parametrize("sensitivity", Sensitivity)
def test_what_a_person_needs_suits_their_offset(sensitivity):
    settings = Settings(sensitivity=sensitivity)
    needs = needs_of(9.0, settings)
    every_hour = np.ones(len(needs.ahead), dtype=bool)
    whom = suited(needs, needs.hourly_clo, every_hour)
    expected_c = dict(zip(Sensitivity, (-4, -2, 0, 2, 4), strict=True))[sensitivity]
    assert whom.offset_c == pytest.approx(expected_c, abs=0.05)
    assert whom.per_degree == pytest.approx(1, abs=0.02)


def test_the_margin_of_the_advice_is_as_many_degrees():
    needs = needs_of(9.0, Settings())
    every_hour = np.ones(len(needs.ahead), dtype=bool)
    whom = suited(needs, needs.hourly_clo + MARGIN_CLO, every_hour)
    assert whom.offset_c == pytest.approx(MARGIN_C, abs=0.05)


def test_on_a_hot_day_a_degree_asks_for_less():
    needs = needs_of(30.0, Settings())
    every_hour = np.ones(len(needs.ahead), dtype=bool)
    assert suited(needs, needs.hourly_clo, every_hour).per_degree < 0.6


def test_an_offset_dresses_as_a_level_of_feeling_cold_does():
    by_level = needs_of(9.0, Settings(sensitivity=Sensitivity.HIGH))
    by_offset = needs_of(9.0, Settings(offset_c=2.0))
    np.testing.assert_allclose(by_offset.clo, by_level.clo)
    assert by_offset.other_clo == by_level.other_clo


# Simulated people, on days on which they wore what was advised and the weather came otherwise


class Day(NamedTuple):
    """The clothes of a day: whom they suited in the mean, and how each hour was beside that."""

    suits_c: float
    per_degree: float
    hourly_c: np.ndarray


@cache
def days(advised_for_c: float) -> tuple[Day, ...]:
    """Advised days of a year with errors as a day ahead has, for somebody of this offset."""
    random = np.random.default_rng(20)
    made = []
    for number in range(60):
        hours = np.datetime64("2023-01-01T22", "h") + np.arange(15) + 6 * 24 * number
        season_c = 7 - 9 * np.cos(2 * np.pi * number / 60)
        by_hour_c = season_c + 4 * np.sin(np.linspace(-1, 4, 15)) + random.normal(0, 2)
        errors_c = random.normal(0, 3.2, 20)[:, None]
        members_c = by_hour_c + errors_c + random.normal(0, 0.5, (20, 15))
        came_c = by_hour_c + random.normal(0, 3.2)
        forecast = Weather.of(SEOUL, hours, temp_c=members_c - advised_for_c)
        dressed = Dressed.of(Needs.of(forecast, Settings()), ladder(Style.CASUAL))
        needs = Needs.of(Weather.of(SEOUL, hours, temp_c=came_c), Settings())
        whom = suited(needs, dressed.worn_clo, np.ones(15, dtype=bool))
        hourly_c = (dressed.worn_clo - needs.hourly_clo) / (MARGIN_CLO / MARGIN_C)
        made.append(Day(whom.offset_c, whom.per_degree, hourly_c - hourly_c.mean()))
    return tuple(made)


def shares_found(
    noise: Noise,
    *,
    margin_c: float = MARGIN_C,
    random_share: float = 0.0,
    adaptive: bool = False,
    by_worst_hour: float = 0.0,
    people: int = PEOPLE,
) -> tuple[float, float]:
    """The shares of simulated people whose offset is found within 0.7 °C, and lies in the 80 %
    interval."""
    random = np.random.default_rng(2023)
    near = covered = 0
    for _ in range(people):
        offset_c = random.uniform(-3, 3)
        votes: list[Vote] = []
        found: PersonalOffset = personal_offset([])
        for _ in range(VOTES):
            advised_for_c = 2.0 * np.clip(round(found.mean_c / 2), -2, 2) if adaptive else 0.0
            day = days(float(advised_for_c))[random.integers(60)]
            felt_c = day.per_degree * (day.suits_c - offset_c) + noise(random)
            worst_c = day.hourly_c[np.abs(felt_c + day.hourly_c).argmax()]
            said = answer(felt_c + by_worst_hour * worst_c, margin_c)
            if random.random() < random_share:
                said = list(Verdict)[random.integers(3)]
            votes.append(Vote(said, day.suits_c, day.per_degree))
            if adaptive:
                found = personal_offset(votes)
        found = personal_offset(votes)
        near += abs(found.mean_c - offset_c) <= 0.7
        covered += found.low_c <= offset_c <= found.high_c
    return near / people, covered / people


def test_the_offset_of_simulated_people_is_found():
    """Noisy votes, some of them random, on days of a cool half-year."""
    near, covered = shares_found(lambda random: random.normal(0, 0.6), random_share=0.02)
    assert near >= 0.8
    assert 0.75 <= covered <= 0.85


@pytest.mark.full
def test_it_is_found_as_well_where_the_advice_follows_it():
    near, covered = shares_found(
        lambda random: random.normal(0, 0.6), random_share=0.02, adaptive=True, people=150
    )
    assert near >= 0.75
    assert 0.75 <= covered <= 0.9


@pytest.mark.full
@pytest.mark.parametrize(
    ("noise", "habits"),
    [
        (lambda random: random.normal(0, 1.0), {}),
        (lambda random: random.normal(0, 1.5), {}),
        (lambda random: 0.5 * random.standard_t(3), {}),
        (lambda random: random.normal(0, 0.6), {"random_share": 0.1}),
        (lambda random: random.normal(0, 0.6), {"margin_c": 2.7}),
        (lambda random: random.normal(0, 0.6), {"by_worst_hour": 0.2}),
    ],
    ids=["noisier", "noisiest", "long tails", "a tenth at random", "narrow margin", "worst hour"],
)
def test_people_unlike_the_model_are_found_less_well_and_told_so(noise, habits):
    """The interval holds nearly what it says, though the model doesn't know their habits."""
    near, covered = shares_found(noise, **habits, people=300)
    assert near >= 0.6
    assert 0.68 <= covered <= 0.92
