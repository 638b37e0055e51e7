"""What kept answers are measured against: an ASGI app on the same server that sends the same bytes,
headers included, and does nothing else.

python tests/bench/raw_app.py PORT FOLDER    serves NAME.body with NAME.json's headers at /NAME
"""

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn

Answer = tuple[dict[str, Any], dict[str, Any]]


def kept_answers(folder: Path) -> dict[str, Answer]:
    """The two messages of each answer, by its path."""
    answers = {}
    for path in folder.glob("*.body"):
        told = json.loads(path.with_suffix(".json").read_text())
        headers = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
        start = {"type": "http.response.start", "status": 200, "headers": headers}
        body = {"type": "http.response.body", "body": path.read_bytes()}
        answers[f"/{path.stem}"] = (start, body)
    return answers


class Raw:
    """The app."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        """Send an answer."""
        start, body = self._answers[scope["path"]]
        await send(start)
        await send(body)


if __name__ == "__main__":
    # As `wearcast.serving.api.server` has it.
    uvicorn.run(
        Raw(kept_answers(Path(sys.argv[2]))),
        port=int(sys.argv[1]),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
    )
