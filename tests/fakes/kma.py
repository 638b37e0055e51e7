"""The Korea Meteorological Administration's two services, made up over real HTTP from what is known
of them.

`DataGo` is data.go.kr's AsosHourlyInfoService, `ApiHub` is apihub's kma_sfctm3. Both tell the same
hours, each in its own manner.
"""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np

from fakes.serving import served
from wearcast.config import Kma
from wearcast.weather import humidity
from wearcast.weather.sources.http_client import HttpClient, RetryPolicy
from wearcast.weather.sources.kma import KmaSource

Fields = dict[str, str]
Hours = dict[tuple[str, datetime], Fields]
"""What a station reported in an hour (of Korean time): text by data.go.kr's names, blank or absent
where it reported nothing."""

FIELDS = {
    # name: heading in the portal's exports, decimals, heading of apihub's table
    "ta": ("기온(°C)", 1, "TA"),
    "rn": ("강수량(mm)", 1, "RN"),
    "ws": ("풍속(m/s)", 1, "WS"),
    "wd": ("풍향(16방위)", 0, "WD"),
    "hm": ("습도(%)", 0, "HM"),
    "pv": ("증기압(hPa)", 1, "PV"),
    "td": ("이슬점온도(°C)", 1, "TD"),
    "pa": ("현지기압(hPa)", 1, "PA"),
    "ps": ("해면기압(hPa)", 1, "PS"),
    "ss": ("일조(hr)", 1, "SS"),
    "icsr": ("일사(MJ/m2)", 2, "SI"),
    "dsnw": ("적설(cm)", 1, "SD_TOT"),
    "hr3Fhsc": ("3시간신적설(cm)", 1, "SD_HR3"),
    "dc10Tca": ("전운량(10분위)", 0, "CA_TOT"),
    "dc10LmcsCa": ("중하층운량(10분위)", 0, "CA_MID"),
    "clfmAbbrCd": ("운형(운형약어)", None, "CT"),
    "lcsCh": ("최저운고(100m )", 0, "CH_MIN"),
    "vs": ("시정(10m)", 0, "VS"),
    "gndSttCd": ("지면상태(지면상태코드)", None, "ST_GD"),
    "dmstMtphNo": ("현상번호(국내식)", None, "WW"),
    "ts": ("지면온도(°C)", 1, "TS"),
    "m005Te": ("5cm 지중온도(°C)", 1, "TE_005"),
    "m01Te": ("10cm 지중온도(°C)", 1, "TE_01"),
    "m02Te": ("20cm 지중온도(°C)", 1, "TE_02"),
    "m03Te": ("30cm 지중온도(°C)", 1, "TE_03"),
}
FLAGGED = ("ta", "rn", "ws", "wd", "hm", "pa", "ps", "ss", "ts")
NAMES = {"108": "서울", "159": "부산"}
CODES = (0, 20, 50, 70, 90, 110, 140, 160, 180, 200, 230, 250, 270, 290, 320, 340, 360)

