"""The network: an LSTM over the past, a linear path around it, and a decoder shared by all leads.

    past, observed ──▶ LSTM ──▶ state ─┐
    features ──▶ linear path ──▶ base ─┼─▶ decoder, once a lead ──▶ quantiles, rain
    calendar of the target hour, lead ─┘

The linear path is solved in closed form; the rest is trained to correct it: the shape of the
uncertainty, and the shift of the median. Before training the forecast is exactly the linear path's,
with normal quantiles. How much of the shift counts in the end, held-out years decide
(`median_share`).
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from wearcast.forecasting import guided_windows
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.linear_path import (
    DAY_COLUMNS,
    FIRST_DAY_H,
    HOURS_OF_DAY,
    RECENT_H,
    LinearPath,
    last_hours_columns,
)
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, normal_quantiles
from wearcast.forecasting.windows import CALENDAR, SOLAR_HOUR_SLACK

_LEAD_SCALES_H = (3.0, 12.0, 48.0, 168.0)
"""The decoder's features of the lead: exp(-lead / each of these)."""

_RAIN_RANGE = (0.005, 0.95)
"""Bounds of the chance of rain that the linear path gives: a linear model has none."""

Outputs = tuple[Tensor, Tensor, Tensor]
"""Quantiles (B, horizon_h, targets, Q), the logit of the chance of rain (B, horizon_h), and
quantiles of log mm where it rains (B, horizon_h, Q); all in standardised units."""


@dataclass(frozen=True)
class Shape:
    """The sizes that fix the network's parameters."""

    channels: int
    targets: int
    hidden: int
    dropout: float


class LinearPathLayer(nn.Module):
    """The linear path as a layer: features (B, F) to base (B, horizon_h, targets + 1), the last one
    rain."""

    def __init__(self, path: LinearPath) -> None:
        """Take the regressions' coefficients; they don't train."""
        super().__init__()
        self.horizon_h = path.horizon_h
        self.features = path.features
        weight, bias = path.regression.affine()
        hourly_weights = []
        hourly_biases = []
        for correction in path.corrections:
            of_hour, added = correction.affine()
            hourly_weights.append(of_hour)
            hourly_biases.append(added)
        hourly_weight = np.concatenate(hourly_weights)
        hourly_bias = np.concatenate(hourly_biases)
        self.register_buffer("weight", _float32(weight))
        self.register_buffer("bias", _float32(bias))
        self.register_buffer("hourly_weight", _float32(hourly_weight))
        self.register_buffer("hourly_bias", _float32(hourly_bias))
        self.register_buffer("middle_of_hour", _middles_of_hours())

    def forward(self, features: Tensor) -> Tensor:
        """The base forecast."""
        weight = self.get_buffer("weight")
        bias = self.get_buffer("bias")
        flat = F.linear(_with_interactions(features), weight, bias)
        base = flat.reshape(flat.shape[0], self.horizon_h, -1)
        first_day = base[:, :FIRST_DAY_H] + self._correction(features)
        return torch.cat([first_day, base[:, FIRST_DAY_H:]], dim=1)

    def _correction(self, features: Tensor) -> Tensor:
        """What the regression of the issue time's hour of the day adds, (B, FIRST_DAY_H, targets +
        1)."""
        last, phases_and_calendar = last_hours_columns()
        last_hours = features[:, last]
        rest = features[:, phases_and_calendar]
        recent = torch.cat([last_hours, rest], dim=1)
        weight = self.get_buffer("hourly_weight")
        bias = self.get_buffer("hourly_bias")
        flat = F.linear(recent, weight, bias)
        by_hour = flat.reshape(flat.shape[0], HOURS_OF_DAY, FIRST_DAY_H, -1)
        of_day = _of_day(features)
        middles = self.get_buffer("middle_of_hour")
        nearness = F.linear(of_day[:, :2], middles)
        nearest, _ = nearness.max(dim=1, keepdim=True)
        is_nearest = (nearness >= nearest).float()
        chosen = by_hour * is_nearest[:, :, None, None]
        return chosen.sum(dim=1)


