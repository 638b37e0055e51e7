"""A drift of the observations that somebody has looked into and that is to stay: a station that has
moved, a sensor that was replaced."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wearcast.errors import ConfigError
from wearcast.forecasting.input_series import WATCHED


@dataclass(frozen=True)
class AcceptedDrift:
    """What the gate lets pass, for one decision.

    Attributes:
        station: its id.
        variable: one of those that are watched; empty for all of them.
    """

    station: str
    variable: str

    @classmethod
    def parse(cls, text: str) -> "AcceptedDrift":
        """From STATION or STATION:VARIABLE.

        Raises:
            ConfigError: it names no station, or no variable that is watched.
        """
        station, colon, variable = text.partition(":")
        if not station or (colon and variable not in WATCHED):
            raise ConfigError(
                f"--accept-drift {text}: give STATION or STATION:VARIABLE; the variables are"
                f" {', '.join(WATCHED)}"
            )
        return cls(station, variable)

    def covers(self, station: str, variable: str) -> bool:
        """Whether it is of this station and variable."""
        return self.station == station and self.variable in ("", variable)


def require_known(accepted: Sequence[AcceptedDrift], stations: Collection[str]) -> None:
    """Refuse an exception that can't have any effect.

    Raises:
        ConfigError: it is of none of the stations.
    """
    for one in accepted:
        if one.station not in stations:
            known = ", ".join(sorted(stations))
            raise ConfigError(
                f"--accept-drift {one.station}: the champion has no such station, but {known}"
            )