# A row that data.go.kr gave, and a table that apihub gave.
SAMPLE_ITEM = {
    "tm": "2019-01-20 01:00",
    "rnum": "1",
    "stnId": "108",
    "stnNm": "서울",
    "ta": "3.6",
    "taQcflg": "",
    "rn": "",
    "rnQcflg": "",
    "ws": "2.5",
    "wsQcflg": "",
    "wd": "290",
    "wdQcflg": "",
    "hm": "76",
    "hmQcflg": "",
    "pv": "6.0",
    "td": "-0.2",
    "pa": "1007.8",
    "paQcflg": "",
    "ps": "1018.4",
    "psQcflg": "",
    "ss": "",
    "ssQcflg": "9",
    "icsr": "",
    "dsnw": "",
    "hr3Fhsc": "",
    "dc10Tca": "9",
    "dc10LmcsCa": "8",
    "clfmAbbrCd": "",
    "lcsCh": "3",
    "vs": "310",
    "gndSttCd": "",
    "dmstMtphNo": "40",
    "ts": "0.0",
    "tsQcflg": "",
    "m005Te": "0.5",
    "m01Te": "0.0",
    "m02Te": "0.2",
    "m03Te": "0.7",
}
SAMPLE_LINE = (
    "202511130800 108   5  2.6  -9 -9.0   -9 1010.5 1021.0 -9  -9.0   8.1   5.0  81.0   8.7   -9.0 "
    "  -9.0   -9.0   -9.0   -9.0   -9.0   -9.0 -9 -9 -                        9   9   10 Sc        "
    " 0   0   5  1074  0.0  0.04 -9   8.2   8.7   9.1  10.8  11.7  -9 -9.0 -9  3  2"
)
HEADING = (
    "#START7777",
    "#2345678901234567890",
    "# YYMMDDHHMI STN  WD   WS GST  GST  GST     PA     PS PT    PR    TA    TD    HM    PV     RN",
    "#        KST  ID  16  m/s  WD   WS   TM    hPa    hPa  -   hPa     C     C     %   hPa     mm",
)
END = "#7777END"

_LINE = (
    ("TM", "{}"),
    ("STN", "{:>3}"),
    ("WD", "{:3.0f}"),
    ("WS", "{:4.1f}"),
    ("GST_WD", "{:3.0f}"),
    ("GST_WS", "{:4.1f}"),
    ("GST_TM", "{:4.0f}"),
    ("PA", "{:6.1f}"),
    ("PS", "{:6.1f}"),
    ("PT", "{:2.0f}"),
    ("PR", "{:5.1f}"),
    ("TA", "{:5.1f}"),
    ("TD", "{:5.1f}"),
    ("HM", "{:5.1f}"),
    ("PV", "{:5.1f}"),
    ("RN", "{:6.1f}"),
    ("RN_DAY", "{:6.1f}"),
    ("RN_JUN", "{:6.1f}"),
    ("RN_INT", "{:6.1f}"),
    ("SD_HR3", "{:6.1f}"),
    ("SD_DAY", "{:6.1f}"),
    ("SD_TOT", "{:6.1f}"),
    ("WC", "{:2.0f}"),
    ("WP", "{:2.0f}"),
    ("WW", "{:<22}"),
    ("CA_TOT", "{:3.0f}"),
    ("CA_MID", "{:3.0f}"),
    ("CH_MIN", "{:4.0f}"),
    ("CT", "{:<8}"),
    ("CT_TOP", "{:3.0f}"),
    ("CT_MID", "{:3.0f}"),
    ("CT_LOW", "{:3.0f}"),
    ("VS", "{:5.0f}"),
    ("SS", "{:4.1f}"),
    ("SI", "{:5.2f}"),
    ("ST_GD", "{:2.0f}"),
    ("TS", "{:5.1f}"),
    ("TE_005", "{:5.1f}"),
    ("TE_01", "{:5.1f}"),
    ("TE_02", "{:5.1f}"),
    ("TE_03", "{:5.1f}"),
    ("ST_SEA", "{:3.0f}"),
    ("WH", "{:4.1f}"),
    ("BF", "{:2.0f}"),
    ("IR", "{:2.0f}"),
    ("IX", "{:2.0f}"),
)


def read_exports(folder: Path, pattern: str = "*.csv") -> Hours:
    """The hours of the portal's own exports in `folder`."""
    hours: Hours = {}
    for path in sorted(folder.glob(pattern)):
        with path.open(encoding="cp949", newline="") as file:
            for row in csv.DictReader(file):
                at = datetime.strptime(row["일시"], "%Y-%m-%d %H:%M")
                hours[row["지점"], at] = {
                    name: _as_told(row[heading], decimals)
                    for name, (heading, decimals, _) in FIELDS.items()
                }
    return hours


