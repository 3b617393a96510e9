"""Which study is read next: a rule decides, and says why."""

from __future__ import annotations

import pytest

from orchestrator.progress import StudyStatus
from orchestrator.reading_room.board import WorklistBoard
from orchestrator.records import Records
from orchestrator.report import Facts
from orchestrator.rules.urgency import urgency_of
from services.contract import Label, Likelihood
from tests.orchestrator.small_clinic import draft, finding, image, study


@pytest.fixture
def records(tmp_path) -> Records:
    opened = Records.open(f"sqlite:///{tmp_path}/wetread.db")
    yield opened
    opened.close()


def accept(records: Records, *said: tuple[Label, Likelihood], **patient) -> str:
    """Record a study with a draft that says this."""
    facts = Facts(findings=tuple(finding(label, likelihood) for label, likelihood in said))
    one = study(image(view_position="PA"), **patient)
    records.accept(one, one.study_id)
    made = draft(one.study_id, facts).model_copy(update={"urgency": urgency_of(facts)})
    records.keep_draft(made, 1, StudyStatus.DRAFTED, ())
    return one.study_id


def order_of(board: WorklistBoard) -> list[str]:
    return [row.study_id for row in board.look().studies]


def test_minutes_come_before_hours_before_days_before_routine(records):
    routine = accept(records, (Label.CARDIOMEGALY, Likelihood.PRESENT))
    days = accept(records, (Label.NODULE, Likelihood.PRESENT))
    hours = accept(records, (Label.PNEUMONIA, Likelihood.PRESENT))
    minutes = accept(records, (Label.PNEUMOTHORAX, Likelihood.PRESENT))
    board = WorklistBoard(records)
    assert order_of(board) == [minutes, hours, days, routine]
    first = board.look().studies[0]
    assert first.urgency.why == "pneumothorax: a pneumothorax may come under tension"
    assert (first.due_at - first.accepted_at).total_seconds() == 3600


def test_a_study_that_failed_stands_before_what_can_wait_and_says_why(records):
    routine = accept(records)
    one = study()
    records.accept(one, one.study_id)
    records.fail(one.study_id, "tried 5 times; the specialists did not answer")
    board = WorklistBoard(records)
    assert order_of(board) == [one.study_id, routine]
    assert board.look().studies[0].reason == "tried 5 times; the specialists did not answer"


def test_of_two_equally_urgent_studies_the_older_comes_first(records):
    first = accept(records, (Label.PNEUMONIA, Likelihood.PRESENT))
    second = accept(records, (Label.PNEUMONIA, Likelihood.PRESENT))
    assert order_of(WorklistBoard(records)) == [first, second]


def test_a_row_tells_who_what_and_what_the_draft_calls_present(records):
    accept(records, (Label.EFFUSION, Likelihood.LIKELY), (Label.PNEUMONIA, Likelihood.ABSENT), patient_id="P-1")
    [row] = WorklistBoard(records).look().studies
    assert (row.patient, row.patient_id, row.views) == ("NAME CANARY", "P-1", ("PA",))
    assert row.present == ("pleural effusion",)


def test_a_study_that_moves_is_told_anew(records):
    one = study()
    records.accept(one, one.study_id)
    board = WorklistBoard(records)
    assert board.look().studies[0].status is StudyStatus.QUEUED
    records.begin(one.study_id, 1)
    assert board.look().studies[0].status is StudyStatus.RUNNING


def test_the_page_comes_with_a_policy_that_lets_nothing_in_and_nothing_out(reading_room):
    for path in ("/", "/reading-room/page.js", "/reading-room/style/page.css"):
        answer = reading_room.line.http.get(path)
        assert answer.status_code == 200
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["require-trusted-types-for"] == "'script'"
        allowed = {word for name, words in policy.items() if name.endswith("-src") for word in words.split()}
        assert allowed == {"'none'", "'self'"}
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_outside_the_page_is_served(reading_room):
    for path in ("/reading-room/../board.py", "/reading-room/%2e%2e/board.py", "/reading-room/..%2fhanging.py"):
        assert reading_room.line.http.get(path).status_code == 404
