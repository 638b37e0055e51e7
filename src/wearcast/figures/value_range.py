"""The range of an axis that outliers don't flatten, and marks that tell the values beyond it."""

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from wearcast.figures.palette import BLACK

Array = NDArray[Any]
Limits = tuple[float, float]

_MOST_VALUES: Final = (0.1, 0.9)
"""The quantiles between which eight values in ten lie."""

_SPREADS: Final = 2.0
"""So many times the width of those is shown beyond them: of normal values all but one in a
billion."""

_PADDING: Final = 0.14
"""The room above and below what is shown, as a share of it; the marks stand in its middle."""

_MOST_TOLD: Final = 6
"""So many values beyond the axis are written out, the most extreme ones; all are marked."""


def robust_limits(values: Array) -> Limits | None:
    """The lowest and highest value that isn't an outlier by the quantiles; None where none is
    one."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, _MOST_VALUES)
    if low == high:
        return None
    return limits_around(known, low, high)


def limits_around(values: Array, low: float, high: float) -> Limits | None:
    """The same, where the range that isn't in doubt is known."""
    known = values[np.isfinite(values)]
    reach = _SPREADS * (high - low) or 1.0
    is_near = np.abs(known - np.clip(known, low, high)) <= reach
    if is_near.all():
        return None
    near = known[is_near]
    lowest = min(near.min(initial=low), low)
    highest = max(near.max(initial=high), high)
    return float(lowest), float(highest)


def clip_axis(chart: go.Figure, at: Array, values: Array, limits: Limits | None, unit: str) -> None:
    """End the vertical axis at the limits, with a mark and the value of each point beyond it.

    Args:
        at: where the points stand on the horizontal axis, (N,).
        values: theirs, (N,).
        limits: None leaves the axis as it is.
        unit: written after each value.
    """
    if limits is None:
        return
    low, high = limits
    is_beyond = (values < low) | (values > high)
    beyond = values[is_beyond]
    is_above = beyond > high
    padding = _PADDING * (high - low)
    above = high + padding / 2
    below = low - padding / 2
    chart.add_scatter(
        x=at[is_beyond],
        y=np.where(is_above, above, below),
        mode="markers+text",
        name="beyond the axis",
        text=_texts(beyond, limits, unit),
        textposition="middle right",
        marker={
            "symbol": np.where(is_above, "triangle-up", "triangle-down").tolist(),
            "size": 11,
            "color": BLACK,
        },
        customdata=beyond,
        hovertemplate=f"%{{customdata:.1f}} {unit}<extra>beyond the axis</extra>",
        showlegend=False,
    )
    chart.update_yaxes(range=[low - padding, high + padding])


def _texts(beyond: Array, limits: Limits, unit: str) -> list[str]:
    """The values beyond the limits as text; empty for all but the most extreme ones."""
    low, high = limits
    distance = np.maximum(low - beyond, beyond - high)
    farthest = np.argsort(-distance, kind="stable")
    texts = [""] * len(beyond)
    for place in farthest[:_MOST_TOLD].tolist():
        value = beyond[place]
        texts[place] = f"{value:,.1f} {unit}"
    return texts
