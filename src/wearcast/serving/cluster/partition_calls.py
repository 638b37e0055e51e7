"""A call of a partition function, as it goes to a worker, and its answer, as it comes back.

Both are JSON. A call holds the name of a function and its task; where it says where answers are
kept, whoever makes it again, because a worker was killed before its answer was read, gets the same
answer and computes nothing.
"""

import hashlib
import importlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

from wearcast import errors
from wearcast.errors import ClusterError, WearcastError
from wearcast.serving.cluster.made_with import made_with
from wearcast.serving.cluster.receipts import Receipts

_LOG: Final = logging.getLogger(__name__)
MAX_RESULT_BYTES: Final = 1_000_000
"""Hashes, counts, scores and reasons of a partition fit; what is larger belongs into the store."""

PartitionFunction = Callable[[str], str]
"""Takes a task and returns a result, both JSON. It stands in a module that workers can import, and
whoever calls it again with the same task gets the same result."""


@dataclass(frozen=True)
class Call:
    """A call of a partition function.

    Attributes:
        function: its module and name, with a colon between.
        task: what it is called with.
        made_with: the code and libraries that must make the result (`made_with`).
        receipts: where the answer is kept; None for nowhere.
    """

    function: str
    task: str
    made_with: str
    receipts: Receipts | None = None

    @classmethod
    def of(cls, function: PartitionFunction, task: str, receipts: Receipts | None = None) -> "Call":
        """The call of a function that a worker finds by its name.

        Raises:
            ValueError: it can't be found so.
        """
        name = f"{function.__module__}:{function.__qualname__}"
        if "." in function.__qualname__ or _found(name) is not function:
            raise ValueError(f"{name} can't be found by its name: give a function of a module")
        return cls(name, task, made_with(), receipts)

    @property
    def key(self) -> str:
        """The hash of the whole call."""
        return _hash(self.to_json())

    def to_json(self) -> str:
        """The call as it goes to a worker."""
        content = asdict(self)
        if self.receipts:
            content["receipts"]["timeout"] = self.receipts.timeout.total_seconds()
        return json.dumps(content, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Call":
        """The call that `to_json` wrote."""
        content = json.loads(text)
        kept = content.pop("receipts")
        receipts = None
        if kept:
            timeout = timedelta(seconds=kept.pop("timeout"))
            receipts = Receipts(**kept, timeout=timeout)
        return cls(**content, receipts=receipts)


@dataclass(frozen=True)
class Answer:
    """The answer to a call.

    Attributes:
        call: the call's key.
        error: the name of the error that the function ended with; empty where it did not.
        text: its result, or what the error says.
        sha256: of the text.
    """

    call: str
    error: str
    text: str
    sha256: str

    @classmethod
    def of(cls, call: Call, text: str, error: str = "") -> "Answer":
        """The answer to a call with this result, or this error."""
        return cls(call.key, error, text, _hash(text))

    @property
    def result(self) -> str:
        """The result.

        Raises:
            WearcastError: the error that the function ended with.
        """
        if not self.error:
            return self.text
        kind = getattr(errors, self.error, ClusterError)
        raise kind(self.text)

    def to_json(self) -> str:
        """The answer as it comes back."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Answer":
        """The answer that `to_json` wrote.

        Raises:
            ClusterError: it is none, or its text isn't what was hashed.
        """
        try:
            answer = cls(**json.loads(text))
            found = _hash(answer.text)
        except (ValueError, TypeError, AttributeError) as error:
            raise ClusterError(f"an answer of a worker can't be read: {error}.") from error
        if found != answer.sha256:
            raise ClusterError(
                f"the answer to call {answer.call[:12]} isn't what its worker hashed. Run it again."
            )
        return answer


def answered(call_text: str) -> str:
    """What a worker does with a call: the answer that is kept, or else a new one.

    Errors come back as answers, since an exception would have to be pickled.
    """
    call = Call.from_json(call_text)
    try:
        answer = kept_answer(call) or _computed(call)
    except WearcastError as error:
        answer = Answer.of(call, str(error), type(error).__name__)
    except Exception as error:  # noqa: BLE001 - a mistake in a function has to come back too
        _LOG.exception("%s failed", call.function)
        said = f"{call.function} failed on a worker: {error!r}. The worker's log has more."
        answer = Answer.of(call, said, ClusterError.__name__)
    return answer.to_json()


def _computed(call: Call) -> Answer:
    if call.made_with != made_with():
        raise ClusterError(
            "a worker runs other code than whoever asks it, or other versions of Python, numpy,"
            " onnxruntime, pandas or pyarrow. Bring all machines to one release."
        )
    result = _found(call.function)(call.task)
    size = len(result.encode())
    if size > MAX_RESULT_BYTES:
        raise ClusterError(
            f"{call.function} returned {size:,} bytes, more than {MAX_RESULT_BYTES:,}. Give it"
            " smaller partitions."
        )
    answer = Answer.of(call, result)
    if call.receipts:
        call.receipts.keep(call.key, answer.to_json().encode())
    return answer


def kept_answer(call: Call) -> Answer | None:
    """The answer that is kept; None where there is none, or a broken one.

    Raises:
        StoreError: the storage can't be reached.
    """
    if not call.receipts:
        return None
    content = call.receipts.kept(call.key, 2 * MAX_RESULT_BYTES)
    if content is None:
        return None
    try:
        return Answer.from_json(content.decode())
    except (ClusterError, UnicodeDecodeError) as error:
        _LOG.warning("a kept answer is broken, and computed again: %s", error)
        return None


def _found(name: str) -> PartitionFunction:
    """The function of this name."""
    module, _, function = name.partition(":")
    found: PartitionFunction = getattr(importlib.import_module(module), function)
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
