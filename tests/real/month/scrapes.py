"""What Prometheus would have scraped in the month, and which alerts it would have fired: its own
clock can't be set, so promtool evaluates the rules of deploy on what was scraped.

Samples stand on whole minutes of the month, and hold until the next scrape. Of a target that
doesn't answer, or doesn't have it any more, a series ends there.
"""

import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

import alert_rules
from real.month.alerts import Alert

_WATCHDOG = Alert("Watchdog", {})
LOOK = "wearcast_rollout_watch_last_look_timestamp_seconds"
_ALSO = ("wearcast_score_failures_total", "wearcast_store_failures_total")
_THEMSELVES = ('up{job="prometheus"}', 'up{job="alertmanager"}')
"""What isn't there in the month, and is well."""

_GOT = re.compile(r"time: (\S+),.*?got:(.*?)(?=\n\s*expr:|\Z)", re.DOTALL)
_ALERT = re.compile(r"\{([^}]*)\} 1E\+00")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_OF_ALL = {"__name__", "alertname", "alertstate", "severity", "retrain"}
"""Labels that tell no two alerts of one name apart."""

_DURATION = re.compile(r"(\d+)(w|d|h|m|s)")
_UNIT_S = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_ASKED_EVERY_M = 5
_FIRST_ASKED_M = 10
"""Before the first scrape nothing is there."""


@dataclass(frozen=True)
class Target:
    """What is scraped.

    Attributes:
        job, instance: as in deploy/prometheus/prometheus.yaml.
        url: where it is.
        colour: the label; empty for what has none.
    """

    job: str
    instance: str
    url: str
    colour: str = ""

    @property
    def labels(self) -> dict[str, str]:
        """Those of all its samples."""
        colour = {"colour": self.colour} if self.colour else {}
        return {"job": self.job, "instance": self.instance, **colour}


