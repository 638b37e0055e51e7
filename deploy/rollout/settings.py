"""What the environment and the site's settings file say."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from rollout.errors import Failed

DEFAULTS = {
    "ROLLOUT_STATE": "/var/lib/wearcast",
    "WEARCAST_ENV": "/etc/wearcast/env",
    "COMPOSE_PROJECT_NAME": "wearcast",
}
"""What compose.yaml needs of the environment, too."""

HIGHEST_PORT = 65_535

ASSIGNMENT = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([\w.]+)[ \t]*[=:][ \t]*   # the name
    (?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\n]*))  # its value, in either kind of quotes or in none""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
VARIABLE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)(?:(:?-)([^}]*))?\})")
ESCAPED = re.compile(r"\\([^$])")


class NumberFormat(NamedTuple):
    """What a number in the settings must look like, as a pattern and in words."""

    pattern: str
    description: str


PORT = NumberFormat(r"[1-9][0-9]{0,4}", f"a port from 1 to {HIGHEST_PORT}")
COUNT = NumberFormat(r"[1-9][0-9]{0,5}", "a whole number from 1")
PERCENT = NumberFormat(r"[1-9]|[1-4][0-9]|50", "a whole number from 1 to 50")
WHOLE = NumberFormat(r"[0-9]{1,12}", "a whole number")
DECIMAL = NumberFormat(r"[0-9]{1,6}(\.[0-9]+)?", "a number such as 1.5")
NUMBERS = {
    "SITE_HTTP": ("80", PORT),
    "SITE_HTTPS": ("443", PORT),
    "SITE_INSIDE": ("8082", PORT),
    "SITE_PROMETHEUS_PORT": ("9090", PORT),
    "SITE_ALERTMANAGER_PORT": ("9093", PORT),
    "SITE_GRAFANA_PORT": ("3000", PORT),
    "SITE_RATE": ("100", WHOLE),
    "SITE_BURST": ("400", WHOLE),
    "SITE_IN_FLIGHT": ("100", WHOLE),
    "SITE_CONNECTIONS": ("256", COUNT),
    "SITE_CPUS": ("1.5", DECIMAL),
    "WEARCAST_DASHBOARD_KERNELS": ("8", COUNT),
    "SITE_DESCRIPTORS": ("65536", WHOLE),
    "ROLLOUT_LEAST_FREE_MB": ("2000", WHOLE),
    "ROLLOUT_CANARY_S": ("60", WHOLE),
    "ROLLOUT_CANARY_PERCENT": ("5", PERCENT),
    "ROLLOUT_CANARY_ROUNDS": ("60", COUNT),
    "ROLLOUT_CANARY_SLOWER": ("1.5", DECIMAL),
    "ROLLOUT_CANARY_WORSE": ("1.1", DECIMAL),
}
"""The settings that are numbers: the default and the format of each."""


NETWORK = ("10.83.16", re.compile(r"(\d{1,3}\.){2}\d{1,3}"))
"""SITE_NETWORK: its default, and its form."""


def environment() -> dict[str, str]:
    """This process's environment, with the defaults of what isn't set."""
    return {**DEFAULTS, **os.environ}


def state_folder() -> Path:
    """Where rollouts keep what they know."""
    return Path(environment()["ROLLOUT_STATE"])


def settings_file() -> Path:
    """The site's settings and secrets."""
    return Path(environment()["WEARCAST_ENV"])


def compose_project() -> str:
    """What the names of this host's containers begin with."""
    return environment()["COMPOSE_PROJECT_NAME"]


def site_setting(name: str, default: str) -> str:
    """A setting from the environment, else from the settings file; an empty one isn't set."""
    value = os.environ[name] if name in os.environ else read_settings_file().get(name, "")
    return value or default


def number(name: str) -> float:
    """A setting that is a number.

    Raises:
        Failed: it isn't.
    """
    default, expected = NUMBERS[name]
    value = site_setting(name, default)
    matches = re.fullmatch(expected.pattern, value) is not None
    if not matches or (expected is PORT and int(value) > HIGHEST_PORT):
        raise Failed(
            f"the setting {name} must be {expected.description}, but is {value!r}"
            f" (in the environment or in {settings_file()})"
        )
    return float(value)


def dashboard_mb() -> int:
    """The memory that a dashboard may take: a kernel up to 90 MB, its server 130 MB.

    Raises:
        Failed: the number of kernels isn't one.
    """
    return 130 + 90 * int(number("WEARCAST_DASHBOARD_KERNELS"))


def port(name: str) -> int:
    """A setting that is a port.

    Raises:
        Failed: it isn't.
    """
    return int(number(name))


def check_numbers() -> None:
    """Raise Failed unless every setting that must be a number is one, or three of an address."""
    for name in NUMBERS:
        number(name)
    network()
    is_on("SITE_MONITORING")


def network() -> str:
    """The first three numbers of the addresses of both colours' networks.

    Raises:
        Failed: the setting isn't that.
    """
    default, pattern = NETWORK
    value = site_setting("SITE_NETWORK", default)
    if not pattern.fullmatch(value) or any(int(part) > 255 for part in value.split(".")):
        raise Failed(
            f"the setting SITE_NETWORK must be three numbers such as {default}, but is {value!r}"
        )
    return value


def is_on(name: str) -> bool:
    """Whether a setting turns something on.

    Raises:
        Failed: it is neither 1 nor 0.
    """
    value = site_setting(name, "0")
    if value not in ("0", "1"):
        raise Failed(f"the setting {name} must be 1 or 0, but is {value!r}")
    return value == "1"


def log_folder() -> Path:
    """Where the proxy keeps its access log."""
    return Path(site_setting("SITE_LOG", "/var/log/wearcast"))


def check_log_folder() -> None:
    """Raise Failed unless the host is prepared for the proxy's access log."""
    if not log_folder().is_dir():
        raise Failed(
            f"{log_folder()} isn't there: run deploy/prepare-host on this host again, which makes"
            " it and has what is in it deleted after 14 days (docs/deploy.md)"
        )


def read_settings_file() -> dict[str, str]:
    """What it says, read as Compose does: comments, quotes, escapes and variables."""
    try:
        text = settings_file().read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return {}
    found: dict[str, str] = {}
    for name, double_quoted, single_quoted, unquoted in ASSIGNMENT.findall(text):
        if double_quoted:
            found[name] = _expand(ESCAPED.sub(_unescape, double_quoted), found)
        elif single_quoted:
            found[name] = single_quoted
        else:
            # Only a space begins a comment: 8080#x is a value.
            found[name] = _expand(unquoted.partition(" #")[0].rstrip(), found)
    return found


def _unescape(escape: re.Match[str]) -> str:
    return {"n": "\n", "r": "\r"}.get(escape[1], escape[1])


def _expand(value: str, earlier: dict[str, str]) -> str:
    """Replace the variables in a value, by the environment's or by earlier ones of the file."""
    known = {**earlier, **environment()}

    def replacement(variable: re.Match[str]) -> str:
        dollar, plain, braced, _, default = variable.groups()
        if dollar:
            return "$"
        return known.get(plain or braced, "") or default or ""

    return VARIABLE.sub(replacement, value)
