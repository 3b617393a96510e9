"""The life of reports in the record: working copies, what was signed, what was rejected, who has read what is urgent.

A step is one transaction: the row of the study is locked, the table in :mod:`orchestrator.signing` says whether there
is such a step, and the report, its event and its message to the hospital are committed together or not at all. What was
signed or rejected is only ever added to; the database itself refuses to change it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from orchestrator.access import Person
from orchestrator.audit import Action, entry_of
from orchestrator.errors import NoSuchStep, NotAllowed, NotFound, Overtaken, RefusedInput
from orchestrator.progress import EventKind, StudyRecord
from orchestrator.records.audit import append as audit
from orchestrator.records.engine import reading, writing
from orchestrator.records.outbox import enqueue
from orchestrator.records.rows import append, locked, record_of, text_of, update
from orchestrator.records.tables import ACKNOWLEDGEMENTS, DRAFTS, REJECTIONS, REPORTS, SIGNED_REPORTS, STUDIES
from orchestrator.release import Release, ReleaseEvent, release_of_draft, release_of_rejection
from orchestrator.report import Acknowledgement, DraftReport
from orchestrator.signing import (
    Act,
    Rejection,
    ReportState,
    SignedReport,
    addend,
    correct,
    next_state,
    release_of,
    sign,
    signature_of,
)
from orchestrator.working_copy import Edit, WorkingCopy, carried_over, copy_of, edited
from services.contract import Fact


class Report(Fact):
    """Where the report of a study stands, with everything that a person made of it."""

    study_id: str
    state: ReportState
    number: int
    """Counts the steps; who takes one says which number was seen, so that nobody overwrites what he has not read."""
    copy_now: WorkingCopy
    latest_revision: int
    """The revision of the study; the copy is stale where it is made of an earlier one."""
    signed: tuple[SignedReport, ...] = ()
    """Every signed version, first to last."""
    rejection: Rejection | None = None
    """Of the revision the copy is made of."""
    acknowledgement: Acknowledgement | None = None

    @property
    def is_stale(self) -> bool:
        return self.copy_now.revision < self.latest_revision

    @property
    def version(self) -> int:
        """The last signed version; 0 where nobody has signed."""
        return self.signed[-1].version if self.signed else 0


class _Step(NamedTuple):
    """One report on its way from a state to the next, in its transaction."""

    connection: sa.Connection
    record: StudyRecord
    report: Report
    draft: DraftReport
    person: Person
    at: datetime

    def tell(self, kind: EventKind, action: Action, signed: SignedReport | None = None) -> None:
        """Append the event for those who listen, and the entry for those who ask later; and move the worklist."""
        about = {"version": signed.version, "content_sha256": signed.content_sha256} if signed else {}
        append(self.connection, update(self.connection, self.record), kind, detail=_told(signed))
        audit(self.connection, entry_of(self.person, action, study_id=self.record.study_id, **about))


class Reports:
    """Typed methods over the life of reports."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def report(self, study_id: str) -> Report:
        """Return where the report of a study stands.

        Raises
        ------
        NotFound
            If there is no such study, or no draft yet.
        """
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(STUDIES).where(STUDIES.c.study_id == study_id)).one_or_none()
            if row is None:
                raise NotFound("there is no such study")
            return _report(connection, record_of(row))

    def release(self, study_id: str) -> Release:
        """Return the signed report that is in force, as it leaves the house.

        Raises
        ------
        NotFound
            If there is no such study, or none of its reports is signed and in force.
        """
        report = self.report(study_id)
        if not report.state.is_signed:
            raise NotFound(f"no signed report is in force; the report is {report.state}")
        with reading(self._engine) as connection:
            return _release(connection, report.signed)

    def base(self, study_id: str, revision: int) -> DraftReport:
        """Return the draft of one revision, which a working copy or a signed report is made of."""
        with reading(self._engine) as connection:
            return _draft(connection, study_id, revision)

    def save(self, study_id: str, number: int, edit: Edit, person: Person) -> Report:
        """Keep a working copy, if nobody else saved since ``number``.

        Raises
        ------
        Overtaken
            If somebody did; nothing was overwritten.
        InvalidEdit
            If it leaves out or makes up sentences of the draft.
        """

        def step(at: _Step) -> None:
            copy = edited(at.report.copy_now, edit, at.draft)
            if copy != at.report.copy_now:
                _keep(at, Act.SAVE, copy.model_copy(update={"saved_at": at.at, "saved_by": person.subject}))
                at.tell(EventKind.SAVED, Action.SAVE)

        return self._take(study_id, number, person, step)

    def renew(self, study_id: str, number: int, person: Person) -> Report:
        """Begin again from the latest draft; what people did to the earlier one is kept where it fits."""

        def step(at: _Step) -> None:
            copy = carried_over(at.report.copy_now, copy_of(*_latest_draft(at.connection, at.record)))
            _keep(at, Act.SAVE, copy.model_copy(update={"saved_at": at.at, "saved_by": person.subject}))
            at.tell(EventKind.RENEWED, Action.RENEW)

        return self._take(study_id, number, person, step)

    def sign(
        self, study_id: str, number: int, person: Person, name: str | None = None, *, although_stale: bool = False
    ) -> Report:
        """Make what stands of the working copy a signed report.

        Raises
        ------
        NotAllowed
            If who acts is no person with the role.
        NoSuchStep
            If it is signed already, or rejected, or the copy is stale and that was not confirmed.
        """

        def step(at: _Step) -> None:
            _must_be_fresh(at.report, although_stale)
            made = sign(at.report.copy_now, signature_of(person, name, at.at), at.report.version + 1)
            _keep_signed(at, Act.SIGN, made)

        return self._take(study_id, number, person, step)

    def correct(
        self,
        study_id: str,
        number: int,
        person: Person,
        reason: str,
        name: str | None = None,
        *,
        although_stale: bool = False,
    ) -> Report:
        """Replace the signed report by what stands of the working copy now."""

        def step(at: _Step) -> None:
            next_state(at.report.state, Act.CORRECT)
            _must_be_fresh(at.report, although_stale)
            signature = signature_of(person, name, at.at)
            _keep_signed(at, Act.CORRECT, correct(at.report.signed[-1], at.report.copy_now, signature, reason))

        return self._take(study_id, number, person, step)

    def addend(self, study_id: str, number: int, person: Person, text: str, name: str | None = None) -> Report:
        """Add to the signed report."""

        def step(at: _Step) -> None:
            next_state(at.report.state, Act.ADDEND)
            _keep_signed(at, Act.ADDEND, addend(at.report.signed[-1], text, signature_of(person, name, at.at)))

        return self._take(study_id, number, person, step)

    def reject(self, study_id: str, number: int, person: Person, reason: str, name: str | None = None) -> Report:
        """Reject the draft, or withdraw what was signed; whoever received something of it is told."""

        def step(at: _Step) -> None:
            signer = signature_of(person, name, at.at)
            _keep(at, Act.REJECT, at.report.copy_now)
            made = Rejection(
                study_id=study_id,
                revision=at.report.copy_now.revision,
                draft_id=at.report.copy_now.draft_id,
                version=at.report.version if at.report.state.is_signed else 0,
                copy_rejected=at.report.copy_now,
                subject=signer.subject,
                name=signer.name,
                at=at.at,
                reason=reason,
            )
            row = {"study_id": study_id, "revision": made.revision, "at": text_of(at.at), "subject": made.subject}
            at.connection.execute(sa.insert(REJECTIONS).values(**row, document=made.model_dump_json()))
            at.tell(EventKind.REJECTED, Action.REJECT)
            in_force = at.report.state.is_signed
            before = _release(at.connection, at.report.signed) if in_force else release_of_draft(at.draft)
            enqueue(at.connection, release_of_rejection(before, at.at, reason))

        return self._take(study_id, number, person, step)

    def acknowledge(self, study_id: str, person: Person, name: str | None = None) -> Report:
        """Record that a person has read an urgent draft; said twice it stays as it was first said.

        Raises
        ------
        NoSuchStep
            If no rule asks for it.
        """

        def step(at: _Step) -> None:
            if at.draft.urgency is None:
                raise NoSuchStep("no rule calls this draft urgent; there is nothing to acknowledge")
            if at.report.acknowledgement is None:
                made = Acknowledgement(by=signature_of(person, name, at.at).name, at=at.at)
                row = {"study_id": study_id, "revision": at.report.copy_now.revision, "at": text_of(at.at)}
                values = {**row, "subject": person.subject, "document": made.model_dump_json()}
                at.connection.execute(sa.insert(ACKNOWLEDGEMENTS).values(values))
                at.tell(EventKind.ACKNOWLEDGED, Action.ACKNOWLEDGE)

        return self._take(study_id, None, person, step)

    def _take(self, study_id: str, number: int | None, person: Person, step: Callable[[_Step], None]) -> Report:
        """Take one step in one transaction; the report as it is afterwards."""
        if not person.may_sign:
            raise NotAllowed("only a person with the role radiologist works on a report")
        with writing(self._engine) as connection:
            record = locked(connection, study_id)
            report = _report(connection, record)
            if number is not None and number != report.number:
                raise Overtaken("somebody else worked on this report in the meantime; nothing was overwritten")
            draft = _draft(connection, study_id, report.copy_now.revision)
            step(_Step(connection, record, report, draft, person, datetime.now(UTC)))
            return _report(connection, record)


