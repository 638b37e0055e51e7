"""A container's health check: health.py service|dashboard|refresh."""

import http.client
import os
import sys


def answers(port: int, base: str = "") -> bool:
    """Whether the process answers, which is all: whether it is ready, its proxy and its rollout
    ask."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    connection.request("GET", f"{base.rstrip('/')}/health/live")
    return connection.getresponse().status == 200


def published() -> bool:
    """Whether the store holds a forecast that isn't stale."""
    from datetime import UTC, datetime

    from wearcast.serving.settings import deployment_settings
    from wearcast.serving.store.object_storage import open_storage
    from wearcast.serving.store.snapshot_store import SnapshotStore

    settings = deployment_settings()
    pointer = SnapshotStore(
        open_storage(settings.store, settings.store_timeout), settings.keep
    ).pointer()
    return (
        pointer is not None
        and datetime.now(UTC) - pointer.latest.published_at < settings.stale_after
    )


match sys.argv[1]:
    case "service":
        well = answers(int(os.environ.get("WEARCAST_PORT") or 8000))
    case "dashboard":
        well = answers(
            int(os.environ.get("WEARCAST_DASHBOARD_PORT") or 8501),
            os.environ.get("WEARCAST_DASHBOARD_BASE_URL", ""),
        )
    case _:
        well = published()
sys.exit(not well)
