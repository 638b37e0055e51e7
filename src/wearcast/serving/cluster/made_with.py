"""What decides the bytes of a result besides its task: the code, Python, and the libraries that
compute."""

import functools
import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parents[2]
_COMPUTING: Final = ("numpy", "onnxruntime", "pandas", "pyarrow")


@functools.cache
def made_with() -> str:
    """A hash of this package's code and of the versions of Python and of the libraries that
    compute; the same on machines whose results may be put together."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(str(path.relative_to(_PACKAGE)).encode())
        digest.update(path.read_bytes())
    for line in (platform.machine(), *_versions()):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _versions() -> list[str]:
    python = ".".join(platform.python_version_tuple()[:2])
    libraries = [f"{name} {metadata.version(name)}" for name in _COMPUTING]
    return [f"Python {python}", *libraries]
