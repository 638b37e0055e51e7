"""The tasks beside the requests: one that ends, however it does, is started again, and until it
runs well that is said."""

import asyncio
import time
from itertools import pairwise

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.synthetic_snapshots import two_cities
from wearcast.serving.supervisor import Supervisor

QUICK_S = 0.005


async def until(found):
    """Wait for it, a few seconds at the most."""
    async with asyncio.timeout(30):
        while not found():
            await asyncio.sleep(0.001)


async def fail():
    raise ValueError("of the task")


async def cancel_itself():
    asyncio.current_task().cancel()
    await asyncio.sleep(1)


async def end():
    return


@pytest.mark.parametrize(
    ("last_words", "told"),
    [
        (fail, "the task failed with ValueError"),
        (cancel_itself, "the task was cancelled"),
        (end, "the task ended by itself"),
    ],
)
def test_a_task_that_ended_is_restarted_and_reported_until_it_runs_well(last_words, told, caplog):
    starts = []

    async def start():
        starts.append(1)
        await (last_words() if len(starts) == 1 else asyncio.Event().wait())

    async def audited_service():
        supervisor = Supervisor({"tested": start}, first_pause_s=QUICK_S)
        async with supervisor.running():
            await until(lambda: supervisor.last_errors)
            assert supervisor.error_summary == f"tested: {told}"
            await until(lambda: len(starts) == 2)
            assert supervisor.error_summary, "it has only just been started"
            await until(lambda: not supervisor.last_errors)
        return supervisor.restarts

    assert asyncio.run(audited_service()) == {"tested": 1}
    assert told in caplog.text


def test_a_task_that_keeps_failing_stays_reported_and_is_restarted_ever_later():
    starts = []

    async def start():
        starts.append(time.monotonic())
        raise ValueError

    async def audited_service():
        supervisor = Supervisor({"tested": start}, first_pause_s=QUICK_S)
        async with supervisor.running():
            await until(lambda: supervisor.last_errors)
            while len(starts) < 5:
                assert supervisor.last_errors
                await asyncio.sleep(0.001)

    asyncio.run(audited_service())
    pauses = [after - before for before, after in pairwise(starts)]
    assert all(pause >= QUICK_S * 2**n for n, pause in enumerate(pauses))


def test_on_exit_every_task_is_cancelled():
    ended = []

    async def start():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    async def audited_service():
        async with Supervisor({"one": start, "two": start}).running():
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert len(ended) == 2

    asyncio.run(audited_service())


def sample(service, name, **labels):
    """A metric's value."""
    families = text_string_to_metric_families(service.get("/metrics").text)
    return next(
        one.value
        for family in families
        for one in family.samples
        if (one.name, one.labels) == (name, labels)
    )


def test_without_store_polling_it_is_not_ready_and_reports_why(serve):
    service = serve(two_cities())
    assert service.get("/health/ready").status_code == 200
    assert sample(service, "wearcast_task_running", task="store_watch") == 1
    [task] = [
        one
        for one in asyncio.all_tasks(service.runner.get_loop())
        if one.get_name() == "store_watch"
    ]
    task.cancel()
    service.run(until(lambda: service.app.fastapi.state.operation.supervisor.last_errors))
    answer = service.get("/health/ready")
    assert (answer.status_code, answer.json()["status"], answer.headers["retry-after"]) == (
        503,
        "failing",
        "5",
    )
    assert answer.json()["tasks"] == "store_watch: the task was cancelled"
    assert sample(service, "wearcast_task_running", task="store_watch") == 0
    assert service.get("/forecast/latest").status_code == 200
    looks = service.reader.polls
    service.run(until(lambda: service.reader.polls > looks))
    assert sample(service, "wearcast_task_restarts_total", task="store_watch") == 1