def as_export(hours: Hours) -> str:
    """The hours as a portal export with quality flags."""
    headings = {name: heading for name, (heading, _, _) in FIELDS.items()}
    flags = [f"{headings[name].partition('(')[0]} QC플래그" for name in FLAGGED]
    lines = [",".join(["지점", "일시", *headings.values(), *flags])]
    for (station, at), fields in hours.items():
        told = [fields.get(name, "") for name in FIELDS] + [_flag(fields, name) for name in FLAGGED]
        lines.append(",".join([station, f"{at:%Y-%m-%d %H:%M}", *told]))
    return "\n".join(lines) + "\n"


def made_up(begin: datetime, count: int, station: str = "108") -> Hours:
    """Some weather, with rain as it is told in its season: by the hour, or from November to March
    for three at once."""
    hours: Hours = {}
    for number in range(count):
        at = begin + timedelta(hours=number)
        winter = (at - timedelta(minutes=1)).month in (11, 12, 1, 2, 3)
        temp_c, rh_pct = 5 + 14 * math.sin(number / 40) - 9 * winter, 60 + 35 * math.cos(number / 9)
        wet = number % 17 in (3, 4, 6, 9) and (at.hour % 3 == 0 or not winter)
        hours[station, at] = {
            "ta": f"{temp_c:.1f}",
            "td": f"{dewpoint_c(temp_c, rh_pct):.1f}",
            "hm": f"{rh_pct:.0f}",
            "pv": f"{vapour_hpa(temp_c, rh_pct):.1f}",
            "ws": f"{number % 50 / 10:.1f}",
            "wd": str(CODES[number % len(CODES)]),
            "pa": f"{1000 + 10 * math.cos(number / 50):.1f}",
            "ps": f"{1010 + 10 * math.cos(number / 50):.1f}",
            "dc10Tca": str(number % 11),
            "icsr": f"{math.sin((at.hour - 6) / 12 * math.pi) * 3:.2f}" if 6 < at.hour < 18 else "",
            "rn": f"{number % 5 * 0.7:.1f}" if wet else "",
        }
    return hours


def item(station: str, at: datetime, fields: Fields, number: int = 1) -> dict[str, str]:
    """An hour as data.go.kr tells it."""
    told = {
        "tm": f"{at:%Y-%m-%d %H:%M}",
        "rnum": str(number),
        "stnId": station,
        "stnNm": NAMES.get(station, "어디"),
    }
    for name in FIELDS:
        told[name] = fields.get(name, "")
        if name in FLAGGED:
            told[f"{name}Qcflg"] = _flag(fields, name)
    return told


def line(
    station: str,
    at: datetime,
    fields: Fields,
    rain_of_day: float | None = None,
    **columns: float | str,
) -> str:
    """An hour as apihub tells it."""
    told: dict[str, float | str] = {
        "TM": f"{at:%Y%m%d%H%M}",
        "STN": station,
        "WW": "-",
        "CT": "-",
        "IR": 3,
        "IX": 2,
    }
    for name, (_, decimals, column) in FIELDS.items():
        if fields.get(name):
            told[column] = (
                fields[name] if decimals is None and column != "ST_GD" else float(fields[name])
            )
    if fields.get("gust"):  # Which data.go.kr doesn't tell.
        told["GST_WS"] = float(fields["gust"])
    if fields.get("wd"):
        told["WD"] = float(fields["wd"]) / 10
    if rain_of_day is not None:
        told |= {"RN_DAY": rain_of_day, "RN_JUN": rain_of_day}
    told |= columns
    return " ".join(form.format(told.get(column, -9.0)) for column, form in _LINE)


def table(lines: Iterable[str]) -> str:
    """apihub's table of these lines."""
    return "\n".join([*HEADING, *lines, END]) + "\n"


