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


def test_an_item_is_served_at_the_earliest_turn_of_its_askers():
    queue = FairQueue(100)
    for number in range(5):
        queue.put("busy", f"busy {number}")
    queue.join("other", "busy 4")
    queue.join("third", "busy 4")
    queue.put("third", "third 0")
    assert taken(queue, 6) == ["busy 0", "busy 4", "third 0", "busy 1", "busy 2", "busy 3"]


def test_what_others_ask_for_too_is_not_refused():
    queue = FairQueue(2)
    queue.put("busy", "busy 0")
    queue.put("busy", "busy 1")
    queue.join("other", "busy 1")
    assert queue.put("third", "third 0") == "third 0"
    assert queue.put("busy", "busy 2") == "busy 2"
    assert taken(queue, 2) == ["busy 0", "busy 1"]


def test_an_item_that_is_served_or_refused_cannot_be_joined():
    queue = FairQueue(1)
    queue.put("one", "served")
    assert taken(queue, 1) == ["served"]
    queue.join("other", "served")
    queue.put("one", "kept")
    assert queue.put("one", "refused") == "refused"
    queue.join("other", "refused")
    assert taken(queue, len(queue)) == ["kept"]


def test_an_item_whose_asker_has_left_is_not_served():
    queue = FairQueue(2)
    queue.put("one", "left")
    queue.put("other", "stays")
    queue.join("other", "left")
    queue.remove("left")
    queue.remove("left")
    assert taken(queue, len(queue)) == ["stays"]


def test_every_other_item_is_one_of_the_server_itself_and_none_of_those_is_refused():
    queue = FairQueue(2)
    queue.put("one", "one 0")
    queue.put("other", "other 0")
    for number in range(4):
        queue.put_own(f"own {number}")
    assert queue.put("third", "third 0") == "third 0"
    assert taken(queue, 6) == ["own 0", "one 0", "own 1", "other 0", "own 2", "own 3"]


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
