"""A snapshot of many stations."""

from dataclasses import replace

import numpy as np

from wearcast.forecasting.snapshot import Snapshot


def copied(content: bytes, count: int) -> bytes:
    """A snapshot with its first station again and again, under other names."""
    one = Snapshot.from_bytes(content)
    [first] = one.stations[:1]
    copies = [first.model_copy(update={"id": f"S{number}"}) for number in range(1, count)]
    repeated = {
        kind: {
            name: np.repeat(values[:1], count, axis=0)
            for name, values in getattr(one, kind).items()
        }
        for kind in ("quantiles", "trajectories", "observed")
    }
    many = replace(
        one,
        stations=(first, *copies),
        issued_at=np.repeat(one.issued_at[:1], count),
        hourly_rain_chance=np.repeat(one.hourly_rain_chance[:1], count, axis=0),
        filled=one.filled[:1] * count,
        trailing_year_h=one.trailing_year_h[:1] * count,
        guidance=one.guidance[:1] * count,
        **repeated,
    )
    return many.to_bytes()
