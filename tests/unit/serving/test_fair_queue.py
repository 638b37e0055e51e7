"""The queue before the workers: fair to clients, bounded, in order."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.api.workers.fair_queue import FairQueue


def taken(queue, count):
    """The next items."""

    async def take():
        return [await queue.get() for _ in range(count)]

    return asyncio.run(take())


def test_clients_are_served_in_turn():
    queue = FairQueue(100)
    for number in range(5):
        queue.put("busy", f"busy {number}")
    queue.put("other", "other 0")
    queue.put("third", "third 0")
    assert taken(queue, 4) == ["busy 0", "other 0", "third 0", "busy 1"]


def test_a_full_queue_refuses_whoever_waits_most():
    queue = FairQueue(4)
    for number in range(3):
        assert queue.put("busy", f"busy {number}") is None
    assert queue.put("other", "other 0") is None
    assert queue.put("third", "third 0") == "busy 2"
    assert queue.put("busy", "busy 3") == "busy 3"
    assert taken(queue, 4) == ["busy 0", "other 0", "third 0", "busy 1"]


def test_whoever_waits_gets_what_comes():
    async def waiting():
        queue = FairQueue(4)
        first, second = (asyncio.create_task(queue.get()) for _ in range(2))
        await asyncio.sleep(0)
        queue.put("one", 1)
        queue.put("one", 2)
        return sorted([await first, await second])

    assert asyncio.run(waiting()) == [1, 2]


@given(st.lists(st.sampled_from("abcde"), max_size=60), st.integers(1, 20))
def test_no_item_is_lost_and_those_of_a_client_keep_their_order(clients, capacity):
    queue, refused = FairQueue(capacity), []
    for number, client in enumerate(clients):
        item = queue.put(client, (client, number))
        if item is not None:
            refused.append(item)
        assert len(queue) <= capacity
    left = taken(queue, len(queue))
    assert sorted(left + refused, key=lambda item: item[1]) == [
        (client, number) for number, client in enumerate(clients)
    ]
    for client in set(clients):
        numbers = [number for one, number in left if one == client]
        assert numbers == sorted(numbers)
