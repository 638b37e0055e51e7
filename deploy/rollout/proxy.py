"""The proxy: which colour it leads visitors to, and what it runs with.

It follows a file, so traffic is shifted by a rename.
"""

import re
import shutil
from pathlib import Path

from rollout import docker
from rollout.containers import PORTS, compose_file
from rollout.http_client import ask_proxy, ask_site, wait_until
from rollout.journal import say
from rollout.programs import folder_or_own
from rollout.releases import OTHER, Candidate, Colour
from rollout.settings import state_folder
from rollout.state_folder import write_atomically

LIVE = re.compile(r'\{\{- \$live := "(\w+)" \}\}')
NO_CANARY = '{{- $canary := "" }}\n{{- $percent := 0 }}\n'
"""The lines of a release's routes that a canary's replace."""


def routes_file() -> Path:
    """What the proxy follows."""
    return state_folder() / "traefik/routes.yaml"


def kept_routes_file() -> Path:
    """The file from before the shift, whole, so that going back needs no space."""
    return state_folder() / "traefik/back"


def prepare_routes() -> None:
    """Make the folder in which the proxy finds its file."""
    (state_folder() / "traefik").mkdir(exist_ok=True)


def switch_traffic(colour: Colour, release: Candidate, draining: str = "") -> None:
    """Shift the traffic to a colour by one rename; the proxy sees all of it or nothing.

    Args:
        colour: where visitors are led.
        release: the one whose routes are taken.
        draining: the colour that open dashboards stay with, if any.
    """
    names = f'{{{{- $live := "{colour}" }}}}\n{{{{- $draining := "{draining}" }}}}\n'
    write_atomically(routes_file(), names + _routes(release))


def knows_canaries(release: Candidate) -> bool:
    """Whether its routes can lead a share of the visitors to another colour."""
    return NO_CANARY in _routes(release)


def share_traffic(live: Colour, canary: Colour, percent: int, release: Candidate) -> None:
    """Lead some per cent of new visits and of the API's requests to a canary.

    The file doesn't begin with the live colour's name: so it isn't taken for one that leads there
    alone, by programs of before that know no canary neither, and whoever goes back replaces it.

    Args:
        live: where all others are led.
        canary: where these are.
        percent: how many.
        release: the one whose routes are taken; it knows canaries.
    """
    names = f'{{{{- $draining := "" }}}}\n{{{{- $live := "{live}" }}}}\n'
    shared = f'{{{{- $canary := "{canary}" }}}}\n{{{{- $percent := {percent} }}}}\n'
    write_atomically(routes_file(), names + _routes(release).replace(NO_CANARY, shared))


def _routes(release: Candidate) -> str:
    return (folder_or_own(release.programs) / "traefik/routes.yaml").read_text()


def keep_routes() -> None:
    """Keep the file as it is now, for going back."""
    shutil.copyfile(routes_file(), kept_routes_file())


def restore_routes() -> None:
    """Let the proxy follow the file that was kept. A rename: it works on a full disk.

    Raises:
        FileNotFoundError: none was kept.
    """
    kept_routes_file().replace(routes_file())


def active_colour() -> str:
    """The colour that the proxy's file leads to; empty where it leads to none, or to two."""
    try:
        found = LIVE.match(routes_file().read_text())
    except OSError:
        return ""
    return found[1] if found else ""


def wait_until_active(colour: Colour) -> None:
    """Wait until the proxy leads visitors to a colour, and it answers.

    Raises:
        Failed: it doesn't in time.
    """

    _wait_until_named(colour)


def wait_until_shared(live: Colour, canary: Colour) -> None:
    """Wait until the proxy leads visitors to both, and answers.

    Raises:
        Failed: it doesn't in time.
    """
    _wait_until_named(f"{live}, {canary}")


def _wait_until_named(wanted: str) -> None:
    def check() -> str:
        answer = ask_site("/api/health/live")
        found = answer.headers.get("wearcast-colour")
        if found == wanted and answer.status == 200:
            return ""
        seen = found or answer.body
        return f"the proxy still leads to {seen!r} ({answer.status}), not to {wanted}"

    wait_until(check, 15, 0.1)


def renew(release: Candidate) -> None:
    """Let the proxy have a release's version and flags, and the site's settings as they are now.

    One that has them goes on.

    Raises:
        Failed: it doesn't answer.
    """
    name = docker.container_name("proxy")
    before = docker.inspect(name).get("Id")
    docker.compose_up(compose_file(release), "proxy", NOTICES=release.images["service"])
    _join_networks(name)
    wait_until(_ping, 30)
    if before not in (None, docker.inspect(name).get("Id")):
        say(
            "the proxy was started anew, since its version, flags or settings changed: connections"
            " were cut"
        )


def _join_networks(name: str) -> None:
    """Let the proxy reach both colours, whichever release's compose file names its networks."""
    reached = set(docker.networks(name))
    for colour in OTHER:
        for part in PORTS:
            found = docker.networks(docker.container_name(part, colour))
            if found and reached.isdisjoint(found):
                docker.run("network", "connect", found[0], name)
                reached.add(found[0])


def _ping() -> str:
    return "" if ask_proxy("/ping").status == 200 else "the proxy doesn't answer"
