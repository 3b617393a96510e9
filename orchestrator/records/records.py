"""Typed methods of the record: studies, drafts, what the specialists said, and events.

The database is the truth. A study is accepted, and a draft is kept, in one transaction each; one draft
per study and revision is a primary key, so that no two workers can make two. Methods block: call them
in a thread (:func:`asyncio.to_thread`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from pydantic import TypeAdapter

from orchestrator.access import LOCAL_PERSON, Person
from orchestrator.errors import KeyReused, NotFound
from orchestrator.orders.issuers import Issuers
from orchestrator.progress import Event, EventKind, StudyRecord, StudyStatus
from orchestrator.records.access import Access, assign, open_to
from orchestrator.records.arrivals import Arrivals
from orchestrator.records.audit import Audit
from orchestrator.records.conversations import ConversationRecords
from orchestrator.records.engine import Duplicate, connect, migrate, reading, writing
from orchestrator.records.feedback import FeedbackRecords
from orchestrator.records.fetches import Fetches
from orchestrator.records.orders import Orders
from orchestrator.records.outbox import Outbox, enqueue
from orchestrator.records.reports import Reports, is_signed
from orchestrator.records.rereadings import Rereadings
from orchestrator.records.rows import append, columns_of, locked, record_of, reopen, text_of, update
from orchestrator.records.tables import DRAFTS, EVENTS, STUDIES
from orchestrator.records.vault import Vault
from orchestrator.records.worklist import WorklistRecords
from orchestrator.release import release_of_draft
from orchestrator.report import DraftReport
from orchestrator.study import Study
from services.contract import SpecialistResult

_RESULTS = TypeAdapter(tuple[SpecialistResult, ...])
_UNFINISHED = (StudyStatus.QUEUED, StudyStatus.RUNNING)


class Accepted(NamedTuple):
    """A study that is safely recorded, and whether this call was the one that did it."""

    record: StudyRecord
    created: bool


class Records:
    """Typed methods over one database; nothing outside this file writes SQL."""

    def __init__(self, engine: sa.Engine, issuers: Issuers | None = None, department: str | None = None) -> None:
        self._engine = engine
        self._department = department
        self.orders = Orders(engine, issuers or Issuers())
        self.outbox = Outbox(engine)
        self.arrivals = Arrivals(engine)
        self.fetches = Fetches(engine)
        self.vault = Vault(engine)
        self.conversations = ConversationRecords(engine)
        self.worklist = WorklistRecords(engine)
        self.feedback = FeedbackRecords(engine)
        self.rereadings = Rereadings(engine)
        self.reports = Reports(engine)
        self.access = Access(engine)
        self.audit = Audit(engine)

    @classmethod
    def open(cls, database_url: str, issuers: Issuers | None = None, department: str | None = None) -> Records:
        """Connect and bring the tables up to date.

        Parameters
        ----------
        issuers
            Who gives patient identifiers in this hospital.
        department
            Of a study that comes without one.

        Raises
        ------
        Misconfigured
            If the URL cannot be understood.
        RecordsUnavailable
            If the database does not answer.
        """
        engine = connect(database_url)
        migrate(engine)
        return cls(engine, issuers, department)

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def check(self) -> None:
        """Raise :class:`RecordsUnavailable` unless the database answers."""
        with reading(self._engine) as connection:
            connection.execute(sa.select(sa.literal(1)))

    def accept(
        self,
        study: Study,
        content_sha256: str,
        idempotency_key: str | None = None,
        seconds: float | None = None,
        *,
        department: str | None = None,
    ) -> Accepted:
        """Record a study as queued, with its first event; committed when this returns.

        Orders that wait for it give it their words. Where one may be meant and names another patient, the study is
        held: it is recorded, and not drafted until people have looked.

        Parameters
        ----------
        seconds
            How long receiving and decoding took.
        department
            Whose study it is: people see those of their departments.

        Raises
        ------
        KeyReused
            If the idempotency key came before with other content.
        """
        now = datetime.now(UTC)
        record = StudyRecord(
            study_id=study.study_id, status=StudyStatus.QUEUED, revision=1, accepted_at=now, updated_at=now
        )
        row: dict[str, object] = {"content_sha256": content_sha256, "idempotency_key": idempotency_key}
        try:
            with writing(self._engine) as connection:
                study, standing = self.orders.arriving(connection, study)
                row |= {**columns_of(record), "document": study.model_dump_json()}
                connection.execute(sa.insert(STUDIES).values(row))
                append(connection, record, EventKind.QUEUED, seconds=seconds)
                if owner := department or self._department:
                    assign(connection, study.study_id, owner)
                record = self.orders.arrived(connection, study, record, standing)
        except Duplicate:
            known = self.accepted_before(idempotency_key, content_sha256) if idempotency_key else None
            if known is None:
                raise
            return Accepted(known, created=False)
        return Accepted(record, created=True)

    def accepted_before(self, idempotency_key: str, content_sha256: str) -> StudyRecord | None:
        """Return the study that the key was used for, or ``None``.

        Raises
        ------
        KeyReused
            If the key came before with other content.
        """
        with reading(self._engine) as connection:
            row = connection.execute(
                sa.select(STUDIES).where(STUDIES.c.idempotency_key == idempotency_key)
            ).one_or_none()
        if row is not None and row.content_sha256 != content_sha256:
            raise KeyReused("this Idempotency-Key came before with other content; expected a new key")
        return None if row is None else record_of(row)

    def record(self, study_id: str) -> StudyRecord:
        """Return where a study stands.

        Raises
        ------
        NotFound
            If there is no such study.
        """
        return record_of(self._row(study_id))

    def study(self, study_id: str) -> Study:
        """Return the study as received; identified, so for :mod:`orchestrator.deidentify` and exports only."""
        return Study.model_validate_json(self._row(study_id).document)

    def latest(self, limit: int, before: str | None = None, person: Person = LOCAL_PERSON) -> tuple[StudyRecord, ...]:
        """Return studies, newest first.

        Parameters
        ----------
        before
            The study_id that the previous page ended with.
        person
            Who looks: studies of other departments are left out.
        """
        query = sa.select(STUDIES).order_by(STUDIES.c.accepted_at.desc(), STUDIES.c.study_id.desc()).limit(limit)
        query = open_to(person, query)
        if before is not None:
            last = self._row(before)
            query = query.where(
                sa.tuple_(STUDIES.c.accepted_at, STUDIES.c.study_id) < sa.tuple_(last.accepted_at, last.study_id)
            )
        with reading(self._engine) as connection:
            return tuple(record_of(row) for row in connection.execute(query))

    def unfinished(self, older_than_s: float, limit: int = 1000) -> tuple[tuple[str, int], ...]:
        """Return ``(study_id, revision)`` of studies without a result that nobody touched for a while."""
        before = text_of(datetime.now(UTC) - timedelta(seconds=older_than_s))
        query = (
            sa.select(STUDIES.c.study_id, STUDIES.c.revision)
            .where(STUDIES.c.status.in_(_UNFINISHED), STUDIES.c.held.is_(False), STUDIES.c.updated_at <= before)
            .order_by(STUDIES.c.accepted_at)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple((row.study_id, row.revision) for row in connection.execute(query))

    def begin(self, study_id: str, attempt: int) -> StudyRecord:
        """Record that a worker started; a study that is already final, or held, stays as it is."""
        with writing(self._engine) as connection:
            record = locked(connection, study_id)
            if not record.may_be_worked_on:
                return record
            record = update(connection, record, status=StudyStatus.RUNNING, attempt=attempt)
            append(connection, record, EventKind.RUNNING)
            return record

    def reopen(self, study_id: str, reason: str) -> StudyRecord:
        """Begin the next revision of a study, such as when its order came late.

        Raises
        ------
        NotFound
            If there is no such study.
        """
        with writing(self._engine) as connection:
            return reopen(connection, study_id, reason)

    def revise(self, study: Study, content_sha256: str, reason: str) -> StudyRecord:
        """Replace a study by what it has become, and begin its next revision; with the same content nothing changes.

        Raises
        ------
        NotFound
            If there is no such study.
        """
        with writing(self._engine) as connection:
            study, standing = self.orders.arriving(connection, study)
            record = locked(connection, study.study_id)
            ours = STUDIES.c.study_id == study.study_id
            if connection.execute(sa.select(STUDIES.c.content_sha256).where(ours)).scalar_one() == content_sha256:
                return record
            document = {"content_sha256": content_sha256, "document": study.model_dump_json()}
            connection.execute(sa.update(STUDIES).where(ours).values(document))
            record = reopen(connection, study.study_id, reason)
            return self.orders.arrived(connection, study, record, standing)

    def note(
        self,
        study_id: str,
        kind: EventKind,
        stage: str | None = None,
        seconds: float | None = None,
        detail: str | None = None,
    ) -> None:
        """Append one event to the story of a study that is not final yet."""
        with writing(self._engine) as connection:
            record = locked(connection, study_id)
            if not record.status.is_final:
                append(connection, update(connection, record), kind, stage=stage, seconds=seconds, detail=detail)

    def keep_draft(
        self,
        draft: DraftReport,
        revision: int,
        status: StudyStatus,
        results: tuple[SpecialistResult, ...],
        reason: str | None = None,
    ) -> bool:
        """Keep the draft of one revision, once.

        Returns
        -------
        bool
            False when another worker was first, or the next revision has begun; then this one is forgotten.
        """
        row = {
            "study_id": draft.study_id,
            "revision": revision,
            "draft_id": draft.draft_id,
            "created_at": text_of(draft.created_at),
            "document": draft.model_dump_json(),
            "specialist_results": _RESULTS.dump_json(results).decode(),
        }
        try:
            with writing(self._engine) as connection:
                record = locked(connection, draft.study_id)
                if record.revision != revision:
                    return False
                connection.execute(sa.insert(DRAFTS).values(row))
                record = update(connection, record, status=status, reason=reason)
                append(connection, record, EventKind(status.value), detail=reason)
                if status is StudyStatus.DRAFTED and not is_signed(connection, draft.study_id):
                    enqueue(connection, release_of_draft(draft))
        except Duplicate:
            return False
        return True

    def fail(self, study_id: str, reason: str, revision: int | None = None) -> None:
        """Record that a study was given up; what came with it is kept.

        Parameters
        ----------
        revision
            Which one was given up; when the next has begun, nothing happens.
        """
        with writing(self._engine) as connection:
            record = locked(connection, study_id)
            if not record.status.is_final and revision in {None, record.revision}:
                record = update(connection, record, status=StudyStatus.FAILED, reason=reason)
                append(connection, record, EventKind.FAILED, detail=reason)

    def draft(self, study_id: str) -> DraftReport:
        """Return the draft of the study's current revision.

        Raises
        ------
        NotFound
            If there is no such study, or no draft yet.
        """
        record = self.record(study_id)
        query = sa.select(DRAFTS.c.document).where(DRAFTS.c.study_id == study_id, DRAFTS.c.revision == record.revision)
        with reading(self._engine) as connection:
            document = connection.execute(query).scalar_one_or_none()
        if document is None:
            raise NotFound(f"the study has no draft; its status is {record.status}")
        return DraftReport.model_validate_json(document)

    def specialist_results(self, study_id: str) -> tuple[SpecialistResult, ...]:
        """Return what the specialists answered, as it was before reconciling; empty before the draft."""
        query = sa.select(DRAFTS.c.specialist_results).where(
            DRAFTS.c.study_id == study_id, DRAFTS.c.revision == self.record(study_id).revision
        )
        with reading(self._engine) as connection:
            document = connection.execute(query).scalar_one_or_none()
        return _RESULTS.validate_json(document) if document else ()

    def events(self, study_id: str, after: int = 0) -> tuple[Event, ...]:
        """Return the events of a study with a higher number than ``after``, in order."""
        query = (
            sa.select(EVENTS.c.document)
            .where(EVENTS.c.study_id == study_id, EVENTS.c.number > after)
            .order_by(EVENTS.c.number)
        )
        with reading(self._engine) as connection:
            return tuple(Event.model_validate_json(document) for document in connection.execute(query).scalars())

    def _row(self, study_id: str) -> sa.Row[tuple[object, ...]]:
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(STUDIES).where(STUDIES.c.study_id == study_id)).one_or_none()
        if row is None:
            raise NotFound("there is no such study")
        return row
