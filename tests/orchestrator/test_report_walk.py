"""Random walks over a report's life: whoever tries whatever in whatever order, nothing is final without a signature.

The long walk goes over the functions that make a signed report (100,000 steps); the short one over the record, with its
database, events, audit and outbox.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from orchestrator.access import LOCAL_PERSON, How, Person, Role
from orchestrator.audit import Action
from orchestrator.errors import WetreadError
from orchestrator.progress import StudyStatus
from orchestrator.records import Records
from orchestrator.records.outbox import Subscription
from orchestrator.release import SIGNED_EVENTS, Release, ReleaseEvent
from orchestrator.report import DraftReport, Facts
from orchestrator.signing import (
    Act,
    ReportState,
    SignedReport,
    addend,
    correct,
    next_state,
    release_of,
    sign,
    signature_of,
)
from orchestrator.working_copy import Decision, EditedSection, EditedSentence, WorkingCopy, copy_of
from orchestrator.working_copy import Edit as WholeEdit
from services.contract import Label
from tests.orchestrator.small_clinic import draft, finding, study

STEPS = 100_000
STEPS_ON_THE_RECORD = 250

ADA = Person(subject="ada", name="Dr Ada Nowak", roles=frozenset({Role.RADIOLOGIST}), how=How.TOKEN, is_human=True)
BO = Person(subject="key:0123456789ab", name="Dr Bo Li", roles=frozenset(Role), how=How.KEY, is_human=True)
VIEWER = Person(subject="vera", name="Vera", roles=frozenset({Role.VIEWER}), how=How.TOKEN, is_human=True)
ADMIN = Person(subject="root", name="Root", roles=frozenset({Role.ADMIN}), how=How.TOKEN, is_human=True)
RIS = Person(subject="key:ris", roles=frozenset({Role.INTEGRATION}), how=How.KEY)
ROBOT = Person(subject="robot", roles=frozenset(Role), how=How.TOKEN, is_human=False)
ACTORS = (ADA, BO, VIEWER, ADMIN, RIS, ROBOT, LOCAL_PERSON)
CAN_SIGN = {ADA.subject, BO.subject, LOCAL_PERSON.subject}
NAMES = (None, "", "  ", "Dr Cy Okoye")


def small_draft(study_id: str) -> DraftReport:
    seen = finding(Label.EFFUSION).model_copy(update={"finding_id": "F1"})
    return draft(study_id, Facts(findings=(seen,)))


class Walk:
    """One report in memory, and a ledger of the signatures that people gave."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.draft = small_draft("walked")
        self.copy: WorkingCopy = copy_of(self.draft, 1)
        self.state = ReportState.DRAFT
        self.versions: list[SignedReport] = []
        self.ledger: set[tuple[str, datetime]] = set()
        self.refused = 0

    def step(self) -> None:
        actor, act = self.chance.choice(ACTORS), self.chance.choice(tuple(Act))
        try:
            self._take(actor, act)
        except (WetreadError, ValidationError, IndexError):
            self.refused += 1
        self.check()

    def _take(self, actor: Person, act: Act) -> None:
        state = next_state(self.state, act)
        if act in {Act.SIGN, Act.CORRECT, Act.ADDEND}:
            signature = signature_of(actor, self.chance.choice(NAMES), datetime.now(UTC))
            self.ledger.add((signature.subject, signature.at))
            made = {
                Act.SIGN: lambda: sign(self.copy, signature, len(self.versions) + 1),
                Act.CORRECT: lambda: correct(self.versions[-1], self.copy, signature, "It was wrong."),
                Act.ADDEND: lambda: addend(self.versions[-1], "More.", signature),
            }[act]()
            self.versions = [*self.versions[-3:], made] if len(self.versions) < 50 else [made]
        elif act is Act.SAVE:
            self.copy = self._edited()
        elif act is Act.REJECT:
            signature_of(actor, self.chance.choice(NAMES), datetime.now(UTC))
        if state is ReportState.DRAFT:
            self.versions = []
        self.state = state

    def _edited(self) -> WorkingCopy:
        """Somebody changes a word, or throws a sentence out."""
        [first, *rest] = self.copy.sections
        decision = self.chance.choice((None, Decision.ACCEPTED, Decision.REJECTED))
        sentences = tuple(one.model_copy(update={"decision": decision}) for one in first.sentences)
        return self.copy.model_copy(update={"sections": (first.model_copy(update={"sentences": sentences}), *rest)})

    def check(self) -> None:
        """Final means signed by a person of the ledger, with the content that was signed."""
        if not self.state.is_signed:
            return
        last = self.versions[-1]
        given = last.addenda[-1].signature if last.event is ReleaseEvent.ADDENDED else last.signature
        assert (given.subject, given.at) in self.ledger
        assert given.subject in CAN_SIGN
        assert given.name.strip()


