"""Start the retraining on GitHub when an alert asks for it: ask_for_retraining.py PORT.

Alertmanager posts its alerts here, and can't write what GitHub wants to read. The workflow's gate
decides what comes of it; an alert only starts it, once a day at most. The standard library alone,
so that it runs in any image with Python.

    ALERT_RETRAIN            OWNER/REPO
    ALERT_RETRAIN_TOKEN      a fine-grained token for it that may write actions, and nothing else
    ALERT_RETRAIN_API        https://api.github.com where it isn't said
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

WORKFLOW = "retrain.yml"
BRANCH = "main"
LONGEST_BODY = 1_000_000
PAUSE_S = 24 * 3600
TIMEOUT_S = 10


class Retraining:
    """The workflow, and when it was started last."""

    def __init__(self, repository: str, token: str, api: str) -> None:
        self._url = f"{api}/repos/{repository}/actions/workflows/{WORKFLOW}/dispatches"
        self._token = token
        self._started_at: float | None = None

    def start(self) -> bool:
        """Start it; False where that was a short while ago.

        Raises:
            OSError: GitHub can't be reached, or refuses; the message has no token.
        """
        now = time.monotonic()
        if self._started_at is not None and now - self._started_at < PAUSE_S:
            return False
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "User-Agent": "wearcast",
        }
        body = json.dumps({"ref": BRANCH}).encode()
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310 - set by the operator
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
            self._started_at = now
        return True


class Handler(BaseHTTPRequestHandler):
    """Takes Alertmanager's notifications, one at a time."""

    timeout = 10
    retraining: Retraining

    def do_POST(self) -> None:
        """Start the retraining where an alert fires; 502 lets Alertmanager try again."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LONGEST_BODY:
            self._answer(413, "a notification of Alertmanager's is wanted")
            return
        try:
            asking = names_of_firing(json.loads(self.rfile.read(length)))
        except (ValueError, KeyError, TypeError, AttributeError):
            self._answer(400, "no notification of Alertmanager's")
            return
        if not asking:
            self._answer(200, "nothing fires")
            return
        try:
            started = self.retraining.start()
        except OSError as error:
            self._answer(502, f"GitHub started nothing: {error}")
            return
        said = "started" if started else "was started less than a day ago"
        self._answer(200, f"the retraining {said}, for {', '.join(asking)}")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing of requests; what came of them is said below."""

    def _answer(self, status: int, said: str) -> None:
        print(said, file=sys.stderr, flush=True)
        body = said.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def names_of_firing(notification: dict[str, Any]) -> list[str]:
    """The alerts that ask for a retraining and fire."""
    alerts = notification["alerts"]
    firing = [alert["labels"] for alert in alerts if alert["status"] == "firing"]
    return sorted({labels["alertname"] for labels in firing if labels.get("retrain") == "yes"})


def main(port: int) -> None:
    """Serve until it is ended; where no repository is set, nobody posts anything."""
    Handler.retraining = Retraining(
        os.environ.get("ALERT_RETRAIN", ""),
        os.environ.get("ALERT_RETRAIN_TOKEN", ""),
        os.environ.get("ALERT_RETRAIN_API") or "https://api.github.com",
    )
    HTTPServer(("", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