def is_signed(connection: sa.Connection, study_id: str) -> bool:
    """Whether a signed report is in force; then a next draft does not leave the house over it."""
    query = sa.select(REPORTS.c.state).where(REPORTS.c.study_id == study_id)
    state = connection.execute(query).scalar_one_or_none()
    return state is not None and ReportState(state).is_signed


def _told(signed: SignedReport | None) -> str | None:
    return None if signed is None else f"version {signed.version}"


def _must_be_fresh(report: Report, although_stale: bool) -> None:
    if report.is_stale and not although_stale:
        raise NoSuchStep("the copy is of an earlier draft than the latest; renew it, or confirm that it is meant")


def _keep_signed(at: _Step, act: Act, made: SignedReport) -> None:
    if not any(section.sentences for section in made.sections):
        raise RefusedInput("a report needs at least one sentence")
    if at.record.held:
        raise NoSuchStep("people must say whose study this is before anything of it is signed")
    _keep(at, act, at.report.copy_now)
    signer = made.addenda[-1].signature if act is Act.ADDEND else made.signature
    row = {
        "study_id": made.study_id,
        "version": made.version,
        "event": made.event,
        "revision": made.revision,
        "signed_at": text_of(signer.at),
        "subject": signer.subject,
        "content_sha256": made.content_sha256,
        "document": made.model_dump_json(),
    }
    at.connection.execute(sa.insert(SIGNED_REPORTS).values(row))
    at.tell(EventKind(made.event.value), Action(act.value), made)
    enqueue(at.connection, _release(at.connection, (*at.report.signed, made)))


