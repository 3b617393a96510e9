"""The record keeps what it accepted, once, whatever is tried at the same time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.errors import KeyReused, Misconfigured, NotFound, RecordsUnavailable
from orchestrator.progress import EventKind, StudyStatus
from orchestrator.records import Records
from services.contract import Label
from tests.orchestrator.small_clinic import draft, finding, result, study

CONTENT = "a" * 64


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def records(database_url: str):
    opened = Records.open(database_url)
    yield opened
    opened.close()


def test_an_accepted_study_is_queued_and_comes_back_as_it_was(records):
    sent = study()
    accepted = records.accept(sent, CONTENT)
    assert accepted.created
    assert records.record(sent.study_id).status is StudyStatus.QUEUED
    assert records.study(sent.study_id) == sent
    assert [event.kind for event in records.events(sent.study_id)] == [EventKind.QUEUED]


def test_what_was_accepted_is_there_after_a_restart(records, database_url):
    sent = study()
    records.accept(sent, CONTENT)
    records.close()
    again = Records.open(database_url)
    assert again.study(sent.study_id) == sent
    again.close()


def test_the_same_key_and_content_is_the_same_study(records):
    first = records.accept(study(), CONTENT, f"key-{CONTENT[:4]}-{id(records)}")
    second = records.accept(study(), CONTENT, f"key-{CONTENT[:4]}-{id(records)}")
    assert not second.created
    assert second.record.study_id == first.record.study_id


def test_the_same_key_with_other_content_is_refused(records):
    key = f"other-{id(records)}"
    records.accept(study(), CONTENT, key)
    with pytest.raises(KeyReused):
        records.accept(study(), "b" * 64, key)


def test_twenty_uploads_with_one_key_at_once_make_one_study(records):
    key = f"race-{id(records)}"
    with ThreadPoolExecutor(10) as pool:
        accepted = list(pool.map(lambda _: records.accept(study(), CONTENT, key), range(20)))
    assert len({one.record.study_id for one in accepted}) == 1
    assert sum(one.created for one in accepted) == 1


def test_events_are_numbered_without_a_gap_however_many_write(records):
    sent = study()
    records.accept(sent, CONTENT)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: records.note(sent.study_id, EventKind.STAGE, stage=f"stage {n}"), range(40)))
    assert [event.number for event in records.events(sent.study_id)] == list(range(1, 42))
    assert [event.number for event in records.events(sent.study_id, after=39)] == [40, 41]


def test_two_workers_cannot_keep_two_drafts(records):
    sent = study()
    records.accept(sent, CONTENT)
    drafts = [draft(sent.study_id) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        kept = list(pool.map(lambda one: records.keep_draft(one, 1, StudyStatus.DRAFTED, ()), drafts))
    assert sum(kept) == 1
    assert records.draft(sent.study_id) == drafts[kept.index(True)]
    assert sum(event.kind is EventKind.DRAFTED for event in records.events(sent.study_id)) == 1


def test_what_the_specialists_said_is_kept_with_the_draft(records):
    sent = study()
    records.accept(sent, CONTENT)
    said = (result("chest_radiograph", finding(Label.EFFUSION)),)
    records.keep_draft(draft(sent.study_id), 1, StudyStatus.DRAFTED, said)
    assert records.specialist_results(sent.study_id) == said


def test_a_drafted_study_is_not_begun_nor_failed_again(records):
    sent = study()
    records.accept(sent, CONTENT)
    records.begin(sent.study_id, 1)
    records.keep_draft(draft(sent.study_id), 1, StudyStatus.DRAFTED, ())
    assert records.begin(sent.study_id, 2).status is StudyStatus.DRAFTED
    records.fail(sent.study_id, "too late")
    records.note(sent.study_id, EventKind.STAGE, stage="too late")
    assert records.record(sent.study_id).status is StudyStatus.DRAFTED
    assert records.events(sent.study_id)[-1].kind is EventKind.DRAFTED


def test_unfinished_studies_are_found_oldest_first_and_finished_ones_are_not(records):
    queued, drafted, failed = study(), study(), study()
    for one in (queued, drafted, failed):
        records.accept(one, CONTENT)
    records.keep_draft(draft(drafted.study_id), 1, StudyStatus.DRAFTED, ())
    records.fail(failed.study_id, "it was tried five times")
    names = [study_id for study_id, _ in records.unfinished(older_than_s=0)]
    assert queued.study_id in names
    assert not {drafted.study_id, failed.study_id} & set(names)
    assert queued.study_id not in [study_id for study_id, _ in records.unfinished(older_than_s=60)]


def test_a_reopened_study_is_queued_as_its_next_revision_and_the_old_one_cannot_be_kept_for_it(records):
    sent = study()
    records.accept(sent, CONTENT)
    records.begin(sent.study_id, 1)
    reopened = records.reopen(sent.study_id, "an order came")
    assert (reopened.revision, reopened.status, reopened.attempt) == (2, StudyStatus.QUEUED, 0)
    assert not records.keep_draft(draft(sent.study_id), 1, StudyStatus.DRAFTED, ())
    records.fail(sent.study_id, "the worker of the old revision was lost", 1)
    assert records.record(sent.study_id).status is StudyStatus.QUEUED
    assert records.keep_draft(draft(sent.study_id), 2, StudyStatus.DRAFTED, ())
    assert [event.revision for event in records.events(sent.study_id)] == [1, 1, 2, 2]
    with pytest.raises(NotFound):
        records.reopen("nobody-knows", "an order came")


def test_pages_of_studies_hold_each_study_once(records):
    sent = [study() for _ in range(7)]
    for one in sent:
        records.accept(one, CONTENT)
    pages, before = [], None
    while page := records.latest(3, before):
        pages += [record.study_id for record in page]
        before = pages[-1]
    assert pages[:7] == [one.study_id for one in reversed(sent)]
    assert len(set(pages)) == len(pages)


def test_a_study_without_a_draft_says_so(records):
    sent = study()
    records.accept(sent, CONTENT)
    with pytest.raises(NotFound, match="queued"):
        records.draft(sent.study_id)
    with pytest.raises(NotFound):
        records.record("nobody-knows")


def test_several_processes_may_start_at_once(database_url):
    code = f"from orchestrator.records import Records; Records.open({database_url!r}).check()"
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [process.wait() for process in started] == [0, 0, 0, 0]


def test_a_killed_writer_loses_nothing_that_was_acknowledged(tmp_path):
    """Kill -9 while studies are accepted as fast as possible: every study named on the pipe is there."""
    url = f"sqlite:///{tmp_path}/records.db"
    code = textwrap.dedent(f"""
        from orchestrator.records import Records
        from tests.orchestrator.small_clinic import study
        records = Records.open({url!r})
        while True:
            print(records.accept(study(), "a" * 64).record.study_id, flush=True)
    """)
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    acknowledged = [writer.stdout.readline().strip() for _ in range(25)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += [line.strip() for line in writer.stdout.read().splitlines() if len(line.strip()) == 16]
    writer.wait()
    records = Records.open(url)
    assert all(records.record(study_id).status is StudyStatus.QUEUED for study_id in acknowledged)
    assert all(len(records.events(study_id)) == 1 for study_id in acknowledged)
    records.close()


def test_a_wrong_url_is_misconfigured_and_a_dead_database_unavailable():
    with pytest.raises(Misconfigured):
        Records.open("not a url")
    with pytest.raises(RecordsUnavailable):
        Records.open("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")
