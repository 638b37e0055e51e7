"""The group `forecast`: which forecast the pipeline makes at its end."""

from datetime import UTC, datetime

from pydantic import model_validator

from wearcast.config.group import Group


class Forecast(Group):
    """Which forecast the pipeline makes at its end."""

    issued_at: datetime | None

    @model_validator(mode="after")
    def _whole_hour(self) -> "Forecast":
        at = self.issued_at
        if at is not None and (
            at.tzinfo is None or at != at.replace(minute=0, second=0, microsecond=0)
        ):
            raise ValueError(
                f"issued_at {at} must be a whole hour with a zone, such as 2013-12-30T23:00Z"
            )
        return self

    @property
    def issued_at_utc(self) -> datetime | None:
        """The issue time in UTC, None for the last hour observed."""
        return self.issued_at.astimezone(UTC) if self.issued_at else None