def _release(connection: sa.Connection, signed: tuple[SignedReport, ...]) -> Release:
    """Return the last signed version as it leaves; each continues the one before it."""
    *earlier, last = signed
    begins = last.event is ReleaseEvent.SIGNED
    before = None if begins else _release(connection, tuple(earlier))
    return release_of(last, _draft(connection, last.study_id, last.revision), before)


def _keep(at: _Step, act: Act, copy: WorkingCopy) -> None:
    """Write where the report stands after an act; raises where the table has no such step."""
    row = {
        "state": next_state(at.report.state, act),
        "number": at.report.number + 1,
        "saved_at": text_of(at.at),
        "document": copy.model_dump_json(),
    }
    ours = sa.update(REPORTS).where(REPORTS.c.study_id == at.record.study_id)
    if not at.connection.execute(ours.values(row)).rowcount:
        at.connection.execute(sa.insert(REPORTS).values(study_id=at.record.study_id, **row))


def _report(connection: sa.Connection, record: StudyRecord) -> Report:
    row = connection.execute(sa.select(REPORTS).where(REPORTS.c.study_id == record.study_id)).one_or_none()
    if row is not None and row.document is not None:
        copy = WorkingCopy.model_validate_json(row.document)
    else:
        copy = copy_of(*_latest_draft(connection, record))
    return Report(
        study_id=record.study_id,
        state=ReportState.DRAFT if row is None else ReportState(row.state),
        number=0 if row is None else row.number,
        copy_now=copy,
        latest_revision=record.revision,
        signed=_signed(connection, record.study_id),
        rejection=_rejection(connection, copy),
        acknowledgement=_acknowledgement(connection, copy),
    )


def _signed(connection: sa.Connection, study_id: str) -> tuple[SignedReport, ...]:
    query = sa.select(SIGNED_REPORTS.c.document).where(SIGNED_REPORTS.c.study_id == study_id)
    documents = connection.execute(query.order_by(SIGNED_REPORTS.c.version)).scalars()
    return tuple(SignedReport.model_validate_json(document) for document in documents)


def _rejection(connection: sa.Connection, copy: WorkingCopy) -> Rejection | None:
    query = sa.select(REJECTIONS.c.document).where(
        REJECTIONS.c.study_id == copy.study_id, REJECTIONS.c.revision == copy.revision
    )
    document = connection.execute(query).scalar_one_or_none()
    return None if document is None else Rejection.model_validate_json(document)


def _acknowledgement(connection: sa.Connection, copy: WorkingCopy) -> Acknowledgement | None:
    query = sa.select(ACKNOWLEDGEMENTS.c.document).where(
        ACKNOWLEDGEMENTS.c.study_id == copy.study_id, ACKNOWLEDGEMENTS.c.revision == copy.revision
    )
    document = connection.execute(query).scalar_one_or_none()
    return None if document is None else Acknowledgement.model_validate_json(document)


def _latest_draft(connection: sa.Connection, record: StudyRecord) -> tuple[DraftReport, int]:
    query = sa.select(DRAFTS.c.document, DRAFTS.c.revision).where(DRAFTS.c.study_id == record.study_id)
    row = connection.execute(query.order_by(DRAFTS.c.revision.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFound(f"the study has no draft; its status is {record.status}")
    return DraftReport.model_validate_json(row.document), row.revision


def _draft(connection: sa.Connection, study_id: str, revision: int) -> DraftReport:
    query = sa.select(DRAFTS.c.document).where(DRAFTS.c.study_id == study_id, DRAFTS.c.revision == revision)
    document = connection.execute(query).scalar_one_or_none()
    if document is None:
        raise NotFound("the study has no draft of this revision")
    return DraftReport.model_validate_json(document)
