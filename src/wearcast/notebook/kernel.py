"""The kernel a stage runs in: this very interpreter, with settings that make its results
repeatable."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import default

from wearcast import checkout
from wearcast.notebook import undeclared_code
from wearcast.notebook.kernel_environment import kernel_environment

_INTERRUPT_S = 1.0
"""How long an interrupted cell may take; then the kernel's process is ended."""


class OwnKernel(AsyncKernelManager):
    """A kernel of the interpreter that runs wearcast, whatever `python3` kernels the machine has
    installed.

    Attributes:
        root: of the project whose code it runs.
        loaded: a file for the paths of the modules that it has loaded.
        is_computing: whether a cell runs at the moment.
        started: the kernels of this class.
    """

    root: Path
    loaded: Path
    is_computing: Callable[[], bool]
    started: list["OwnKernel"]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.started.append(self)

    @classmethod
    def of(cls, root: Path, loaded: Path, is_computing: Callable[[], bool]) -> type["OwnKernel"]:
        """The kernels of the project at `root`; Jupyter takes a class and makes its own
        instance."""
        attributes = {
            "root": root,
            "loaded": loaded,
            "is_computing": staticmethod(is_computing),
            "started": [],
        }
        return type(cls.__name__, (cls,), attributes)

    @classmethod
    def kill_remaining(cls) -> None:
        """Kill the kernels that nobody shut down: nbclient leaves one that a signal found
        starting."""
        for kernel in cls.started:
            if isinstance(kernel.provisioner, LocalProvisioner) and kernel.provisioner.process:
                kernel.provisioner.process.kill()
                kernel.provisioner.process.wait()

    @default("transport_encryption")
    def _encrypted_where_possible(self) -> str:
        return "auto"

    async def _async_interrupt_kernel(self) -> None:
        """Interrupt the cell that runs, and wait for its reply.

        `shutdown_kernel` begins with an interrupt, whatever the kernel does. One that has just sent
        its last reply still handles SIGINT as during the request and prints "KeyboardInterrupt
        caught in kernel", one that is starting prints a traceback, and so does one that is shut
        down while it replies. Without a cell to stop, the request to shut down is enough.
        """
        if not self.is_computing():
            return
        waiting_for_reply = asyncio.all_tasks() - {asyncio.current_task()}
        await super()._async_interrupt_kernel()
        with contextlib.suppress(TimeoutError):
            # That the cell was interrupted is no news.
            replied = asyncio.gather(*waiting_for_reply, return_exceptions=True)
            await asyncio.wait_for(replied, _INTERRUPT_S)

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
