"""What the routes of operation share: health checks and metrics."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from wearcast.serving.api.metrics import Metrics
from wearcast.serving.store.current_snapshot import CurrentSnapshot
from wearcast.serving.supervisor import Supervisor


@dataclass(frozen=True)
class Operation:
    """How the service fares.

    Attributes:
        reader: the snapshot that is served.
        supervisor: of the background tasks.
        metrics: the service's metrics.
        model_error: returns why the model can't be loaded; empty where it can.
        looked_for_all: returns whether the snapshots of all models have been looked for.
    """

    reader: CurrentSnapshot
    supervisor: Supervisor
    metrics: Metrics
    model_error: Callable[[], str]
    looked_for_all: Callable[[], bool]


async def _operation(request: Request) -> Operation:
    operation: Operation = request.app.state.operation
    return operation


OperationDep = Annotated[Operation, Depends(_operation)]
