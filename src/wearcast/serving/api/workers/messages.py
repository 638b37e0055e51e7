"""Messages between the server and a worker: a JSON head and bytes, each with its length before it.

The server sends one and waits for the reply before it sends the next:

    settings  the deployment's settings → the model's load error
    file      the file of a part of the snapshot that is sent next → whether it is the one that the
              server has mapped, and why it can't be served
    part      the bytes of such a part → why they can't be served
    snapshot  the bytes of a snapshot, none of one in parts → why they can't be served
    state     the record of a snapshot, and when it was first seen → nothing
    request   a request to compute from a state → the answer
"""

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wearcast.serving.api.answer import Answer, Headers, Lasting
from wearcast.serving.api.audience import MODEL
from wearcast.serving.api.deflated_parts import Part
from wearcast.serving.experiment.variants import CHAMPION
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.verification_by_shard import VerificationByShard

LENGTHS: Final = struct.Struct(">II")
"""Of the head and of the bytes."""
_STATES_OF_A_MODEL: Final = 2


def max_states(settings: Deployment) -> int:
    """Of a worker, and snapshots that it holds: of each model that is served the current one and,
    while it is checked, the next. An older one that a request is computed from is sent anew."""
    served = [variant for variant in settings.variants if variant.is_served]
    return _STATES_OF_A_MODEL * (1 + len(served))


@dataclass(frozen=True)
class Message:
    """A message or a reply.

    Attributes:
        head: a JSON object.
        content: bytes that go with it.
    """

    head: Mapping[str, Any]
    content: bytes = field(default=b"", repr=False)

    def head_to_bytes(self) -> bytes:
        """What is sent before the content, which may be large and isn't copied."""
        head = json.dumps(self.head).encode()
        lengths = LENGTHS.pack(len(head), len(self.content))
        return lengths + head

    @classmethod
    def read(cls, read_exactly: Callable[[int], bytes]) -> "Message":
        """The next message.

        Args:
            read_exactly: reads so many bytes.

        Raises:
            EOFError: the other side has ended.
        """
        head_length, length = LENGTHS.unpack(read_exactly(LENGTHS.size))
        head = json.loads(read_exactly(head_length))
        return cls(head, read_exactly(length))


def state_message(number: int, snapshot: ServedSnapshot) -> Message:
    """What to hold beside a snapshot.

    Args:
        number: of the state.
        snapshot: the snapshot as it is served.
    """
    head = {
        "kind": "state",
        "state": number,
        "record": snapshot.record.model_dump_json(),
        "first_seen_s": snapshot.first_seen_s,
        "shards": [],
    }
    scores = snapshot.live_verification
    if isinstance(scores, VerificationByShard):
        lengths = map(len, scores.contents)
        head["shards"] = list(zip(scores.stations, lengths, strict=True))
        return Message(head, b"".join(scores.contents))
    return Message(head, b"" if scores is None else json.dumps(scores).encode())


def live_verification_in(message: Message) -> Mapping[str, Any] | None:
    """The scores in a `state_message`; None where there are none."""
    shards = message.head["shards"]
    if shards:
        contents = _pieces(message.content, [length for _, length in shards])
        return VerificationByShard([stations for stations, _ in shards], contents)
    scores: Mapping[str, Any] | None = json.loads(message.content) if message.content else None
    return scores


def request_message(state: int | None, scope: Mapping[str, Any], body: bytes, id: str) -> Message:
    """A request to compute.

    Args:
        state: the number of the state that it is computed from; None before the first snapshot.
        scope: of ASGI.
        body: of the request.
        id: of the request, for errors and logs.
    """
    headers = _as_text(scope["headers"])
    head = {
        "kind": "request",
        "state": state,
        "id": id,
        "model": scope.get(MODEL, CHAMPION),
        "method": scope["method"],
        "path": scope["path"],
        "root_path": scope.get("root_path", ""),
        "query": scope["query_string"].decode("latin-1"),
        "headers": headers,
    }
    return Message(head, body)


def request_scope(head: Mapping[str, Any]) -> dict[str, Any]:
    """The ASGI scope of a `request_message`."""
    headers = _as_bytes(head["headers"])
    return {
        "type": "http",
        MODEL: head["model"],
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "server": None,
        "client": None,
        "method": head["method"],
        "path": head["path"],
        "raw_path": head["path"].encode(),
        "root_path": head["root_path"],
        "query_string": head["query"].encode("latin-1"),
        "headers": headers,
    }


def answer_message(answer: Answer) -> Message:
    """The reply to a `request_message`."""
    headers = _as_text(answer.headers)
    head = {
        "status": answer.status,
        "headers": headers,
        "parts": [[len(part.content), part.size, part.checksum] for part in answer.parts],
        "is_deflated": answer.is_deflated,
        "lasting": answer.lasting.as_header() if answer.lasting else None,
    }
    return Message(head, b"".join([part.content for part in answer.parts]))


def received_answer(reply: Message) -> Answer:
    """The answer of an `answer_message`."""
    head = reply.head
    headers = _as_bytes(head["headers"])
    pieces = _pieces(reply.content, [length for length, _, _ in head["parts"]])
    parts = []
    for piece, (_, size, checksum) in zip(pieces, head["parts"], strict=True):
        parts.append(Part(piece, size, checksum))
    lasting = Lasting.from_header(head["lasting"]) if head["lasting"] else None
    return Answer(
        head["status"],
        headers,
        tuple(parts),
        head["is_deflated"],
        lasting,
    )


def _as_text(headers: Headers) -> list[list[str]]:
    texts = []
    for name, value in headers:
        pair = [name.decode("latin-1"), value.decode("latin-1")]
        texts.append(pair)
    return texts


def _as_bytes(headers: Sequence[Sequence[str]]) -> Headers:
    encoded = []
    for name, value in headers:
        pair = (name.encode("latin-1"), value.encode("latin-1"))
        encoded.append(pair)
    return encoded


def _pieces(content: bytes, lengths: Sequence[int]) -> tuple[bytes, ...]:
    pieces, start = [], 0
    for length in lengths:
        pieces.append(content[start : start + length])
        start += length
    return tuple(pieces)
