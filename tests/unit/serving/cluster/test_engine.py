"""Whatever runs a partition function, its results are those of this process, or an error says why
not."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.serving.cluster.partition_functions import (
    counted,
    doubled,
    mistaken,
    refusing,
    talkative,
)
from wearcast.errors import ClusterError, ModelError
from wearcast.serving.cluster import partition_calls
from wearcast.serving.cluster.engine import ThisProcess, open_engine, results
from wearcast.serving.cluster.partition_calls import Answer, Call, answered
from wearcast.serving.cluster.receipts import FOLDER, Receipts
from wearcast.serving.store.object_storage import FolderStorage

TASKS = ["1", "20", "300"]


@dataclass
class Altering:
    """An engine that does something to all answers on their way."""

    alter: Callable[[list[str]], list[str]]

    def answers(self, calls: Sequence[str]) -> Iterator[str]:
        return iter(self.alter([answered(call) for call in calls]))


def receipts(folder: Path, run: str = "one") -> Receipts:
    return Receipts(str(folder), run, timedelta(seconds=5))


def test_results_stand_in_the_order_of_their_tasks_whichever_comes_first():
    assert results(ThisProcess(), doubled, TASKS) == ["2", "40", "600"]
    assert results(Altering(lambda all: all[::-1]), doubled, TASKS) == ["2", "40", "600"]
    assert results(ThisProcess(), doubled, []) == []


def test_without_an_address_this_process_does_it():
    assert isinstance(open_engine(""), ThisProcess)


def test_an_error_that_people_can_act_on_comes_back_as_what_it_is():
    with pytest.raises(ModelError, match="20 holds no model"):
        results(ThisProcess(), refusing, ["20"])


def test_a_mistake_in_a_function_names_it():
    with pytest.raises(
        ClusterError, match=r"partition_functions:mistaken failed on a worker: Type"
    ):
        results(ThisProcess(), mistaken, ["1"])


def test_a_result_that_belongs_into_the_store_is_refused():
    with pytest.raises(ClusterError, match=r"returned 1,000,001 bytes, more than 1,000,000"):
        results(ThisProcess(), talkative, ["1"])


def test_a_function_that_no_worker_could_find_is_refused():
    with pytest.raises(ValueError, match="give a function of a module"):
        results(ThisProcess(), lambda task: task, ["1"])


def altered(answer: str, **fields: str) -> str:
    return replace(Answer.from_json(answer), **fields).to_json()


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda all: all[1:], "1 of 3 calls were never answered"),
        (lambda all: [altered(all[0], text="3"), *all[1:]], "isn't what its worker hashed"),
        (lambda all: [altered(all[0], call="f" * 64), *all], "ffffffffffff, which nobody made"),
        (lambda all: ["[1]", *all], "can't be read"),
        (lambda all: ["{}", *all], "can't be read"),
    ],
    ids=["lost", "changed", "strange", "no object", "empty"],
)
def test_an_answer_that_is_not_the_worker_s_is_never_taken(alter, said):
    with pytest.raises(ClusterError, match=said):
        results(Altering(alter), doubled, TASKS)


def test_a_worker_with_other_code_says_so(monkeypatch):
    call = Call.of(doubled, "1")
    monkeypatch.setattr(partition_calls, "made_with", lambda: "another release")
    with pytest.raises(ClusterError, match="a worker runs other code"):
        _ = Answer.from_json(answered(call.to_json())).result


@pytest.fixture
def task(tmp_path: Path) -> str:
    """A task that tells how often it was computed."""
    return json.dumps({"file": str(tmp_path / "computed")})


def times_computed(task: str) -> int:
    return Path(json.loads(task)["file"]).read_text().count("computed")


def test_a_call_that_is_made_again_in_its_run_is_not_computed_again(tmp_path, task):
    call = Call.of(counted, task, receipts(tmp_path / "store")).to_json()
    assert answered(call) == answered(call)
    assert times_computed(task) == 1
    answered(Call.of(counted, task, receipts(tmp_path / "store", "two")).to_json())
    assert times_computed(task) == 2


def test_a_kept_answer_that_is_broken_is_computed_again(tmp_path, task):
    call = Call.of(counted, task, receipts(tmp_path))
    whole = answered(call.to_json())
    [kept] = (tmp_path / FOLDER).iterdir()
    for broken in (whole[:40].encode(), b"\xff", altered(whole, text="{}").encode()):
        kept.write_bytes(broken)
        assert answered(call.to_json()) == whole
    assert times_computed(task) == 4


def test_an_error_is_never_kept(tmp_path):
    answered(Call.of(refusing, "1", receipts(tmp_path)).to_json())
    assert not (tmp_path / FOLDER).exists()


def test_when_all_is_there_nothing_is_kept_any_longer(tmp_path, task):
    storage = FolderStorage(tmp_path)
    storage.put(f"{FOLDER}/of-another-run.json", b"{}")
    assert results(ThisProcess(), counted, [task], receipts(tmp_path)) == [task]
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["of-another-run.json"]


@given(st.text(), st.none() | st.text(min_size=1))
def test_calls_and_answers_survive_the_way(task, run):
    kept = receipts(Path("store"), run) if run else None
    call = Call.of(doubled, task, kept)
    assert Call.from_json(call.to_json()) == call
    answer = Answer.of(call, task)
    assert Answer.from_json(answer.to_json()) == answer
    assert answer.result == task
