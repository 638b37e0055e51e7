"""Forecasts that ask the network together get what each would have got alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wearcast.forecasting.network_batches import (
    AskingNetwork,
    NetworkInputs,
    NetworkOutputs,
    answered,
    with_least_rows,
)


class Doubling:
    """A network that gives twice what it is asked with."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def __call__(self, inputs: NetworkInputs) -> NetworkOutputs:
        self.rows.append(len(inputs["past"]))
        return [inputs["past"].astype(np.float64) * 2]


def forecast(start: float, rows: int, rounds: int) -> AskingNetwork[list[float]]:
    """Asks so often, with so many rows each time, of what it was told last."""
    past = np.full((rows, 1), start, dtype=np.float32)
    for _ in range(rounds):
        outputs = yield {"past": past}
        past = outputs[0].astype(np.float32)
    return past[:, 0].tolist()


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 3), st.integers(1, 4)), max_size=8))
def test_each_gets_its_own_rows_in_every_round(asked: list[tuple[int, int, int]]) -> None:
    network = Doubling()
    results = answered([forecast(*one) for one in asked], network)
    assert results == [[float(start * 2**rounds)] * rows for start, rows, rounds in asked]
    longest = max((rounds for *_, rounds in asked), default=0)
    assert network.rows == [
        sum(rows for _, rows, rounds in asked if rounds > done) for done in range(longest)
    ]


def test_a_single_row_is_asked_of_twice_and_several_are_left_as_they_are() -> None:
    one = {"past": np.ones((1, 4, 2), dtype=np.float32)}
    assert with_least_rows(one)["past"].shape == (2, 4, 2)
    three = {"past": np.ones((3, 4, 2), dtype=np.float32)}
    assert with_least_rows(three)["past"] is three["past"]
