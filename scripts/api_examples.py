"""The examples in the API's document, answered by the API itself: python scripts/api_examples.py,
after `make repro`.

They go to src/wearcast/serving/api/examples.json. Long lists are cut to what a reader needs to see
how they go on.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from wearcast.config import Paths
from wearcast.forecasting.processed_data import Records
from wearcast.serving.api.app import create_app
from wearcast.serving.api.geocoder import Geocoder
from wearcast.serving.api.openapi_document import EXAMPLES
from wearcast.serving.api.schemas import EXAMPLE_DAY
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.store.snapshot_store import SnapshotStore
from wearcast.weather.geocoded_places import GeocodedPlace

ROOT = Path(__file__).parents[1]
PUBLISHED = datetime(2026, 1, 5, 9, 2, tzinfo=UTC)
"""For every example's clocks, so that making them anew changes nothing else."""
REFRESHES = 4
"""So that the last one has earlier ones to look back on."""
STATION = "EWR"
HISTORY_H = 168
JSON, PROBLEM = "application/json", "application/problem+json"
FREE = ("metrics", "verification", "validation", "test", "plots", "params", "libraries")
"""Groups without a schema of their own."""
WARDROBE = {
    "own": ["tshirt", "hoodie", "jeans", "canvas_sneakers"],
    "garments": {
        "grandfathers_coat": {
            "name_en": "grandfather's coat",
            "name_ko": "할아버지 코트",
            "layer": "outer",
            "covers": ["coat"],
            "clo": 0.6,
            "wind": 2,
            "water": 1,
        }
    },
}
WANTED = {"name": "강릉", "number": 1843137}
GANGNEUNG = GeocodedPlace(
    number=1843137,
    id="gangneung",
    name_en="Gangneung",
    name_ko="강릉시",
    latitude=37.7527,
    longitude=128.8724,
    elevation_m=39.0,
    time_zone="Asia/Seoul",
    where="Gangwon-do, South Korea, 180,611 people",
)


class OneName(Geocoder):
    """What Open-Meteo's geocoding told of one name, so that the examples need no network."""

    def places(self, name: str) -> Sequence[GeocodedPlace]:  # noqa: ARG002 - as the other one
        """The place."""
        return (GANGNEUNG,)


def refreshed(folder: Path) -> SnapshotReader:
    """The reader of a store to which the sample's replay was published a few times."""
    environment = {
        **os.environ,
        "WEARCAST_STORE": str(folder / "store"),
        "WEARCAST_HISTORY": str(folder / "history"),
    }
    for _ in range(REFRESHES):
        subprocess.run(
            [sys.executable, "-m", "wearcast", "refresh"], cwd=ROOT, env=environment, check=True
        )
    reader = SnapshotReader(
        SnapshotStore(FolderStorage(folder / "store"), keep=10),
        timedelta(hours=3),
        now=lambda: PUBLISHED + timedelta(minutes=7),
        monotonic_s=lambda: 0.0,
    )
    reader.poll()
    assert reader.current, reader.last_error  # noqa: S101
    reader.current = replace(
        reader.current, record=reader.current.record.model_copy(update={"published_at": PUBLISHED})
    )
    return reader


def history(paths: Paths, reader: SnapshotReader) -> dict[str, Any]:
    """The last hours of a station before its forecast, as a client would send them."""
    assert reader.current  # noqa: S101
    snapshot = reader.current.snapshot
    part = (
        Records.read(paths.processed)
        .histories[STATION]
        .until(snapshot.issued_at[snapshot.index(STATION)], HISTORY_H)
    )
    names = ("temp_c", "dewpoint_c", "wind_ms")
    rows = [
        dict(zip(names, map(_rounded, values), strict=True))
        for values in zip(*(part.column(name).tolist() for name in names), strict=True)
    ]
    return {
        "station": STATION,
        "first": f"{part.valid_at[0]}:00:00Z",
        "hours": rows,
        "units": "metric",
    }


def _rounded(value: float) -> float | None:
    return None if value != value else round(value, 1)


def cut(value: Any, free: bool = False) -> Any:
    """The same, with two entries of what goes on alike, and eight of a group without a schema."""
    if isinstance(value, dict):
        return {
            key: cut(inner, free or key in FREE)
            for key, inner in list(value.items())[: 8 if free else None]
        }
    if isinstance(value, list):
        alike = free or (value and isinstance(value[0], dict))
        return [cut(inner, free) for inner in value[: 2 if alike else None]]
    return value


