"""Rollouts under load with open dashboards, five with FULL=1: not one request fails."""

import re

import pytest

from dashboard.browser import CHROMIUM
from deploy.engine import Images
from deploy.host import Host, Load
from deploy.viewers import viewers
from full import repeated

pytestmark = pytest.mark.deploy
LONGEST_GAP_S = 5
ROLLOUTS, VIEWERS = repeated(2, 5), 2


def test_rollouts_fail_no_request(
    host: Host,
    images: Images,
    real_part,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each has a canary first."""
    monkeypatch.setitem(host.environment, "ROLLOUT_CANARY_S", "5")
    monkeypatch.setitem(host.environment, "ROLLOUT_CANARY_ROUNDS", "10")
    real_part("Chromium", CHROMIUM)
    rows, total, failed = [], 0, 0
    releases = [images.release(f"release-{number % 2}") for number in range(ROLLOUTS)]
    with viewers(host.url, VIEWERS) as seen:
        for number, release in enumerate(releases, 1):
            load = Load(host.url)
            try:
                done = host.release(release, watch_s=10, drain_s=5)
            finally:
                answered = load.end()
            assert done.returncode == 0, done.stdout + done.stderr
            assert re.search(r"canary of \d+ s: \w+: 0 of [1-9]\d* requests", done.stdout)
            live = host.noted()["live"]
            assert live["code"] == release.code
            seconds = host.history()[-1]["seconds"]
            rows.append(
                f"{number:>7} {live['colour']:>6} {seconds:>8} s {answered.requests:>9}"
                f" {answered.failed:>7}"
            )
            total, failed = total + answered.requests, failed + answered.failed
            seen.see()
        gaps_s, told = sorted(seen.gaps_s()), seen.told()
    with capsys.disabled():
        print(
            "\nrollout     to    until proved  requests  failed",
            *rows,
            f"    all {total:>27} {failed:>7}",
            sep="\n",
        )
        print(
            "dashboards, from the loss of the kernel until its page shows the forecast again and"
            " answers again:"
        )
        print(*(f"{text_s:.1f} s/{live_s:.1f} s" for text_s, live_s in gaps_s))
    assert total >= 4_000 * ROLLOUTS
    assert failed == 0
    assert len(gaps_s) == ROLLOUTS * VIEWERS
    assert max(text_s for text_s, _ in gaps_s) < LONGEST_GAP_S
    assert told == []
    assert "dashboard-" + live["colour"] in host.running()
    assert len(host.running()) == 4