def test_a_hundred_thousand_steps_and_nothing_is_final_without_a_signature():
    chance = random.Random(20260302)
    walk, finals = Walk(chance), 0
    for number in range(STEPS):
        if number % 500 == 0:
            walk = Walk(chance)
        walk.step()
        finals += walk.state.is_signed
    assert finals > STEPS / 20, "the walk gets there often enough to mean something"
    assert walk.refused > 100


def test_a_signed_report_that_was_changed_is_none():
    copy = copy_of(small_draft("s-1"), 1)
    signed = sign(copy, signature_of(ADA, None, datetime.now(UTC)), 1)
    document = signed.model_dump_json()
    assert SignedReport.model_validate_json(document) == signed
    for damage in (('"Dr Ada Nowak"', '"Dr Eve"'), ("effusion", "nodule"), ('"version":1', '"version":2')):
        with pytest.raises(ValidationError, match="hash differs"):
            SignedReport.model_validate_json(document.replace(*damage))
    with pytest.raises(ValidationError):
        SignedReport.model_validate({**signed.model_dump(), "event": "drafted"})
    with pytest.raises(ValidationError):
        Release.model_validate({**release_of(signed, small_draft("s-1"), None).model_dump(), "signature": None})


def attempt(records: Records, study_id: str, chance: random.Random) -> None:
    """Somebody tries something, with the newest ETag or an old one."""
    reports, actor, name = records.reports, chance.choice((ADA, BO, LOCAL_PERSON, *ACTORS)), chance.choice(NAMES)
    report = reports.report(study_id)
    number = report.number - (chance.random() < 0.2)
    stale = {"although_stale": chance.random() < 0.5}
    act = chance.choice((*Act, Act.SAVE, Act.SIGN, "renew", "acknowledge", "draft"))
    if act is Act.SAVE:
        reports.save(study_id, number, random_edit(report.copy_now, chance), actor)
    elif act is Act.SIGN:
        reports.sign(study_id, number, actor, name, **stale)
    elif act is Act.CORRECT:
        reports.correct(study_id, number, actor, "It was wrong.", name, **stale)
    elif act is Act.ADDEND:
        reports.addend(study_id, number, actor, "More.", name)
    elif act is Act.REJECT:
        reports.reject(study_id, number, actor, "Not this one.", name)
    elif act == "renew":
        reports.renew(study_id, number, actor)
    elif act == "acknowledge":
        reports.acknowledge(study_id, actor, name)
    elif act is Act.REOPEN:
        records.reopen(study_id, "an order came")
    else:
        revision = records.record(study_id).revision
        records.keep_draft(small_draft(study_id), revision, StudyStatus.DRAFTED, ())


def random_edit(copy: WorkingCopy, chance: random.Random) -> WholeEdit:
    decisions = (None, Decision.ACCEPTED, Decision.REJECTED)
    return WholeEdit(
        sections=tuple(
            EditedSection(
                name=section.name,
                sentences=tuple(
                    EditedSentence(
                        sentence_id=one.sentence_id,
                        text=chance.choice((one.text, "Other words.")),
                        decision=Decision.ADDED if one.author is None else chance.choice(decisions),
                    )
                    for one in section.sentences
                ),
            )
            for section in copy.sections
        )
    )


def test_a_walk_over_the_record_leaves_no_final_without_signature_event_entry_and_message(tmp_path):
    chance = random.Random(7)
    records = Records.open(f"sqlite:///{tmp_path}/records.db")
    records.outbox.subscribe([Subscription(destination="ris", events=frozenset(ReleaseEvent))])
    received = [study() for _ in range(5)]
    for one in received:
        records.accept(one, "a" * 64)
        records.keep_draft(small_draft(one.study_id), 1, StudyStatus.DRAFTED, ())
    for _ in range(STEPS_ON_THE_RECORD):
        with suppress(WetreadError):
            attempt(records, chance.choice(received).study_id, chance)
    signatures = 0
    for one in received:
        report = records.reports.report(one.study_id)
        assert report.state.is_signed <= bool(report.signed)
        told = [event.kind for event in records.events(one.study_id) if event.kind in set(SIGNED_EVENTS)]
        entries = [link.entry for link in records.audit.links(one.study_id) if link.entry.content_sha256]
        left = [message for message in records.outbox.list(study_id=one.study_id) if message.event in SIGNED_EVENTS]
        assert len(told) == len(entries) == len(left) == len(report.signed)
        assert [entry.content_sha256 for entry in entries] == [version.content_sha256 for version in report.signed]
        assert {entry.action for entry in entries} <= {Action.SIGN, Action.CORRECT, Action.ADDEND}
        assert {entry.subject for entry in entries} <= CAN_SIGN
        signatures += len(report.signed)
    assert signatures > 5
    assert records.audit.faults() == ()
    records.close()
