"""Five rollouts under load with open dashboards: not one request fails."""

import pytest

from deploy.engine import Images
from deploy.host import Host, Load
from deploy.visitor import Visitors

pytestmark = pytest.mark.deploy
LONGEST_GAP_S = 5


def test_five_rollouts_fail_no_request(host: Host, images: Images, capsys: pytest.CaptureFixture[str]) -> None:
    rows, total, failed = [], 0, 0
    releases = [images.release(f"release-{number % 2}") for number in range(5)]
    visitors = Visitors(host.url, 2)
    try:
        for number, release in enumerate(releases, 1):
            load = Load(host.url)
            try:
                done = host.release(release, watch_s=10, drain_s=5)
            finally:
                answered = load.end()
            assert done.returncode == 0, done.stdout + done.stderr
            live = host.noted()["live"]
            assert live["code"] == release.code
            seconds = host.history()[-1]["seconds"]
            rows.append(f"{number:>7} {live['colour']:>6} {seconds:>8} s {answered.requests:>9} {answered.failed:>7}")
            total, failed = total + answered.requests, failed + answered.failed
    finally:
        visits = visitors.end()
    gaps_s = sorted(gap for visit in visits for gap in visit.gaps_s)
    with capsys.disabled():
        print("\nrollout     to    until proved  requests  failed", *rows, f"    all {total:>27} {failed:>7}", sep="\n")
        print(f"dashboards: {sum(v.answers for v in visits)} answers of kernels, {sum(v.pages for v in visits)} pages,", end=" ")
        print("gaps", ", ".join(f"{gap:.1f} s" for gap in gaps_s) or "none")
    assert total >= 20_000
    assert failed == 0
    assert [trouble for visit in visits for trouble in visit.trouble] == []
    assert max(gaps_s, default=0) < LONGEST_GAP_S
    assert "dashboard-" + live["colour"] in host.running()
    assert len(host.running()) == 4