async def examples(app: Any, own: Mapping[str, Any]) -> dict[str, Any]:
    """The answers, by operation: what is sent, and by status and media type what comes back."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    async def answer(method: str, url: str, body: Any = None, status: int = 200) -> Any:
        told = await client.request(
            method, url, json=body, headers={"X-Request-ID": "5136f5f6b779a0c4"}
        )
        assert told.status_code == status, told.text  # noqa: S101
        if told.headers["content-type"].startswith("text/"):
            return "".join(told.text.splitlines(keepends=True)[:3])
        content = told.json()
        return content[:2] if isinstance(content, list) else cut(content)

    by_day, by_hour = (
        f"/recommendation/by_day?station={STATION}&target_date={EXAMPLE_DAY}",
        f"/recommendation/by_hour?target_date={EXAMPLE_DAY}&hour=8",
    )
    return {
        "GET /forecast/latest": {
            "200": {
                JSON: {
                    "metric": await answer("GET", "/forecast/latest"),
                    "imperial": await answer("GET", "/forecast/latest?units=imperial"),
                    "several": await answer("GET", "/forecast/latest?station=EWR,JFK&hours=24"),
                    "records": await answer("GET", "/forecast/latest?format=records"),
                },
            },
            "404": {
                PROBLEM: {
                    "unknown station": await answer(
                        "GET", "/forecast/latest?station=LHR", status=404
                    )
                }
            },
        },
        "GET /forecast/latest.csv": {
            "200": {"text/csv": {"csv": await answer("GET", "/forecast/latest.csv")}}
        },
        "POST /forecast": {
            "request": {JSON: {"a week": own}},
            "200": {JSON: {"metric": await answer("POST", "/forecast", own)}},
            "422": {
                PROBLEM: {
                    "unknown station": await answer(
                        "POST", "/forecast", {**own, "station": "LHR"}, status=422
                    )
                }
            },
        },
        "GET /stations": {"200": {JSON: {"stations": await answer("GET", "/stations")}}},
        "GET /recommendation/by_day": {
            "200": {
                JSON: {
                    "English, metric": await answer("GET", by_day),
                    "Korean, imperial": await answer(
                        "GET", f"{by_day}&lang=ko&units=imperial&activity=cycling"
                    ),
                }
            },
            "404": {
                PROBLEM: {
                    "a day that is not forecast": await answer(
                        "GET", "/recommendation/by_day?target_date=2031-01-01", status=404
                    )
                }
            },
            "422": {
                PROBLEM: {
                    "an unknown style": await answer(
                        "GET", "/recommendation/by_day?style=gothic", status=422
                    )
                }
            },
        },
        "POST /recommendation/by_day": {
            "request": {JSON: {"a small wardrobe": WARDROBE}},
            "200": {JSON: {"what is missing": await answer("POST", by_day, WARDROBE)}},
            "422": {
                PROBLEM: {
                    "bare legs": await answer(
                        "POST", by_day, {"own": ["tshirt", "canvas_sneakers"]}, status=422
                    )
                }
            },
        },
        "GET /recommendation/by_hour": {
            "200": {JSON: {"English, metric": await answer("GET", by_hour)}}
        },
        "POST /recommendation/by_hour": {
            "request": {JSON: {"a small wardrobe": WARDROBE}},
            "200": {JSON: {"what is missing": await answer("POST", by_hour, WARDROBE)}},
        },
        "GET /places": {
            "200": {JSON: {"one that can be asked for": await answer("GET", "/places?name=강릉")}}
        },
        "POST /places": {
            "request": {JSON: {"one of those found": WANTED}},
            "202": {JSON: {"it is asked for": await answer("POST", "/places", WANTED, status=202)}},
            "200": {JSON: {"it was asked for": await answer("POST", "/places", WANTED)}},
            "404": {
                PROBLEM: {
                    "another number": await answer(
                        "POST", "/places", {**WANTED, "number": 1}, status=404
                    )
                }
            },
        },
        "GET /model": {"200": {JSON: {"card": await answer("GET", "/model")}}},
        "GET /model/verification": {
            "200": {JSON: {"scores": await answer("GET", "/model/verification")}}
        },
        "GET /verification/recent": {
            "200": {JSON: {"recent": await answer("GET", "/verification/recent")}}
        },
        "GET /health/live": {"200": {JSON: {"alive": await answer("GET", "/health/live")}}},
        "GET /health/ready": {"200": {JSON: {"ready": await answer("GET", "/health/ready")}}},
    }


def main() -> None:
    """Write them."""
    paths = Paths.find(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        reader = refreshed(Path(folder))
        app = create_app(
            Deployment(
                model=paths.model,
                reports=ROOT / "reports",
                store=f"{folder}/store",
                place_requests="anyone",
                place_queue=f"{folder}/place-requests",
            ),
            reader,
        )
        app.fastapi.state.places.geocoder = OneName("")
        found = asyncio.run(examples(app, history(paths, reader)))
    lines = ",\n".join(
        f"{json.dumps(label)}: {json.dumps(parts, ensure_ascii=False)}"
        for label, parts in found.items()
    )
    EXAMPLES.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