def rain_of_day(hours: Hours, station: str, at: datetime) -> float | None:
    """The rain since 00:00, None where there was none; at 00:00 that of the day which ends."""
    begin = (at - timedelta(hours=1)).replace(hour=0)
    told = [
        hours.get((station, begin + timedelta(hours=hour)), {}).get("rn", "")
        for hour in range(1, 25)
    ]
    amounts = [
        float(text)
        for hour, text in enumerate(told, start=1)
        if text and begin + timedelta(hours=hour) <= at
    ]
    return sum(amounts) if amounts else None


def envelope(code: str, message: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """data.go.kr's JSON."""
    return {
        "response": (
            {"header": {"resultCode": code, "resultMsg": message}}
            | ({"body": body} if body is not None else {})
        )
    }


def xml(code: str, message: str) -> str:
    """What data.go.kr answers with status 200 though JSON was asked for."""
    return (
        "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>"
        f"<returnAuthMsg>{message}</returnAuthMsg><returnReasonCode>{code}</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
    )


class Fake:
    """A service: what it has, which key it takes, what it was asked, and what goes wrong next."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.begin({})

    def begin(self, hours: Hours) -> None:
        """As new, with these hours."""
        self.hours = hours
        self.key = self._key
        self.asked: list[dict[str, str]] = []
        self.troubles: list[tuple[int, bytes]] = []
        self.twist: Callable[[Any], Any] = lambda told: told

    def trouble(self, status: int, body: str | bytes, times: int = 1) -> None:
        """Answer so, the next `times` times."""
        self.troubles += [(status, body.encode() if isinstance(body, str) else body)] * times

    def answer(self, query: dict[str, str]) -> tuple[int, bytes]:
        raise NotImplementedError

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        self.asked.append(query)
        status, body = self.troubles.pop(0) if self.troubles else self.answer(query)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-length", str(len(body)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": body})


class DataGo(Fake):
    """data.go.kr, on a day: it has what is older."""

    today = date.max
    gateway = False

    def begin(self, hours: Hours) -> None:
        super().begin(hours)
        self.gateway = False

    def answer(self, query: dict[str, str]) -> tuple[int, bytes]:
        if query.get("serviceKey") != self.key:
            told = envelope("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR")
            return (
                (403, json.dumps(told).encode())
                if self.gateway
                else (200, xml("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR").encode())
            )
        if query.get("dataType") != "JSON":
            return 200, xml("00", "NORMAL_SERVICE").encode()
        return 200, json.dumps(self.twist(self._told(query)), ensure_ascii=False).encode()

    def _told(self, query: dict[str, str]) -> dict[str, Any]:
        needed = (
            "pageNo",
            "numOfRows",
            "dataCd",
            "dateCd",
            "startDt",
            "startHh",
            "endDt",
            "endHh",
            "stnIds",
        )
        if any(not query.get(name) for name in needed):
            return envelope("11", "NO_MANDATORY_REQUEST_PARAMETERS_ERROR")
        begin, end = (
            datetime.strptime(query[f"{edge}Dt"] + query[f"{edge}Hh"], "%Y%m%d%H")
            for edge in ("start", "end")
        )
        page, size = int(query["pageNo"]), int(query["numOfRows"])
        if (query["dataCd"], query["dateCd"]) != ("ASOS", "HR") or size > 999 or end < begin:
            return envelope("10", "INVALID_REQUEST_PARAMETER_ERROR")
        if end.date() >= self.today:
            return envelope("99", "전날 자료까지 제공됩니다.")
        wanted = (
            begin + timedelta(hours=hour)
            for hour in range(int((end - begin).total_seconds()) // 3600 + 1)
        )
        found = [(query["stnIds"], at) for at in wanted if (query["stnIds"], at) in self.hours]
        if not found:
            return envelope("03", "NODATA_ERROR")
        rows = [item(*key, self.hours[key], number) for number, key in enumerate(found, start=1)][
            (page - 1) * size : page * size
        ]
        body = {
            "dataType": "JSON",
            "items": {"item": rows},
            "pageNo": page,
            "numOfRows": size,
            "totalCount": len(found),
        }
        return envelope("00", "NORMAL_SERVICE", body)


class ApiHub(Fake):
    """apihub: it has all hours."""

    def answer(self, query: dict[str, str]) -> tuple[int, bytes]:
        if query.get("authKey") != self.key:
            return 401, self.reason(401, "유효한 인증키가 아닙니다.")
        begin, end = (datetime.strptime(query[name], "%Y%m%d%H%M") for name in ("tm1", "tm2"))
        if end - begin > timedelta(days=31):
            return 400, self.reason(400, "조회 기간은 최대 31일입니다.")
        wanted = (
            begin + timedelta(hours=hour)
            for hour in range(int((end - begin).total_seconds()) // 3600 + 1)
        )
        found = [(query["stn"], at) for at in wanted if (query["stn"], at) in self.hours]
        lines = [line(*key, self.hours[key], rain_of_day(self.hours, *key)) for key in found]
        return 200, str(self.twist(table(lines))).encode("euc-kr")

    @staticmethod
    def reason(status: int, message: str) -> bytes:
        """An error, in JSON."""
        return json.dumps(
            {"result": {"status": status, "message": message}}, ensure_ascii=False
        ).encode()


class Korea:
    """Both services at an address each, and the time in Korea."""

    def __init__(self, data: DataGo, hub: ApiHub, settings: Kma) -> None:
        self.data, self.hub, self._settings = data, hub, settings
        self.web = HttpClient(
            RetryPolicy(
                attempts=3, first_pause_s=0.001, longest_pause_s=0.002, jitter_s=0.0, silence_s=5.0
            )
        )

    def begin(self, hours: Hours, now: datetime) -> "Korea":
        """Both services as new, with these hours, at this time in Korea."""
        self.now, self.data.today, self.settings = now, now.date(), self._settings
        for service in (self.data, self.hub):
            service.begin(hours)
        return self

    @property
    def keys(self) -> dict[str, str]:
        """What has to be in the environment."""
        return {"KMA_SERVICE_KEY": self.data.key, "KMA_APIHUB_KEY": self.hub.key}

    def source(self, **keys: str) -> KmaSource:
        """The source that asks them, with these keys instead of the right ones; it doesn't wait
        long."""
        return KmaSource(
            self.settings,
            {**self.keys, **keys},
            self.web,
            lambda: self.now.replace(tzinfo=UTC) - timedelta(hours=9),
        )


@contextmanager
def korea() -> Iterator[Korea]:
    """Both services, without any hours yet."""
    data, hub = DataGo("S3cret+of/the+portal=="), ApiHub("S3cret_of-the-hub")
    with served(data) as data_url, served(hub) as hub_url:
        path = "/1360000/AsosHourlyInfoService/getWthrDataList"
        yield Korea(data, hub, Kma(data_url=data_url + path, hub_url=f"{hub_url}/api/typ01/url"))


def dewpoint_c(temp_c: float, rh_pct: float) -> float:
    """As the stations compute it."""
    return float(humidity.dewpoint_c(np.array([temp_c]), np.array([rh_pct]))[0])


def vapour_hpa(temp_c: float, rh_pct: float) -> float:
    """As the stations compute it, from the same formula."""
    return 6.1094 * math.exp(17.625 * temp_c / (243.04 + temp_c)) * rh_pct / 100


def _as_told(text: str, decimals: int | None) -> str:
    """A number of an export (-.5, 3) as the services write it (-0.5, 3.0)."""
    given = len(text.partition(".")[2])
    return text if not text or decimals is None else f"{float(text):.{max(decimals, given)}f}"


def _flag(fields: Fields, name: str) -> str:
    """Rain is flagged 9 where there is none, as sunshine is at night."""
    return fields.get(f"{name}Qcflg", "" if fields.get(name) else "9")
