"""The service of the KMA's short-term forecast (getVilageFcst), made up over real HTTP from what is
known of it: at data.go.kr, and at apihub with its own key."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.kma import ApiHub, Fake, envelope, xml
from fakes.serving import served
from wearcast.config import Kma
from wearcast.weather.sources.http_client import HttpClient, RetryPolicy
from wearcast.weather.sources.kma import KmaGuidance

Item = dict[str, str]

SAMPLE_ITEM = {
    "baseDate": "20210628",
    "baseTime": "0500",
    "category": "TMP",
    "fcstDate": "20210628",
    "fcstTime": "0600",
    "fcstValue": "21",
    "nx": "55",
    "ny": "127",
}
"""An item of the service's guide."""


def hours(issue: datetime) -> list[tuple[datetime, bool]]:
    """The hours (of Korean time) that an issue is about, and whether each has classes."""
    evening = issue.hour >= 17
    last_day = issue.replace(hour=0) + timedelta(days=4 if evening else 3)
    hourly = int((last_day - issue).total_seconds()) // 3600
    return [(issue + timedelta(hours=lead), False) for lead in range(1, hourly + 1)] + [
        (last_day + timedelta(hours=hour), True) for hour in range(3, 25, 3)
    ]


def values(issue: datetime) -> dict[tuple[datetime, str], str]:
    """Everything that an issue tells, by hour and category."""
    told: dict[tuple[datetime, str], str] = {}
    for number, (at, classed) in enumerate(hours(issue)):
        wet = number % 5 == 0
        told |= {
            (at, "TMP"): str(issue.day + number % 24 - 5),
            (at, "UUU"): "-0.5",
            (at, "VVV"): "1.2",
            (at, "VEC"): str(number * 7 % 360),
            (at, "WSD"): str(number % 3 + 1) if classed else f"{number % 60 / 10:.1f}",
            (at, "SKY"): "134"[number % 3],
            (at, "PTY"): "1" if wet else "0",
            (at, "POP"): str(number * 10 % 110),
            (at, "WAV"): "-999",
            (at, "PCP"): (("1" if classed else "6.2mm") if wet else "0" if classed else "강수없음"),
            (at, "REH"): str(number * 5 % 100),
            (at, "SNO"): "0" if classed else "적설없음",
        }
        if at.hour == 6 and (at.date() > issue.date() or issue.hour == 2):
            told[at, "TMN"] = "3.0"
        if at.hour == 15 and (at.date() > issue.date() or issue.hour <= 11):
            told[at, "TMX"] = "21.0"
    return told


class ShortTerm(Fake):
    """The service at either place: it has the issues that were there ten minutes ago, of three
    days."""

    parameter = "serviceKey"
    now: datetime
    missing: set[datetime]
    changes: dict[tuple[datetime, str], str | None]

    def start(self, now: datetime) -> None:
        """As new, at this time in Korea; no issue is missing, no value is changed."""
        self.begin({})
        self.now, self.missing, self.changes = now, set(), {}

    def answer(self, query: dict[str, str]) -> tuple[int, bytes]:
        if query.get(self.parameter) != self.key:
            return self.refusal()
        if query.get("dataType") != "JSON":
            return 200, xml("00", "NORMAL_SERVICE").encode()
        return 200, json.dumps(self.twist(self._told(query)), ensure_ascii=False).encode()

    def refusal(self) -> tuple[int, bytes]:
        return 200, xml("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR").encode()

    def items(self, issue: datetime, nx: str, ny: str) -> list[Item]:
        """An issue's values, with the changes; a value changed to None is cut."""
        told = {**values(issue), **self.changes}
        return [
            {
                "baseDate": f"{issue:%Y%m%d}",
                "baseTime": f"{issue:%H%M}",
                "category": category,
                "fcstDate": f"{at:%Y%m%d}",
                "fcstTime": f"{at:%H%M}",
                "fcstValue": text,
                "nx": nx,
                "ny": ny,
            }
            for (at, category), text in told.items()
            if text is not None
        ]

    def _told(self, query: dict[str, str]) -> dict[str, Any]:
        needed = ("pageNo", "numOfRows", "base_date", "base_time", "nx", "ny")
        if any(not query.get(name) for name in needed):
            return envelope("11", "NO_MANDATORY_REQUEST_PARAMETERS_ERROR")
        issue = datetime.strptime(query["base_date"] + query["base_time"], "%Y%m%d%H%M")
        page, size = int(query["pageNo"]), int(query["numOfRows"])
        if size > 1000:
            return envelope("10", "INVALID_REQUEST_PARAMETER_ERROR")
        age = self.now - issue
        is_there = timedelta(minutes=10) <= age <= timedelta(days=3)
        if not is_there or issue.hour % 3 != 2 or issue in self.missing:
            return envelope("03", "NO_DATA")
        items = self.items(issue, query["nx"], query["ny"])
        body = {
            "dataType": "JSON",
            "items": {"item": items[(page - 1) * size : page * size]},
            "pageNo": page,
            "numOfRows": size,
            "totalCount": len(items),
        }
        return envelope("00", "NORMAL_SERVICE", body)


class ShortTermOfHub(ShortTerm):
    """The service at apihub."""

    parameter = "authKey"

    def refusal(self) -> tuple[int, bytes]:
        return 401, ApiHub.reason(401, "유효한 인증키가 아닙니다.")


class Forecasts:
    """Both places, and the time in Korea."""

    def __init__(self, data: ShortTerm, hub: ShortTermOfHub, settings: Kma) -> None:
        self.data, self.hub, self.settings = data, hub, settings
        self.web = HttpClient(
            RetryPolicy(
                attempts=3, first_pause_s=0.001, longest_pause_s=0.002, jitter_s=0.0, silence_s=5.0
            )
        )

    def begin(self, now: datetime) -> "Forecasts":
        """Both as new, at this time in Korea."""
        self.now = now
        for service in (self.data, self.hub):
            service.start(now)
        return self

    def source(self, **keys: str) -> KmaGuidance:
        """The source that asks them, with data.go.kr's key where no other is given."""
        return KmaGuidance(
            self.settings,
            keys or {"KMA_SERVICE_KEY": self.data.key},
            self.web,
            lambda: self.now.replace(tzinfo=UTC) - timedelta(hours=9),
        )


@contextmanager
def forecasts() -> Iterator[Forecasts]:
    """The service at both places."""
    data, hub = ShortTerm("S3cret+of/the+portal=="), ShortTermOfHub("S3cret_of-the-hub")
    with served(data) as data_url, served(hub) as hub_url:
        operation = "VilageFcstInfoService_2.0/getVilageFcst"
        settings = Kma(
            forecast_url=f"{data_url}/1360000/{operation}",
            hub_forecast_url=f"{hub_url}/api/typ02/openApi/{operation}",
        )
        yield Forecasts(data, hub, settings)
