"""What a month costs by the number of stations: scripts/scale_costs.py and docs/scale.md."""

import re
from pathlib import Path
from typing import Any

import captions
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scale_costs import BEYOND, DOCUMENTS, Refreshes, aws_usd, filled, plan

HOST_USD = 730 * (0.052 + 0.005) + 30 * 0.0912 + 3.26
"""The site's host with its address, its disk and what is beside it."""


@pytest.fixture(scope="module")
def prices(repository: Path) -> dict[str, Any]:
    """Those that are committed."""
    return yaml.safe_load((repository / "scripts/prices.yaml").read_text())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_of_these_prices_and_of_the_table_of_bench_scale(
    repository: Path, prices: dict[str, Any], name: str
) -> None:
    document = (repository / name).read_text(encoding="utf-8")
    anew = filled(document, prices, DOCUMENTS[name], "2026-01-01")

    def uncaptioned(text: str) -> str:
        return captions.CAPTION.sub("", text)

    assert uncaptioned(anew) == uncaptioned(document), "run `make regenerate ONLY=costs`"


def test_a_few_stations_cost_one_host_and_their_requests(prices: dict[str, Any]) -> None:
    few = Refreshes.of("| 3 | 1.9 | 626 | 2 | 2 | 261 | 0.0 | 0.00 | 0.00 |")
    requests = 730 * 13 * (0.0045 + 0.00035) / 1000
    assert aws_usd(few, prices) == pytest.approx(HOST_USD + requests)


def test_many_are_spread_over_hosts_that_have_a_folder(prices: dict[str, Any]) -> None:
    many = Refreshes.of("| 64,000, reckoned | 1,441 | 78 |  |  |  | 0 | 0 | 100 |")
    assert many.shares(24) == 3
    two_more = 2 * (730 * (0.026 + 0.005) + 20 * 0.0912) + 100 * 0.33
    requests = 730 * (3 * 2000 + 10) * (0.0045 + 0.00035) / 1000
    assert aws_usd(many, prices) == pytest.approx(HOST_USD + two_more + requests)


def test_what_was_deleted_is_paid_for_seven_days() -> None:
    refreshes = Refreshes(500, 40.0, 16.0, 1.4, 0.3)
    assert refreshes.bucket_gb == pytest.approx(1.4 + 16 * 24 * 7 / 1000)


@given(st.integers(1, 6_000_000))
def test_the_smallest_plan_that_has_the_calls_is_named(calls: int) -> None:
    plans = [{"name": "small", "calls": 1000, "usd": 1}, {"name": "large", "calls": 9000, "usd": 5}]
    expected = "1 (small)" if calls <= 1000 else "5 (large)" if calls <= 9000 else BEYOND["en"]
    assert plan(calls, plans, BEYOND["en"]) == expected


def test_a_document_without_marks_is_refused(prices: dict[str, Any], repository: Path) -> None:
    document = (repository / "docs/scale.md").read_text(encoding="utf-8")
    with pytest.raises(LookupError, match="0 parts"):
        filled(re.sub("<!-- /?costs.*-->", "", document), prices, "en", "2026-01-01")
    with pytest.raises(LookupError, match="no table"):
        filled("", prices, "en", "2026-01-01")
