"""Nothing that is tested was ever seen: poison the test hours, and the model is the same to the
last byte."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from unit.forecasting.synthetic import (
    TINY,
    Built,
    build,
    built,
    standardization,
    two_stations,
    windows,
    with_values,
)
from wearcast import artifacts
from wearcast.forecasting import model_assembly, ridge_regression
from wearcast.forecasting.channels import share_wet
from wearcast.forecasting.history import History
from wearcast.forecasting.processed_data import Records
from wearcast.variables import HISTORY, VARIABLES

Flags = np.ndarray


def winter_sums(known: Records) -> Records:
    """The same records with rain measured by three hours only in the second half of each day."""

    def of(record: History) -> History:
        hours = record.valid_at.astype(int)
        by_sum = hours % 24 >= 12
        hourly = record.column("precip_mm")
        sums = np.convolve(np.nan_to_num(hourly), np.ones(3))[: len(record)]
        return with_values(
            record,
            precip_mm=np.where(by_sum, np.nan, hourly),
            precip_3h_mm=np.where(by_sum & (hours % 3 == 2) & np.isfinite(hourly), sums, np.nan),
        )

    return replace(known, histories={name: of(record) for name, record in known.histories.items()})


def shifted_sums(known: Records) -> Records:
    """Stamps that lie just after midnight, where segments end."""
    shifted = {
        name: with_values(
            record,
            precip_mm=np.where(
                (record.valid_at.astype(int) + 1) % 24 < 3, np.nan, record.column("precip_mm")
            ),
            precip_3h_mm=np.where(
                (record.valid_at.astype(int) % 24 == 1) & np.isfinite(record.column("precip_mm")),
                3.0,
                np.nan,
            ),
        )
        for name, record in known.histories.items()
    }
    return replace(known, histories=shifted)


def poisoned(known: Records, hours: Callable[[History], Flags]) -> Records:
    """Absurd values, and gaps, in the chosen hours."""

    def of(record: History) -> History:
        bad = hours(record)
        rng = np.random.default_rng(99)
        return with_values(
            record,
            **{
                name: np.where(
                    bad,
                    np.where(rng.random(len(record)) < 0.1, np.nan, VARIABLES[name].high),
                    record.column(name),
                )
                for name in HISTORY
            },
        )

    return replace(known, histories={name: of(record) for name, record in known.histories.items()})


def test_hours(known: Records) -> Records:
    return poisoned(known, lambda record: known.split.belongs(record.valid_at, "test"))


test_hours.__test__ = False


def all_but(known: Records, *roles: str) -> Records:
    """Poison everything that belongs to none of the roles: other roles and margins."""
    return poisoned(
        known,
        lambda record: (
            ~np.any([known.split.belongs(record.valid_at, role) for role in roles], axis=0)
        ),
    )


def bytes_of(made: Built) -> tuple[bytes, bytes]:
    return made.onnx, artifacts.to_json(made.manifest.to_json())


def assert_same_learning(first: Records, second: Records) -> None:
    """The climatologies, the share of wet hours, the training windows and the linear path are the
    same to the last bit."""
    ours, theirs = (
        model_assembly.fit_standardization(first, TINY),
        model_assembly.fit_standardization(second, TINY),
    )
    assert [n.to_json() for n in ours.climatologies.values()] == [
        n.to_json() for n in theirs.climatologies.values()
    ]
    assert ours.share_wet == theirs.share_wet
    train_set, again = windows(first, ours, "train", 5), windows(second, theirs, "train", 5)
    np.testing.assert_array_equal(train_set.at, again.at)
    np.testing.assert_array_equal(train_set.features(), again.features())
    np.testing.assert_array_equal(train_set.targets(train_set.at), again.targets(again.at))
    for mine, yours in zip(
        train_set.rain_targets(train_set.at), again.rain_targets(again.at), strict=True
    ):
        np.testing.assert_array_equal(mine, yours)
    path, honest = ridge_regression.fit(
        train_set.features(), train_set.linear_targets(), train_set.issued_at, TINY.folds, 216
    )
    path_again, honest_again = ridge_regression.fit(
        again.features(), again.linear_targets(), again.issued_at, TINY.folds, 216
    )
    np.testing.assert_array_equal(path.weights, path_again.weights)
    np.testing.assert_array_equal(honest, honest_again)


def test_poisoned_test_hours_leave_the_whole_model_as_it_was(model):
    bad = test_hours(two_stations())
    assert not np.array_equal(
        bad.histories["AAA"].column("temp_c"),
        two_stations().histories["AAA"].column("temp_c"),
        equal_nan=True,
    )
    assert bytes_of(build(bad)) == bytes_of(model)


@pytest.mark.parametrize(
    "known", [two_stations(), winter_sums(two_stations()), shifted_sums(two_stations())]
)
def test_poison_outside_training_hours_leaves_all_that_is_learned_as_it_was(known):
    assert_same_learning(known, all_but(known, "train"))


def test_poison_in_training_hours_does_not():
    bad = poisoned(
        two_stations(), lambda record: two_stations().split.belongs(record.valid_at, "train")
    )
    with pytest.raises(AssertionError):
        assert_same_learning(two_stations(), bad)


@pytest.mark.parametrize("known", [two_stations(), shifted_sums(two_stations())])
def test_validation_examples_never_see_a_test_hour(known):
    bad = test_hours(known)
    ours, theirs = (windows(some, standardization(), "validation") for some in (known, bad))
    np.testing.assert_array_equal(ours.at, theirs.at)
    np.testing.assert_array_equal(ours.features(), theirs.features())
    np.testing.assert_array_equal(ours.targets(ours.at), theirs.targets(theirs.at))
    for mine, yours in zip(ours.rain_targets(ours.at), theirs.rain_targets(theirs.at), strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_the_share_of_wet_hours_is_of_training_hours():
    known = two_stations()
    shares = []
    for record in known.histories.values():
        own = known.split.belongs(record.valid_at, "train")
        shares.append(
            share_wet(
                with_values(record, precip_mm=np.where(own, record.column("precip_mm"), np.nan))
            )
        )
    assert model_assembly.fit_standardization(known, TINY).share_wet == pytest.approx(
        np.mean(shares)
    )
    assert built().manifest.standardization.share_wet == pytest.approx(np.mean(shares))