def _with_interactions(features: Tensor) -> Tensor:
    """As `linear_path.with_interactions`."""
    day = _of_day(features)
    columns = [features]
    size = len(CHANNELS)
    for first, stop in RECENT_H:
        hours = features[:, first * size : stop * size]
        by_hour = hours.reshape(-1, stop - first, size)
        mean = by_hour.mean(dim=1)
        products = mean[:, :, None] * day[:, None, :]
        columns.append(products.flatten(1))
    return torch.cat(columns, dim=1)


def _of_day(features: Tensor) -> Tensor:
    """The harmonics of the issue time's solar day, (B, 4)."""
    calendar = features[:, -CALENDAR:]
    return calendar[:, DAY_COLUMNS]


def _middles_of_hours() -> Tensor:
    """The first harmonic at the middle of each hour of the day, a thousandth earlier as
    `solar_hour` has its edges: (HOURS_OF_DAY, 2)."""
    middle = np.arange(HOURS_OF_DAY) + 0.5 - SOLAR_HOUR_SLACK
    phase = 2 * np.pi * middle / HOURS_OF_DAY
    return _float32(np.stack([np.cos(phase), np.sin(phase)], axis=1))


def _float32(values: NDArray[np.floating]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


class Decoder(nn.Module):
    """Encoder and decoder: the correction to the base, and its uncertainty."""

    def __init__(self, shape: Shape, spread: Tensor, wet_amount: Tensor) -> None:
        """Start as the base with normal quantiles.

        Args:
            shape: sizes.
            spread: standard deviation of the base's errors, (horizon_h, targets).
            wet_amount: quantiles of log mm over wet hours, (Q,).
        """
        super().__init__()
        self.shape = shape
        self.horizon_h = len(spread)
        width = 2 * shape.hidden
        self.encoder = nn.LSTM(2 * shape.channels, shape.hidden, batch_first=True)
        self.from_state = nn.Linear(shape.hidden, width)
        of_hour = CALENDAR + len(_LEAD_SCALES_H) + shape.targets + 1
        self.from_hour = nn.Linear(of_hour, width, bias=False)
        self.mix = nn.Linear(width, width)
        self.dropout = nn.Dropout(shape.dropout)
        outputs = shape.targets * len(LEVELS) + 1 + len(LEVELS)
        self.head = nn.Linear(width, outputs)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        normal = torch.tensor(normal_quantiles(LEVELS), dtype=torch.float32)
        self.register_buffer("lead", _lead_features(self.horizon_h))
        self.register_buffer("spread", spread)
        self.register_buffer("wet_amount", _to_raw(wet_amount))
        self.register_buffer("normal", _to_raw(normal))
        self.register_buffer("median_share", torch.ones_like(spread))

    def forward(
        self, past: Tensor, observed: Tensor, calendar: Tensor, wet_chance: Tensor, base: Tensor
    ) -> Outputs:
        """The forecast of every hour.

        Args:
            past, observed: as `StandardizedSeries.past` gives them, (B, H, C).
            calendar: of the hours forecast, (B, horizon_h, CALENDAR).
            wet_chance: their climatological chance of a wet hour, (B, horizon_h).
            base: the linear path's forecast, (B, horizon_h, targets + 1).
        """
        out = self._head_outputs(past, observed, calendar, base)
        return self._distribution(out, wet_chance, base, None)

    def _distribution(
        self, out: Tensor, wet_chance: Tensor, base: Tensor, guidance: Tensor | None
    ) -> Outputs:
        """The forecast from what the head gives, (B, horizon_h, outputs)."""
        n = self.shape.targets * len(LEVELS)
        flat = out[:, :, :n]
        raw = flat.reshape(out.shape[0], self.horizon_h, self.shape.targets, len(LEVELS))
        spread = self._of_hours("spread", guidance)
        median = base[:, :, :-1, None]
        moved = raw[..., MEDIAN : MEDIAN + 1]
        share = self._of_hours("median_share", guidance)
        withheld = (1 - share) * moved
        normal = self.get_buffer("normal")
        standard = _to_quantiles(raw, normal) - withheld
        quantiles = median + spread * standard
        unbounded = wet_chance + base[:, :, -1]
        chance = unbounded.clamp(*_RAIN_RANGE)
        rain_logit = torch.logit(chance) + out[:, :, n]
        raw_amount = out[:, :, n + 1 :]
        rain_log_mm = _to_quantiles(raw_amount, self.get_buffer("wet_amount"))
        return quantiles, rain_logit, rain_log_mm

    def _of_hours(self, name: str, guidance: Tensor | None) -> Tensor:  # noqa: ARG002 - sees none
        """A buffer of every hour and target, (1, horizon_h, targets, 1)."""
        return self.get_buffer(name)[None, :, :, None]

    def _head_outputs(
        self,
        past: Tensor,
        observed: Tensor,
        calendar: Tensor,
        base: Tensor,
        of_guidance: Tensor | None = None,
    ) -> Tensor:
        """What the network adds at every lead, (B, horizon_h, outputs of the head).

        Args:
            past, observed, calendar, base: as of `forward`.
            of_guidance: what numerical forecasts add to what is known of each hour, (B, horizon_h,
                width); None without any.
        """
        seen = torch.cat([past, observed], dim=2)
        _, (state, _) = self.encoder(seen)
        lead = self.get_buffer("lead").expand(past.shape[0], -1, -1)
        known_of_hour = torch.cat([calendar, lead, base], dim=2)
        hour = self.from_hour(known_of_hour)
        if of_guidance is not None:
            hour = hour + of_guidance
        of_state = self.dropout(self.from_state(state[-1]))
        hidden = F.gelu(of_state[:, None, :] + hour)
        mixed = F.gelu(self.mix(hidden))
        outputs: Tensor = self.head(self.dropout(mixed))
        return outputs


class GuidedDecoder(Decoder):
    """A decoder that sees numerical forecasts as well, where there are any.

    Where there are none it is a decoder like the other: what it adds for them is 0 then.
    """

    def __init__(
        self, shape: Shape, spread: Tensor, wet_amount: Tensor, guided_spread: Tensor
    ) -> None:
        """As `Decoder`; `guided_spread` is the standard deviation of the base's errors with
        guidance, (horizon_h, targets)."""
        super().__init__(shape, spread, wet_amount)
        self.from_guidance = nn.Linear(guided_windows.WIDTH, 2 * shape.hidden, bias=False)
        self.register_buffer("guided_spread", guided_spread)
        self.register_buffer("guided_median_share", torch.ones_like(guided_spread))

    def forward(  # type: ignore[override]  # It takes guidance besides.
        self,
        past: Tensor,
        observed: Tensor,
        calendar: Tensor,
        wet_chance: Tensor,
        base: Tensor,
        guidance: Tensor,
    ) -> Outputs:
        """The forecast of every hour.

        Args:
            past, observed, calendar, wet_chance: as of `Decoder.forward`.
            base: the linear path's forecast as guidance moves it, (B, horizon_h, targets + 1).
            guidance: as `guided_windows` gives it, (B, horizon_h, WIDTH); 0 without any.
        """
        of_guidance = self.from_guidance(guidance)
        out = self._head_outputs(past, observed, calendar, base, of_guidance)
        return self._distribution(out, wet_chance, base, guidance)

    def spread_of(self, guidance: Tensor) -> Tensor:
        """The standard deviation of the base's errors, (B, horizon_h, targets)."""
        return self._of_hours("spread", guidance).squeeze(-1)

    def _of_hours(self, name: str, guidance: Tensor | None) -> Tensor:
        """One of two buffers, by whether each hour is guided, (B, horizon_h, targets, 1)."""
        plain = super()._of_hours(name, None)
        if guidance is None:
            return plain
        is_guided = guidance[..., guided_windows.GUIDED, None, None]
        with_guidance = self.get_buffer(f"guided_{name}")[None, :, :, None]
        return plain + is_guided * (with_guidance - plain)


def _lead_features(horizon_h: int) -> Tensor:
    """exp(-lead / scale) for each of `_LEAD_SCALES_H`, (horizon_h, scales)."""
    leads = torch.arange(1, horizon_h + 1, dtype=torch.float32)
    columns = [torch.exp(-leads / scale) for scale in _LEAD_SCALES_H]
    return torch.stack(columns, dim=1)


class Network(nn.Module):
    """The linear path and the decoder together, as it is exported."""

    def __init__(self, linear_path: LinearPathLayer, decoder: Decoder) -> None:
        """Join the two."""
        super().__init__()
        self.linear_path = linear_path
        self.decoder = decoder

    def with_median_share(self, share: Floats, guided_share: Floats | None = None) -> "Network":
        """The same network, of whose shift of the median a share counts, and another one with
        guidance: (horizon_h, targets) each."""
        decoder = copy.deepcopy(self.decoder)
        decoder.get_buffer("median_share").copy_(_float32(share))
        if guided_share is not None:
            decoder.get_buffer("guided_median_share").copy_(_float32(guided_share))
        return type(self)(self.linear_path, decoder).eval()

    def forward(
        self,
        past: Tensor,
        observed: Tensor,
        calendar: Tensor,
        wet_chance: Tensor,
        features: Tensor,
    ) -> Outputs:
        """As `Decoder.forward`, from the features of the linear path (B, F)."""
        base = self.linear_path(features)
        outputs: Outputs = self.decoder(past, observed, calendar, wet_chance, base)
        return outputs


class GuidedNetwork(Network):
    """A network whose decoder sees guidance, as it is exported."""

    def forward(  # type: ignore[override]  # It takes guidance besides, and gives the base.
        self,
        past: Tensor,
        observed: Tensor,
        calendar: Tensor,
        wet_chance: Tensor,
        features: Tensor,
        moved: Tensor,
        guidance: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """As `GuidedDecoder.forward`, from the features of the linear path and by how much guidance
        moves its forecast, (B, horizon_h, targets + 1); and the linear path's own forecast of that
        shape, which guidance is fitted on."""
        base = self.linear_path(features)
        outputs: Outputs = self.decoder(
            past, observed, calendar, wet_chance, base + moved, guidance
        )
        return (*outputs, base)


def _to_raw(quantiles: Tensor) -> Tensor:
    """The median, and the logarithms of the steps between neighbouring quantiles, in the order of
    the levels: what `_to_quantiles` starts from."""
    widths = torch.diff(quantiles).clamp_min(1e-3)
    steps = torch.log(widths)
    below = steps[:MEDIAN]
    median = quantiles[MEDIAN : MEDIAN + 1]
    above = steps[MEDIAN:]
    return torch.cat([below, median, above])


def _to_quantiles(raw: Tensor, start: Tensor) -> Tensor:
    """Quantiles from a median and positive steps outwards from it, so that they can't cross."""
    moved = raw + start
    median = moved[..., MEDIAN : MEDIAN + 1]
    log_steps_down = moved[..., :MEDIAN].clamp(-12, 4)
    steps_down = torch.exp(log_steps_down)
    outwards = steps_down.flip(-1)
    below = outwards.cumsum(-1).flip(-1)
    log_steps_up = moved[..., MEDIAN + 1 :].clamp(-12, 4)
    steps_up = torch.exp(log_steps_up)
    above = steps_up.cumsum(-1)
    return torch.cat([median - below, median, median + above], dim=-1)
