"""Write what a month costs on AWS by the number of stations into docs/scale.md and its Korean, from
what `make bench-scale` has written there, the prices in scripts/prices.yaml and the sizes that
deploy/terraform gives its hosts: `make regenerate ONLY=costs`.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import captions
import yaml

from wearcast import artifacts
from wearcast.serving.refresh import partition

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = {"docs/scale.md": "en", "docs/scale.ko.md": "ko"}
COMMAND: Final = "make regenerate ONLY=costs"
HOURS: Final = 730
"""Of a month; each has a refresh."""
OLD_VERSIONS_H: Final = 7 * 24
"""How long the bucket keeps what was deleted (deploy/terraform/bucket.tf)."""
SITE_DISK_GB: Final = 30
REFRESH_DISK_GB: Final = 20
USED: Final = 0.5
"""Of the processor time that a host's credits allow, for refresh: the site's host also serves."""
WRITTEN: Final = 3
"""Objects a partition: its shard, what its past forecasts were worth, and the answer of its
share."""
READ: Final = 3
"""Objects a partition: a past shard for its verification, and both new ones by the API."""
ONCE: Final = 10
"""Objects a refresh, besides."""
HEADINGS: Final = {
    "en": (
        "stations",
        "hours of a processor",
        "hosts beside the site's",
        "GB in the bucket",
        "million writes",
        "GB through the folder",
        "AWS, USD",
        "million calls for weather",
        "Open-Meteo, USD",
    ),
    "ko": (
        "지점",
        "프로세서 시간",
        "사이트 밖의 호스트",
        "버킷 GB",
        "쓰기(백만)",
        "폴더를 오간 GB",
        "AWS, USD",
        "날씨 호출(백만)",
        "Open-Meteo, USD",
    ),
}
BEYOND: Final = {"en": "ask them", "ko": "문의"}


@dataclass(frozen=True)
class Refreshes:
    """What a refresh of so many stations takes, once an hour.

    Attributes:
        stations: how many.
        cpu_s: of the processor.
        added_mb: put into the bucket.
        store_gb: what the bucket holds of snapshots.
        history_gb: what the folder of observations holds.
    """

    stations: int
    cpu_s: float
    added_mb: float
    store_gb: float
    history_gb: float

    @classmethod
    def of(cls, row: str) -> "Refreshes":
        """From a row of the table of `make bench-scale`."""
        cells = [cell.strip().replace(",", "") for cell in row.strip().strip("|").split("|")]
        stations = int(re.findall(r"\d+", cells[0])[0])
        return cls(stations, *(float(cells[at]) for at in (1, 6, 7, 8)))

    @property
    def partitions(self) -> int:
        """How many there are."""
        return math.ceil(self.stations / partition.STATIONS)

    @property
    def writes(self) -> int:
        """Objects that a month writes."""
        return HOURS * (WRITTEN * self.partitions + ONCE)

    @property
    def reads(self) -> int:
        """Objects that a month reads."""
        return HOURS * (READ * self.partitions + ONCE)

    @property
    def bucket_gb(self) -> float:
        """With what was deleted and is kept yet: no more than what is added in that time."""
        return self.store_gb + self.added_mb / 1000 * OLD_VERSIONS_H

    def shares(self, credits_hour: float) -> int:
        """Hosts over which the work is spread, the site's among them, so that none uses more than
        half of what its credits allow."""
        return max(1, math.ceil(self.cpu_s / (60 * credits_hour * USED)))


def aws_usd(refreshes: Refreshes, prices: dict[str, Any]) -> float:
    """What a month costs there, but for what is read from and written to the folder."""
    more = refreshes.shares(prices["credits_hour"]) - 1
    hosts = prices["site_host_hour"] + more * prices["refresh_host_hour"]
    hours = hosts + (1 + more) * prices["address_hour"]
    disk_gb = SITE_DISK_GB + more * REFRESH_DISK_GB
    folder_gb = refreshes.history_gb if more else 0
    requests = (
        refreshes.writes * prices["bucket_1000_writes"]
        + refreshes.reads * prices["bucket_1000_reads"]
    )
    parts = (
        HOURS * hours,
        disk_gb * prices["disk_gb_month"],
        refreshes.bucket_gb * prices["bucket_gb_month"],
        requests / 1000,
        folder_gb * prices["folder_gb_month"],
        prices["rest_month"],
    )
    return sum(parts)


def plan(calls: int, plans: list[dict[str, Any]], beyond: str) -> str:
    """What the smallest plan costs that has so many calls in a month."""
    fitting = [one for one in plans if calls <= one["calls"]]
    return f"{fitting[0]['usd']} ({fitting[0]['name']})" if fitting else beyond


def row(refreshes: Refreshes, prices: dict[str, Any], language: str) -> tuple[str, ...]:
    """The cells of so many stations."""
    more = refreshes.shares(prices["credits_hour"]) - 1
    calls = HOURS * refreshes.stations
    # All of it is read and written again each hour, at most.
    through_gb = 2 * HOURS * refreshes.history_gb if more else 0
    return (
        f"{refreshes.stations:,}",
        f"{HOURS * refreshes.cpu_s / 3600:,.1f}",
        f"{more}",
        f"{refreshes.bucket_gb:,.1f}",
        f"{refreshes.writes / 1e6:.2f}",
        f"{through_gb:,.0f}",
        f"{aws_usd(refreshes, prices):,.0f}",
        f"{calls / 1e6:.3g}",
        plan(calls, prices["weather_plans"], BEYOND[language]),
    )


def filled(document: str, prices: dict[str, Any], language: str, date: str) -> str:
    """The document with its table of costs."""
    measured = re.search(r"<!-- scale: [^>]*-->\n(.*?)\n\n", document, re.DOTALL)
    if not measured:
        raise LookupError("there is no table of `make bench-scale`")
    counts = [Refreshes.of(line) for line in measured[1].splitlines()[2:]]
    rows = [HEADINGS[language], *(row(one, prices, language) for one in counts)]
    rule = ("---", *["--:"] * (len(rows[0]) - 1))
    lines = [f"| {' | '.join(cells)} |" for cells in (rows[0], rule, *rows[1:])]
    caption = captions.caption(COMMAND, date, code=captions.code_hash(ROOT))
    said = captions.in_korean(caption) if language == "ko" else caption
    table = captions.captioned("\n".join(lines) + "\n", said)
    marks = r"(<!-- costs: [^>]*-->\n).*?(<!-- /costs -->)"
    text, count = re.subn(
        marks, lambda mark: f"{mark[1]}{table}{mark[2]}", document, flags=re.DOTALL
    )
    if count != 1:
        raise LookupError(f"there are {count} parts 'costs', and not one")
    return text


def main() -> None:
    """Write both documents."""
    prices = yaml.safe_load((ROOT / "scripts/prices.yaml").read_text())
    for name, language in DOCUMENTS.items():
        path = ROOT / name
        text = filled(path.read_text(encoding="utf-8"), prices, language, captions.today())
        artifacts.write_bytes(path, text.encode())


if __name__ == "__main__":
    main()
