"""What is to leave is written with its event or not at all, leaves in order, and is never lost or taken twice."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestrator.audit import Action
from orchestrator.errors import NotFound, Superseded
from orchestrator.progress import StudyStatus
from orchestrator.records import Records
from orchestrator.records.outbox import DeliveryState, Subscription
from orchestrator.release import Release, ReleaseEvent, endorsed_facts, release_of_draft
from orchestrator.report import DraftReport, Facts
from services.contract import Label
from tests.orchestrator.releases import addended, corrected, rejected, signed
from tests.orchestrator.small_clinic import draft, finding, study

SIGNED_ONLY = Subscription(
    destination="ris", events=frozenset({ReleaseEvent.SIGNED, ReleaseEvent.CORRECTED, ReleaseEvent.ADDENDED})
)
EVERYTHING = Subscription(destination="research", events=frozenset(ReleaseEvent))


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/records.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = Records.open(url)
    opened.outbox.subscribe([SIGNED_ONLY, EVERYTHING])
    yield opened
    for left in opened.outbox.list((DeliveryState.WAITING,), limit=1000):
        opened.outbox.bury(left, "the test has ended")
    opened.close()


def drafted(records: Records) -> DraftReport:
    sent = study()
    records.accept(sent, "a" * 64)
    made = draft(sent.study_id, Facts(findings=(finding(Label.EFFUSION).model_copy(update={"finding_id": "F1"}),)))
    assert records.keep_draft(made, 1, StudyStatus.DRAFTED, ())
    return made


def waiting(records: Records, study_id: str) -> list[tuple[str, str]]:
    found = records.outbox.list((DeliveryState.WAITING,), study_id)
    return sorted((one.destination, one.event) for one in found)


def test_a_draft_waits_only_for_who_opted_in(records):
    made = drafted(records)
    assert waiting(records, made.study_id) == [("research", "drafted")]


def test_a_draft_that_is_not_kept_leaves_no_message(records):
    made = drafted(records)
    again = made.model_copy(update={"draft_id": "another"})
    assert not records.keep_draft(again, 1, StudyStatus.DRAFTED, ())
    assert [one.key for one in records.outbox.list(study_id=made.study_id)] == [made.draft_id]


def test_a_refused_study_sends_nothing(records):
    sent = study()
    records.accept(sent, "a" * 64)
    records.keep_draft(draft(sent.study_id), 1, StudyStatus.REFUSED, (), "no film of a chest")
    assert waiting(records, sent.study_id) == []


def test_without_destinations_nothing_is_written(records):
    records.outbox.subscribe([])
    made = drafted(records)
    assert records.outbox.enqueue(signed(made)) == 0
    assert records.outbox.list(study_id=made.study_id) == ()


def test_a_retraction_goes_to_whoever_was_to_receive_something_and_to_nobody_else(records):
    unsigned, final = drafted(records), drafted(records)
    records.outbox.enqueue(rejected(unsigned))
    assert waiting(records, unsigned.study_id) == [("research", "drafted"), ("research", "rejected")]
    records.outbox.enqueue(signed(final))
    records.outbox.enqueue(rejected(final, signed(final)))
    assert ("ris", "rejected") in waiting(records, final.study_id)


def test_messages_of_a_study_are_taken_in_order_one_at_a_time(records):
    made = drafted(records)
    for release in (signed(made), corrected(made), addended(made, corrected(made))):
        records.outbox.enqueue(release)
    seen = []
    while taken := [one for one in records.outbox.claim("ris", 10, 60) if one.release.study_id == made.study_id]:
        assert len(taken) == 1
        assert not records.outbox.claim("ris", 10, 60), "the next one waits until this one is delivered"
        seen.append(taken[0].release)
        records.outbox.delivered(taken[0].delivery)
    assert seen == [signed(made), corrected(made), addended(made, corrected(made))]


def test_what_its_sender_left_is_taken_over_when_the_lease_ends(records):
    made = drafted(records)
    [first] = records.outbox.claim("research", 10, lease_s=0)
    [again] = records.outbox.claim("research", 10, lease_s=60)
    assert again.release == first.release == release_of_draft(made)
    assert (first.delivery.attempts, again.delivery.attempts) == (1, 2)


def test_nobody_takes_what_another_has(records):
    [drafted(records) for _ in range(8)]
    with ThreadPoolExecutor(4) as pool:
        taken = [one for part in pool.map(lambda _: records.outbox.claim("research", 3, 60), range(8)) for one in part]
    keys = [one.delivery.key for one in taken]
    assert len(keys) == len(set(keys)) == 8


def test_one_that_was_given_up_does_not_stop_the_next(records):
    made = drafted(records)
    records.outbox.enqueue(signed(made))
    [unsigned] = records.outbox.claim("research", 10, 60)
    records.outbox.bury(unsigned.delivery, "AR: drafts are not taken")
    [final] = records.outbox.claim("research", 10, 60)
    assert final.release.event is ReleaseEvent.SIGNED


def test_a_dead_letter_is_sent_again_unless_a_later_version_has_arrived(records):
    made = drafted(records)
    [unsigned] = records.outbox.claim("research", 10, 60)
    records.outbox.bury(unsigned.delivery, "AR")
    assert records.outbox.resend(made.draft_id) == 1
    [again] = records.outbox.claim("research", 10, 60)
    records.outbox.bury(again.delivery, "AR")
    records.outbox.enqueue(signed(made))
    [final] = records.outbox.claim("research", 10, 60)
    records.outbox.delivered(final.delivery)
    with pytest.raises(Superseded):
        records.outbox.resend(made.draft_id)
    with pytest.raises(NotFound):
        records.outbox.resend("no such key")


def test_what_was_delivered_stays_delivered_whatever_a_slower_sender_says(records):
    drafted(records)
    [one] = records.outbox.claim("research", 10, 60)
    records.outbox.delivered(one.delivery, "AA")
    records.outbox.later(one.delivery, 5, "timed out")
    records.outbox.bury(one.delivery, "given up")
    [kept] = [row for row in records.outbox.list() if row.key == one.delivery.key]
    assert (kept.state, kept.reason) == (DeliveryState.DELIVERED, "AA")


def test_the_event_and_its_message_are_there_together_or_not_at_all(tmp_path: Path):
    """A process is ended inside the transaction that keeps the draft, after the draft and before the message."""
    url = f"sqlite:///{tmp_path}/records.db"
    opened = Records.open(url)
    opened.outbox.subscribe([EVERYTHING])
    sent = study()
    opened.accept(sent, "a" * 64)
    opened.close()
    if (child := os.fork()) == 0:
        import orchestrator.records.records as module

        module.enqueue = lambda *_: os._exit(9)  # type: ignore[assignment]
        Records.open(url).keep_draft(draft(sent.study_id), 1, StudyStatus.DRAFTED, ())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    opened = Records.open(url)
    with pytest.raises(NotFound):
        opened.draft(sent.study_id)
    assert opened.keep_draft(draft(sent.study_id), 1, StudyStatus.DRAFTED, ())
    assert waiting(opened, sent.study_id) == [("research", "drafted")]
    opened.close()


def test_a_draft_cannot_be_signed_and_a_signed_report_cannot_be_without_a_signature(records):
    made = drafted(records)
    whole = signed(made)
    with pytest.raises(ValidationError):
        Release.model_validate(whole.model_copy(update={"signature": None}).model_dump())
    with pytest.raises(ValidationError):
        Release.model_validate({**release_of_draft(made).model_dump(), "signature": whole.signature})


def test_a_finding_whose_sentence_was_changed_or_dropped_is_not_told_coded(records):
    made = drafted(records)
    assert made.facts.findings
    assert signed(made).facts.findings == (), "its only sentence was edited"
    untouched = release_of_draft(made).sections
    assert endorsed_facts(made.facts, untouched).findings == made.facts.findings
    assert endorsed_facts(made.facts, ()).findings == ()


def test_the_audit_tells_what_went_where_and_what_did_not(records):
    made = drafted(records)
    records.outbox.enqueue(signed(made))
    for said in ("AA", None):
        [one] = [taken for taken in records.outbox.claim("research", 10, 60) if taken.release.study_id == made.study_id]
        records.outbox.delivered(one.delivery, said)
        records.outbox.delivered(one.delivery, said)
    [refused] = [taken for taken in records.outbox.claim("ris", 10, 60) if taken.release.study_id == made.study_id]
    records.outbox.bury(refused.delivery, "AE 102")
    records.outbox.resend(refused.delivery.key, "ris")
    told = [
        link.entry for link in records.audit.links(made.study_id) if link.entry.action in {Action.SEND, Action.RESEND}
    ]
    assert [(one.action, one.outcome, one.thing, one.version) for one in told] == [
        ("send", "done", "research", None),
        ("send", "done", "research", 1),
        ("send", "failed", "ris", 1),
        ("resend", "done", "ris", 1),
    ]
