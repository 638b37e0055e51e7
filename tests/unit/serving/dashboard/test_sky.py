"""The sky of an hour is that of day or night by the sun; by the clock where the API is the previous
release's."""

import re
from datetime import datetime

import numpy as np
import pytest

from service.in_process_service import serving
from service.synthetic_snapshots import SEOUL, varied
from wearcast.serving.dashboard import icons, page_data, page_markup
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.icon_markup import sky
from wearcast.serving.dashboard.page_query import parse_query
from wearcast.serving.dashboard.page_state import PageState


def shown(running, query):
    choices, wrong = parse_query(query)
    found, also = running.run(page_data.fetch_page_data(ApiClient(running.client, "here"), choices))
    return PageState(choices, "en", wrong + also, found)


def skies(page):
    """By hour, what the cell of its sky shows."""
    return dict(
        re.findall(
            r'<th scope="row"><time datetime="[^"T]*T(\d\d):00[^"]*">.*?<td class="sky">(.*?)</td>',
            page,
        )
    )


def clear(issued_at):
    """A week at Seoul under a clear sky."""
    snapshot = varied(SEOUL, issued_at)
    for kind in (snapshot.quantiles, snapshot.trajectories, snapshot.observed):
        kind["cloud_pct"][:], kind["precip_mm"][:] = 0, 0
    snapshot.hourly_rain_chance[:] = np.float32(0)
    return snapshot


@pytest.mark.parametrize(
    ("issued_at", "day", "light"),
    [("2026-06-20T06", "2026-06-21", range(5, 21)), ("2026-12-20T06", "2026-12-21", range(8, 18))],
)
def test_the_sky_of_an_hour_is_that_of_day_or_night_by_the_sun(tmp_path, issued_at, day, light):
    now = datetime.fromisoformat(f"{issued_at}:30+00:00")
    with serving(tmp_path, clear(issued_at), now=lambda: now) as running:
        found = skies(page_markup.page_markup(shown(running, f"?day={day}")))
    assert len(found) == 24
    assert [
        hour for hour in range(24) if icons.weather("clear_day") in found[f"{hour:02}"]
    ] == list(light)
    assert [hour for hour in range(24) if icons.weather("clear_night") in found[f"{hour:02}"]] == [
        h for h in range(24) if h not in light
    ]


def test_the_previous_releases_hours_have_skies_too(tmp_path):
    with serving(tmp_path, clear("2026-06-20T06")) as running:
        found = shown(running, "?day=2026-06-21").data
    older = [
        {name: value for name, value in hour.items() if name != "daylight"}
        for hour in found.hours("2026-06-21")
    ]
    days = [
        hour["local_time"][11:13]
        for hour in older
        if icons.weather("clear_day") in sky(found, hour)
    ]
    assert days == [f"{hour:02}" for hour in range(7, 19)]
