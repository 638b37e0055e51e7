"""A search of process output for secrets, in every encoding."""

import base64
import json
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

_SIGNED = re.compile(
    r"(?i)x-amz-(?:signature|credential|security-token|date)|[?&]x-amz|signature=|authorization\b|awsaccesskeyid="
)
"""What belongs to a signed request or address: not even its name has a place in a log."""


def leaks(folder: Path, secrets: Iterable[str]) -> list[str]:
    """Each line in the folder's files that holds one of the secrets, however it is written, or a
    part of a signed request."""
    forms = {form for secret in secrets for form in _forms(secret)}
    return [
        f"{path.name}:{number}: {found}: {line[:200]}"
        for path in sorted(folder.iterdir())
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if (found := next((form for form in forms if form in line), None) or _signed(line))
    ]


def _forms(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        encoded,
    }


def _signed(line: str) -> str:
    found = _SIGNED.search(line)
    return found[0] if found else ""
