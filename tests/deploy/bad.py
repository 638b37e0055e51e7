"""A service that goes wrong in a way that its first argument names; what runs it is an image of the
tests."""

import os
import sys
import threading

from wearcast.serving.api import server as serving
from wearcast.serving.api.started_workers import started_processes
from wearcast.serving.settings import deployment_settings

HOW = sys.argv[1]


def wrong(create_app):
    """The app, wrong for some requests."""

    def created(settings, **others):
        app = create_app(settings, **others)

        async def called(scope, receive, send):
            if scope["type"] == "http" and _concerned(scope):
                match HOW:
                    case "dies-after-the-shift":
                        threading.Timer(3, os._exit, (1,)).start()
                    case "slow-after-the-shift":
                        import asyncio

                        await asyncio.sleep(1.5)
                    case "slow":
                        import asyncio

                        await asyncio.sleep(0.4)
                    case _:
                        await send({"type": "http.response.start", "status": 500, "headers": []})
                        await send({"type": "http.response.body", "body": b"wrong"})
                        return
            await app(scope, receive, send)

        return called

    return created


def _concerned(scope):
    if "health" in scope["path"]:
        return False
    if HOW == "no-recommendations":
        return "/recommendation" in scope["path"]
    if HOW == "fails-at-one-path" and not scope["path"].endswith("/stations"):
        return False
    return any(name == b"x-forwarded-for" for name, _ in scope["headers"])


serving.create_app = wrong(serving.create_app)
settings = deployment_settings()
with started_processes(settings.workers) as started:
    serving.serve(settings, started)
