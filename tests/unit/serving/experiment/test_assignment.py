"""Who gets which model: the same everywhere and always, by the weights, and nobody by accident."""

import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.experiment.assignment import (
    Assignment,
    is_client_id,
    new_client_id,
    place_of,
)
from wearcast.serving.experiment.variants import CHAMPION, Variant

CLIENTS = 100_000
IDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=16, max_size=64)


def variants(**percents: float | None) -> tuple[Variant, ...]:
    return tuple(Variant(name, Path(name), percent) for name, percent in percents.items())


THREE = Assignment("winter", variants(b=20.0, c=None, d=5.0))


def within_binomial_bounds(count: int, share: float) -> bool:
    """Within four standard deviations, which one of 16,000 counts isn't by chance."""
    spread = math.sqrt(CLIENTS * share * (1 - share))
    return abs(count - CLIENTS * share) < 4 * spread


def test_the_weights_hold_over_many_clients():
    found = Counter(THREE.model_of(f"client-{number:010d}") for number in range(CLIENTS))
    assert set(found) == {CHAMPION, "b", "d"}
    for name, share in {CHAMPION: 0.75, "b": 0.2, "d": 0.05}.items():
        assert within_binomial_bounds(found[name], share)


def test_the_weights_hold_over_the_ids_that_are_given():
    found = Counter(THREE.model_of(new_client_id()) for _ in range(CLIENTS))
    assert within_binomial_bounds(found["b"], 0.2)


def test_the_groups_of_two_experiments_have_nothing_to_do_with_each_other():
    other = Assignment("spring", THREE.variants)
    clients = [f"client-{number:010d}" for number in range(CLIENTS)]
    in_both = sum(one == other.model_of(c) == "b" for c in clients if (one := THREE.model_of(c)))
    assert within_binomial_bounds(in_both, 0.2 * 0.2)


def test_other_processes_with_other_hash_seeds_assign_the_same():
    code = (
        "import json, sys; from pathlib import Path;"
        "from wearcast.serving.experiment.assignment import Assignment;"
        "from wearcast.serving.experiment.variants import Variant;"
        "of = Assignment('winter', (Variant('b', Path('b'), 20.0), Variant('c', Path('c'), None),"
        " Variant('d', Path('d'), 5.0))).model_of;"
        "print(json.dumps([of(f'client-{n:010d}') for n in range(2000)]))"
    )
    expected = [THREE.model_of(f"client-{number:010d}") for number in range(2000)]
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(done.stdout) == expected


@pytest.mark.parametrize(
    ("client", "place"),
    [
        ("client-0000000000", 0.5703603734644301),
        ("client-0000000001", 0.754845040751991),
    ],
)
def test_places_never_change_from_release_to_release(client, place):
    assert place_of("winter", client) == place


@given(IDS, st.floats(0, 60), st.floats(0, 30))
def test_while_the_first_share_grows_whoever_had_it_keeps_it(client, percent, more):
    before = Assignment("winter", variants(b=percent))
    after = Assignment("winter", variants(b=percent + more))
    if before.model_of(client) == "b":
        assert after.model_of(client) == "b"


@given(IDS)
def test_a_shadow_is_never_served(client):
    assert THREE.model_of(client) in THREE.served
    assert "c" not in THREE.served


@pytest.mark.parametrize("model", [CHAMPION, "b", "d"])
def test_every_served_model_has_an_example(model):
    example = THREE.example_client(model)
    assert is_client_id(example)
    assert THREE.model_of(example) == model


def test_a_model_without_clients_has_the_champions_example():
    assert THREE.example_client("c") == THREE.example_client(CHAMPION)


def test_new_ids_are_ids_and_never_the_same():
    ids = {new_client_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(map(is_client_id, ids))


@pytest.mark.parametrize("text", ["", "short", "x" * 65, "a b" * 8, "ä" * 20, "a" * 16 + "\n"])
def test_what_is_no_id_is_none(text):
    assert not is_client_id(text)
