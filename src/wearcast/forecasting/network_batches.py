"""Forecasts that ask the network together: its inputs are gathered into batches, and each forecast
goes on with its own rows of the outputs.

A forecast is a generator that yields the inputs it asks the network with, is sent the outputs, and
returns its result. One with guidance asks twice, one without once.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Final, TypeVar

import numpy as np

from wearcast.forecasting.array_types import Floats, Floats32

T = TypeVar("T")
NetworkInputs = Mapping[str, Floats32]
"""Arrays by the network's own names, all of them (B, …)."""
NetworkOutputs = Sequence[Floats]
"""The network's arrays in its own order, all of them (B, …)."""
Network = Callable[[NetworkInputs], NetworkOutputs]
AskingNetwork = Generator[NetworkInputs, NetworkOutputs, T]

BATCH: Final = 32
"""Forecasts that ask together: from eight on, one takes half of the network's time that it takes
alone."""

_LEAST_ROWS: Final = 2
"""ONNX Runtime multiplies a single row by another kernel than several, with other last bits."""


def answered(forecasts: Sequence[AskingNetwork[T]], network: Network) -> list[T]:
    """The results of several forecasts, in their order."""
    results: dict[int, T] = {}
    wanted: dict[int, NetworkInputs] = {}
    for i, forecast in enumerate(forecasts):
        wanted[i] = next(forecast)
    while wanted:
        outputs = list(_together(list(wanted.values()), network))
        asking, wanted = list(wanted), {}
        for i, own in zip(asking, outputs, strict=True):
            try:
                wanted[i] = forecasts[i].send(own)
            except StopIteration as end:
                results[i] = end.value
    return [results[i] for i in range(len(forecasts))]


def with_least_rows(inputs: NetworkInputs) -> dict[str, Floats32]:
    """The same inputs, a single row of them twice: a forecast is the same bytes whatever others are
    made beside it."""
    filled = {}
    for name, values in inputs.items():
        is_single = len(values) == 1
        filled[name] = np.repeat(values, _LEAST_ROWS, axis=0) if is_single else values
    return filled


def _together(wanted: Sequence[NetworkInputs], network: Network) -> Iterator[NetworkOutputs]:
    """Each one's outputs."""
    names = list(wanted[0])
    joined = {name: np.concatenate([inputs[name] for inputs in wanted]) for name in names}
    outputs = network(joined)
    first = 0
    for inputs in wanted:
        stop = first + len(inputs[names[0]])
        yield [output[first:stop] for output in outputs]
        first = stop
