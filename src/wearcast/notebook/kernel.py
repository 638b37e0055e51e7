"""The kernel a stage runs in: this very interpreter, with settings that make its results
repeatable."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

from wearcast import checkout
from wearcast.notebook import undeclared_code
from wearcast.notebook.kernel_environment import kernel_environment


class OwnKernel(AsyncKernelManager):
    """A kernel of the interpreter that runs wearcast, whatever `python3` kernels the machine has
    installed.

    Attributes:
        root: of the project whose code it runs.
        loaded: a file for the paths of the modules that it loaded, written as it ends.
    """

    root: Path
    loaded: Path

    @classmethod
    def of(cls, root: Path, loaded: Path) -> type["OwnKernel"]:
        """The kernels of the project at `root`; Jupyter takes a class and makes its own
        instance."""
        return type(cls.__name__, (cls,), {"root": root, "loaded": loaded})

    @default("transport_encryption")
    def _encrypted_where_possible(self) -> str:
        return "auto"

    @property
    def kernel_spec(self) -> KernelSpec:
        """What Jupyter would else look up by name, in the user's folders before this
        environment's."""
        return KernelSpec(
            argv=[
                sys.executable,
                "-P",
                "-m",
                "wearcast.notebook.launch",
                "-f",
                "{connection_file}",
            ],
            display_name="Python 3",
            language="python",
            env={
                **checkout.environment(self.root),
                undeclared_code.LIST: str(self.loaded),
            },
            metadata={"supported_encryption": "curve"},
        )

    async def start_kernel(self, **options: Any) -> None:
        """Start it, but not with every variable of the caller: those of a kernel specification
        are added to them."""
        await super().start_kernel(**options, env=kernel_environment(os.environ))


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM into an orderly exit, so that whoever started a kernel ends it too."""

    def stop(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
