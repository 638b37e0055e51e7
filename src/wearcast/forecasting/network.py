"""The network: an LSTM over the past, a linear path around it, and a decoder shared by all leads.

    past, observed ──▶ LSTM ──▶ state ─┐
    features ──▶ linear path ──▶ base ─┼─▶ decoder, once a lead ──▶ quantiles, rain
    calendar of the target hour, lead ─┘

The linear path is a ridge regression solved in closed form; the rest learns what to add to it: the
shape of the uncertainty, and where the median should move. Before training the forecast is exactly
the ridge's, with normal quantiles.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wearcast.forecasting.quantiles import LEVELS, MEDIAN, normal_quantiles
from wearcast.forecasting.ridge_regression import LinearModel
from wearcast.forecasting.windows import CALENDAR
from wearcast.vocabulary import HORIZON_H

_LEAD_SCALES_H = (3.0, 12.0, 48.0, 168.0)
"""How the decoder is told the lead: exp(-lead / each of these)."""

_RAIN_RANGE = (0.005, 0.95)
"""What chance of rain the linear path may give; a linear model knows no bounds."""

Outputs = tuple[Tensor, Tensor, Tensor]
"""Quantiles (B, HORIZON_H, targets, Q), the logit of the chance of rain (B, HORIZON_H), and
quantiles of log mm where it rains (B, HORIZON_H, Q); all in standardised units."""


@dataclass(frozen=True)
class Shape:
    """The sizes that fix the network's parameters."""

    channels: int
    targets: int
    hidden: int
    dropout: float


class LinearPath(nn.Module):
    """The ridge regression as a layer: features (B, F) to base (B, HORIZON_H, targets + 1), the
    last one rain."""

    def __init__(self, linear: LinearModel) -> None:
        """Take the regression's coefficients; they don't train."""
        super().__init__()
        weight = (linear.weights / linear.scale[:, None]).T
        self.register_buffer(
            "weight", torch.from_numpy(np.ascontiguousarray(weight, dtype=np.float32))
        )
        bias = linear.intercept - (linear.mean / linear.scale) @ linear.weights
        self.register_buffer("bias", torch.from_numpy(np.asarray(bias, dtype=np.float32)))

    def forward(self, features: Tensor) -> Tensor:
        """The base forecast."""
        flat = F.linear(features, self.get_buffer("weight"), self.get_buffer("bias"))
        return flat.reshape(flat.shape[0], HORIZON_H, -1)


class Decoder(nn.Module):
    """Encoder and decoder: what to add to the base, and how sure to be."""

    def __init__(self, shape: Shape, spread: Tensor, wet_amount: Tensor) -> None:
        """Start as the base with normal quantiles.

        Args:
            shape: sizes.
            spread: standard deviation of the base's errors, (HORIZON_H, targets).
            wet_amount: quantiles of log mm over wet hours, (Q,).
        """
        super().__init__()
        self.shape = shape
        width = 2 * shape.hidden
        self.encoder = nn.LSTM(2 * shape.channels, shape.hidden, batch_first=True)
        self.from_state = nn.Linear(shape.hidden, width)
        self.from_hour = nn.Linear(
            CALENDAR + len(_LEAD_SCALES_H) + shape.targets + 1, width, bias=False
        )
        self.mix = nn.Linear(width, width)
        self.dropout = nn.Dropout(shape.dropout)
        self.head = nn.Linear(width, shape.targets * len(LEVELS) + 1 + len(LEVELS))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        leads = torch.arange(1, HORIZON_H + 1, dtype=torch.float32)
        self.register_buffer(
            "lead", torch.stack([torch.exp(-leads / scale) for scale in _LEAD_SCALES_H], dim=1)
        )
        self.register_buffer("spread", spread)
        self.register_buffer("wet_amount", _to_steps(wet_amount))
        self.register_buffer(
            "normal", _to_steps(torch.tensor(normal_quantiles(LEVELS), dtype=torch.float32))
        )

    def forward(
        self, past: Tensor, observed: Tensor, calendar: Tensor, wet_chance: Tensor, base: Tensor
    ) -> Outputs:
        """What to expect of every hour.

        Args:
            past, observed: as `windows.Track.past` gives them, (B, H, C).
            calendar: of the hours forecast, (B, HORIZON_H, CALENDAR).
            usually_wet: their climatological chance of rain, (B, HORIZON_H).
            base: the linear path's forecast, (B, HORIZON_H, targets + 1).
        """
        _, (state, _) = self.encoder(torch.cat([past, observed], dim=2))
        lead = self.get_buffer("lead").expand(past.shape[0], -1, -1)
        hour = self.from_hour(torch.cat([calendar, lead, base], dim=2))
        hidden = F.gelu(self.dropout(self.from_state(state[-1]))[:, None, :] + hour)
        out = self.head(self.dropout(F.gelu(self.mix(hidden))))
        n = self.shape.targets * len(LEVELS)
        raw = out[:, :, :n].reshape(out.shape[0], HORIZON_H, self.shape.targets, len(LEVELS))
        spread = self.get_buffer("spread")[None, :, :, None]
        quantiles = base[:, :, :-1, None] + spread * _spaced(raw, self.get_buffer("normal"))
        rain = torch.logit((wet_chance + base[:, :, -1]).clamp(*_RAIN_RANGE)) + out[:, :, n]
        return quantiles, rain, _spaced(out[:, :, n + 1 :], self.get_buffer("wet_amount"))


class Network(nn.Module):
    """The linear path and the decoder together, as it is exported."""

    def __init__(self, linear_path: LinearPath, decoder: Decoder) -> None:
        """Join the two."""
        super().__init__()
        self.linear_path = linear_path
        self.decoder = decoder

    def forward(
        self,
        past: Tensor,
        observed: Tensor,
        calendar: Tensor,
        wet_chance: Tensor,
        features: Tensor,
    ) -> Outputs:
        """As `Decoder.forward`, from the features of the linear path (B, F)."""
        outputs: Outputs = self.decoder(
            past, observed, calendar, wet_chance, self.linear_path(features)
        )
        return outputs


def _to_steps(quantiles: Tensor) -> Tensor:
    """The median, and the logarithms of the steps between neighbouring quantiles, in the order of
    the levels."""
    steps = torch.log(torch.diff(quantiles).clamp_min(1e-3))
    return torch.cat([steps[:MEDIAN], quantiles[MEDIAN : MEDIAN + 1], steps[MEDIAN:]])


def _spaced(raw: Tensor, start: Tensor) -> Tensor:
    """Quantiles from a median and positive steps outwards from it, so that they can't cross."""
    moved = raw + start
    median = moved[..., MEDIAN : MEDIAN + 1]
    below = torch.exp(moved[..., :MEDIAN].clamp(-12, 4)).flip(-1).cumsum(-1).flip(-1)
    above = torch.exp(moved[..., MEDIAN + 1 :].clamp(-12, 4)).cumsum(-1)
    return torch.cat([median - below, median, median + above], dim=-1)
