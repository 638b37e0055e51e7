"""Whether a new colour does what it is for, before any visitor sees it."""

import json
import re
from typing import Any

from rollout import docker
from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.forecast_age import forecast_age_problem
from rollout.http_client import Answer, ask_part
from rollout.releases import Colour, Release
from rollout.settings import network
from rollout.visit import TICKET_HEADER, UPGRADE_TO_WEBSOCKET, visit

LOAD_MODEL = (
    "from pathlib import Path; from wearcast.forecasting.forecaster import Forecaster; "
    "print(Forecaster.load(Path('models/forecaster')).manifest.version)"
)
KERNEL_ID = re.compile(r'"kernelId": ?"([0-9a-f-]{36})"')


def check_networks() -> None:
    """Raise Failed unless both colours' networks are those that SITE_NETWORK names, or will be.

    The engine changes no network that containers are on.
    """
    for colour, part in (("blue", "0/25"), ("green", "128/25")):
        found = docker.subnet(colour)
        if found and found != f"{network()}.{part}":
            raise Failed(
                f"SITE_NETWORK is {network()}, but the network {colour} was made with {found} at"
                " this host's first deployment: set it back (it can't be changed later but by"
                " taking all containers and networks down)"
            )


def check_refresh(release: Release) -> None:
    """Raise Failed unless refresh's model loads, its hashes are right, and it is the label's."""
    tmp = "/tmp"  # noqa: S108 - the container's own
    isolated = ("--rm", "--read-only", "--network", "none", "--tmpfs", tmp)
    image = release.images["refresh"]
    found = docker.run("run", *isolated, image, "python", "-c", LOAD_MODEL).strip()
    if found != release.model:
        raise Failed(f"refresh's model is {found}, not {release.model}")


def readiness_problem(colour: Colour) -> str:
    """Why a colour isn't ready; empty where it is.

    Raises:
        Failed: waiting longer is of no use.
    """
    for part in PORTS:
        if wrong := docker.container_problem(part, colour):
            if "isn't running" in wrong or "restarted" in wrong:
                raise Failed(wrong)
            return wrong
        answer = ask_part(part, colour, "/health/ready")
        if answer.status != 200:
            return f"{part}-{colour} isn't ready: {answer.status} {answer.body[:200]}"
    return forecast_age_problem(colour)


def smoke_test(colour: Colour, release: Release) -> None:
    """Ask a colour, past the proxy, for all that it is for.

    That is its model, a forecast, a recommendation, a forecast of a client's own record, and a
    dashboard with a kernel.

    Raises:
        Failed: it doesn't answer as it should.
    """
    _expect("the service's model", _get(colour, "/model")["version"], release.model)
    _check_hours(_get(colour, "/forecast/latest")["hours"])
    if not _get(colour, "/recommendation/by_day").get("outfit"):
        raise Failed("smoke test: the recommendation names no outfit")
    record = _example_record(_get(colour, "/openapi.json"))
    own = _answered(
        "/forecast",
        ask_part("service", colour, "/forecast", "POST", json.dumps(record), timeout_s=20),
    )
    _expect("the model of a forecast of one's own", own["forecast"]["model"], release.model)
    _check_dashboard(colour)


def _get(colour: Colour, path: str) -> Any:
    return _answered(path, ask_part("service", colour, path, timeout_s=20))


def _answered(path: str, answer: Answer) -> Any:
    if answer.status != 200:
        raise Failed(f"smoke test: {path} answers {answer.status}: {answer.body[:300]}")
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise Failed(f"smoke test: {path} answers no JSON: {answer.body[:300]}") from error


def _expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Failed(f"smoke test: {what} is {found!r}, not {wanted!r}")


def _check_hours(hours: Any) -> None:
    """Raise Failed unless a forecast is of whole days, two at least, hour by hour. How many is the
    model's own, and the one that is served may still be by the model before."""
    leads = [hour["lead_h"] for hour in hours]
    if len(leads) < 48 or len(leads) % 24 or leads != list(range(1, len(leads) + 1)):
        raise Failed(f"smoke test: a forecast has {len(leads)} hours, which aren't whole days")


def _example_record(document: Any) -> Any:
    """The API document's own example of a client's record: it makes the model compute."""
    body = document["paths"]["/forecast"]["post"]["requestBody"]
    examples = body["content"]["application/json"]["examples"]
    return next(iter(examples.values()))["value"]


def _check_dashboard(colour: Colour) -> None:
    """Raise Failed unless a kernel makes the page, and can be talked to, as for a visitor."""
    page = ask_part("dashboard", colour, "/", timeout_s=60)
    if KERNEL_ID.search(page.body):
        # A release from before visits, to which a host goes back: its page comes with a kernel.
        _check_kernel(colour, page)
        return
    with visit(colour, timeout_s=60) as ticket:
        headers = {TICKET_HEADER: ticket}
        page = ask_part("dashboard", colour, "/voila/render", "POST", headers=headers, timeout_s=60)
        _check_kernel(colour, page)


def _check_kernel(colour: Colour, page: Answer) -> None:
    """Raise Failed unless the kernel of a page can be talked to; it ends."""
    kernel = _kernel_of(page)
    channels = f"/api/kernels/{kernel}/channels"
    answer = ask_part("dashboard", colour, channels, headers=UPGRADE_TO_WEBSOCKET, timeout_s=3)
    if answer.status != 101:
        raise Failed(
            "smoke test: the dashboard's kernel can't be talked to:"
            f" {answer.status} {answer.body[:200]}"
        )
    ask_part("dashboard", colour, f"/voila/api/shutdown/{kernel}", "POST")


def _kernel_of(page: Answer) -> str:
    """The kernel that a page of the dashboard was rendered by."""
    kernel = KERNEL_ID.search(page.body)
    if page.status != 200 or not kernel:
        raise Failed(
            f"smoke test: the dashboard's page answers {page.status},"
            f" {'with' if kernel else 'without'} a kernel: {page.body[:200]}"
        )
    shows = "application/vnd.voila.cell-output+json" in page.body
    if not shows or "application/vnd.jupyter.stderr" in page.body:
        raise Failed("smoke test: the dashboard's kernel shows nothing, or an error")
    return kernel[1]
