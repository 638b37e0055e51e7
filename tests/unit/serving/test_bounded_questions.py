"""Questions of a run have a time together, and a service that can't be reached isn't asked on."""

import threading
from collections import Counter

from wearcast.errors import PassingError, QuotaError, SourceError
from wearcast.serving.refresh.bounded_questions import BoundedQuestions, Question


def question(answer):
    def ask():
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Question("it is missing", ask)


def test_what_has_used_the_time_up_leaves_none_for_what_follows():
    questions, failures, end = BoundedQuestions(0.1), Counter(), threading.Event()
    assert questions.answers([Question("it is late", end.wait), question(1)], failures) == []
    end.set()
    assert questions.answers([question(2)], failures) == []
    assert questions.left_s == 0
    assert failures == {"late": 3}


def test_a_service_that_fails_twice_in_a_row_is_given_up(caplog):
    questions, failures = BoundedQuestions(60), Counter()
    passing = question(PassingError("busy"))
    asked = [passing, question(1), passing, question(SourceError("odd")), passing, question(2)]
    assert questions.answers(asked, failures) == [1]
    assert failures == {"PassingError": 4, "SourceError": 1}
    assert questions.answers([question(3)], failures) == []
    assert "not asked for any more: busy" in caplog.text


def test_a_quota_that_is_used_up_is_not_asked_for_again():
    questions, failures = BoundedQuestions(60), Counter()
    assert questions.answers([question(QuotaError("all")), question(1)], failures) == []
    assert failures == {"QuotaError": 2}