@dataclass
class Scrapes:
    """All of them.

    Attributes:
        first: the month's first hour.
        targets: what is scraped.
        minutes: of the month, when it was.
        samples: by series, the values by minutes.
    """

    first: datetime
    targets: list[Target]
    minutes: list[int] = field(default_factory=list)
    samples: dict[str, dict[int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text = " ".join(str(rule["expr"]) for rule in alert_rules.rules())
        self._names = {*re.findall(r"[a-z_]\w+", text), *_ALSO}
        self._client = httpx.Client(trust_env=False, timeout=10)

    def close(self) -> None:
        """Scrape no more."""
        self._client.close()

    def scrape(self, at: datetime) -> None:
        """Scrape every target."""
        minute = round((at - self.first).total_seconds() / 60)
        if minute not in self.minutes[-1:]:
            self.minutes.append(minute)
        for target in self.targets:
            text = self._text(target)
            self.add(minute, "up", target.labels, float(text is not None))
            for name, labels, value in _parsed(text or ""):
                if name in self._names:
                    self.add(minute, name, {**labels, **target.labels}, value)

    def add(self, minute: int, name: str, labels: Mapping[str, str], value: float) -> None:
        """Keep a sample."""
        if name.endswith("_timestamp_seconds"):
            # promtool's clock begins at 0.
            value -= self.first.timestamp()
        escaped = {
            key: value.replace("\\", r"\\").replace('"', r"\"") for key, value in labels.items()
        }
        pairs = ",".join(f'{key}="{value}"' for key, value in sorted(escaped.items()))
        self.samples.setdefault(f"{name}{{{pairs}}}", {})[minute] = value

    def values(self, name: str) -> dict[str, list[float]]:
        """By series with that name, the values that were scraped."""
        found = {}
        for series, values in self.samples.items():
            if series.startswith(name + "{"):
                found[series] = list(values.values())
        return found

    def alerts(self, folder: Path, until: datetime) -> dict[datetime, list[Alert]]:
        """Every five minutes the alerts that fire, but for the watchdog.

        Raises:
            AssertionError: the watchdog doesn't, or promtool can't evaluate the rules.
        """
        end = round((until - self.first).total_seconds() / 60)
        asked = asked_minutes(end)
        path = folder / "month_test.yaml"
        path.write_text(yaml.safe_dump(self._unit_test(asked, end), width=10_000_000))
        command = ["promtool", "test", "rules", str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        said = done.stdout + done.stderr
        (folder / "promtool.log").write_text(said)
        found = {}
        for passed, got in _GOT.findall(said):
            found[self.first + _duration(passed)] = _alerts(got)
        assert len(found) == len(asked), said[:3_000]
        assert all(_WATCHDOG in alerts for alerts in found.values())
        for alerts in found.values():
            alerts.remove(_WATCHDOG)
        return found

    def _text(self, target: Target) -> str | None:
        try:
            answer = self._client.get(target.url)
            while answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                # The month's minutes are shorter than the real seconds that a server counts.
                time.sleep(float(answer.headers["Retry-After"]))
                answer = self._client.get(target.url)
        except httpx.TransportError:
            return None
        return answer.text if answer.status_code == 200 else None

    def _unit_test(self, asked: range, end: int) -> dict[str, object]:
        series = [{"series": one, "values": self._values(one, end)} for one in self.samples]
        series += [{"series": one, "values": f"1+0x{end}"} for one in _THEMSELVES]
        expectations = []
        for minute in asked:
            query = 'ALERTS{alertstate="firing"}'
            expectations.append({"expr": query, "eval_time": f"{minute}m", "exp_samples": []})
        test = {"interval": "1m", "input_series": series, "promql_expr_test": expectations}
        files = [str(path) for path in alert_rules.files()]
        return {"rule_files": files, "evaluation_interval": "2m", "tests": [test]}

    def _values(self, series: str, end: int) -> str:
        """In promtool's notation."""
        parts = []
        if self.minutes[0]:
            parts.append(f"_x{self.minutes[0]}")
        was_there = False
        for begin, value, until in self._runs(series, end):
            if value is not None:
                rise = self._rise(series, begin, until)
                parts.append(f"{value:.6f}+{rise}x{until - begin - 1}")
            else:
                parts += (
                    ["stale", f"_x{until - begin - 1}"] if was_there else [f"_x{until - begin}"]
                )
            was_there = value is not None
        return " ".join(parts)

    def _runs(self, series: str, end: int) -> Iterator[tuple[int, float | None, int]]:
        """From when to when a series has a value, or none."""
        samples = self.samples[series]
        is_look = series.startswith(LOOK)
        begin, value = self.minutes[0], samples.get(self.minutes[0])
        for minute in self.minutes[1:]:
            follows = samples.get(minute)
            if is_look or follows != value:
                yield begin, value, minute
                begin, value = minute, follows
        yield begin, value, end + 1

    def _rise(self, series: str, begin: int, until: int) -> int:
        """By how much a value rises each minute: the timer looks each minute, and isn't scraped as
        often."""
        samples = self.samples[series]
        if not series.startswith(LOOK) or until not in samples:
            return 0
        passed_s = 60 * (until - begin)
        return 60 if samples[until] - samples[begin] >= passed_s - 60 else 0


def asked_minutes(end: int) -> range:
    """The minutes of a month that ends at one at which it is asked which alerts fire."""
    return range(_FIRST_ASKED_M, end, _ASKED_EVERY_M)


def _parsed(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value


def _alerts(got: str) -> list[Alert]:
    """The alerts among promtool's samples."""
    found = []
    for sample in _ALERT.findall(got):
        labels = dict(_LABEL.findall(sample))
        own = {key: value for key, value in labels.items() if key not in _OF_ALL}
        found.append(Alert(labels["alertname"], own))
    return found


def _duration(text: str) -> timedelta:
    seconds = sum(int(number) * _UNIT_S[unit] for number, unit in _DURATION.findall(text))
    return timedelta(seconds=seconds)
