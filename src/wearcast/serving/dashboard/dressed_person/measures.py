"""The measures of a worn garment on the body, which the paths of worn.toml are filled with.

The person stands in a box of 120 by 250 with x = 60 as the axis of symmetry. Measures are of the
left half of the picture; `mirrored` makes the right one of it. `ease` is how far a garment stands
off the body.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

AXIS: Final = 60.0
_WAIST_Y, _HIP_Y, _CROTCH_Y, _ANKLE_Y = 107.0, 128.0, 137.0, 228.0
_SHOULDER, _WRIST = (41.0, 66.0), (23.0, 133.0)
_WAISTLINE_Y: Final = 102.0
"""Where the sides of tops are narrowest."""

_ACROSS, _ALONG = 0.965, 0.259
"""The direction across the arm."""

_COORDINATES: Final = re.compile(r"H(-?[\d.]+)|(-?[\d.]+) (-?[\d.]+)")
_DECIMALS: Final = re.compile(r"(\.\d)\d+|\.0+(?!\d)")

Measures = dict[str, float]
"""By the name that a path of worn.toml has for it."""


def mirrored(path: str) -> str:
    """The same path of absolute commands (no arcs) on the other side of the axis."""

    def other_side(found: re.Match[str]) -> str:
        horizontal, x, y = found.groups()
        if horizontal:
            return f"H{_on_the_right(horizontal)}"
        return f"{_on_the_right(x)} {y}"

    return _COORDINATES.sub(other_side, path)


def _on_the_right(x: str) -> str:
    return shortened(str(2 * AXIS - float(x)))


def shortened(path: str) -> str:
    """A path whose numbers have one decimal at most."""
    return _DECIMALS.sub(lambda found: found[1] or "", path).replace(".0L", "L")


def measures(garment: Mapping[str, Any], hems: Mapping[str, float]) -> Measures:
    """The measures of a garment of worn.toml.

    Args:
        garment: its entry.
        hems: the heights at which garments end, by name.
    """
    ease: float = garment.get("ease", 0)
    sleeves: float = garment.get("sleeves", 0)
    top: float = garment.get("top", 0)
    hem = hems.get(garment.get("hem", ""), 0)
    left = {"flare": AXIS - garment.get("flare", 0)}
    left |= _torso(hem, ease)
    left |= _legs(hem, ease)
    left |= _arm(sleeves, ease)
    right = {}
    for name, x in left.items():
        right[f"{name}_r"] = 2 * AXIS - x
    heights = {
        "hem": hem,
        "over_hem": hem - 6,
        "under_hem": hem + 6,
        "top": top,
        "band": top + 6,
        "shoulder_y": 59 - ease / 2,
        "crotch_y": _CROTCH_Y + ease / 2,
    }
    return left | right | heights | _arm_heights(sleeves, ease)


def _torso(hem: float, ease: float) -> Measures:
    """The left edge of a top."""
    at_hem = hip_x(hem) - ease
    return {
        "shoulder": 40 - ease,
        "armpit": 43.5 - ease,
        "waist": 44 - ease,
        "hem_left": at_hem,
        "ribs": at_hem + 1,
    }


def hip_x(y: float) -> float:
    """The left edge of the body at a height below the chest; long coats flare."""
    if y <= _WAIST_Y:
        return 44.0
    flare = max(0.0, (y - 135) / 22)
    return 44.0 - min(4.0, (y - _WAIST_Y) / 6) - flare


def edge_x(measured: Measures, y: float) -> float:
    """The left edge of a top between its waist and its hem."""
    waist, hem = measured["waist"], measured["hem"]
    length = max(1.0, hem - _WAISTLINE_Y)
    below_waist = max(0.0, y - _WAISTLINE_Y)
    lean = waist - measured["hem_left"]
    return waist - lean * below_waist / length


def _legs(hem: float, ease: float) -> Measures:
    """The edges of the left leg of trousers: at the hip, at the hem, and a band's above the hem."""
    outer, inner = leg_edges(hem)
    band_outer, band_inner = leg_edges(hem - 6)
    return {
        "hip": 40.5 - ease / 2,
        "leg_outer": outer - ease,
        "leg_inner": inner + ease / 2,
        "band_outer": band_outer - ease,
        "band_inner": band_inner + ease / 2,
        "stripe": 43 - ease,
    }


def leg_edges(y: float) -> tuple[float, float]:
    """The outer and the inner edge of the left leg."""
    below_hip = (y - _HIP_Y) / (_ANKLE_Y - _HIP_Y)
    below_crotch = (y - _CROTCH_Y) / (_ANKLE_Y - _CROTCH_Y)
    outer = 40.5 + 4 * below_hip
    inner = 59 - 5 * below_crotch
    return outer, inner


def _arm(length: float, ease: float) -> Measures:
    """The edges of the left sleeve: below the shoulder, at its end, and a cuff's above it."""
    half = _half_width(length, ease)
    x, cuff_x = _arm_point(length)[0], _arm_point(length - 0.08)[0]
    return {
        "neck_side": 44.0,
        "sleeve_shoulder": 35.5 - ease,
        "sleeve_top": _arm_point(0.12)[0] - _ACROSS * (8 + ease),
        "sleeve_outer": x - _ACROSS * half,
        "sleeve_inner": x + _ACROSS * half,
        "cuff_outer": cuff_x - _ACROSS * (half + 0.4),
        "cuff_inner": cuff_x + _ACROSS * (half + 0.4),
    }


def _arm_heights(length: float, ease: float) -> Measures:
    half = _half_width(length, ease)
    y, cuff_y = _arm_point(length)[1], _arm_point(length - 0.08)[1]
    return {
        "sleeve_shoulder_y": 57 - ease / 2,
        "sleeve_top_y": _arm_point(0.12)[1] - _ALONG * (8 + ease),
        "sleeve_outer_y": y - _ALONG * half,
        "sleeve_inner_y": y + _ALONG * half,
        "cuff_outer_y": cuff_y - _ALONG * half,
        "cuff_inner_y": cuff_y + _ALONG * half,
    }


def _half_width(length: float, ease: float) -> float:
    return 6.2 - 1.2 * length + ease


def _arm_point(share: float) -> tuple[float, float]:
    """A point of the arm, a share of its length below the shoulder."""
    x, y = _SHOULDER
    wrist_x, wrist_y = _WRIST
    x += share * (wrist_x - x)
    y += share * (wrist_y - y)
    return x, y
