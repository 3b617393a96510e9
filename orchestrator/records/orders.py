"""What the hospital's systems said, and what it changes: one transaction a message, so that an AA means *kept*.

A message is written before it is acknowledged, together with everything it changes. The same message again changes
nothing and is acknowledged again. Methods block: call them in a thread.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from orchestrator.access import LOCAL_PERSON, Person
from orchestrator.audit import Action, entry_of
from orchestrator.errors import AlreadyDecided, NotFound
from orchestrator.orders.incoming import (
    EarlierReport,
    Incoming,
    NamedPatient,
    PatientMerge,
    PatientUpdate,
    PlacedOrder,
)
from orchestrator.orders.issuers import Issuers, Who
from orchestrator.orders.meeting import Meeting, Numbers
from orchestrator.orders.words import merged, updated, with_particulars
from orchestrator.progress import EventKind, StudyRecord, StudyStatus
from orchestrator.records import audit
from orchestrator.records.earlier import earlier_examinations, keep_report
from orchestrator.records.engine import reading, writing
from orchestrator.records.meetings import (
    Decision,
    Standing,
    alone,
    keep_numbers,
    keep_standing,
    keep_study,
    standing_of,
    studies_of,
    studies_with,
)
from orchestrator.records.patients import People
from orchestrator.records.rows import append, locked, reopen, text_of, update
from orchestrator.records.tables import HOSPITAL_MESSAGES, MEETINGS, ORDERED_PATIENTS, ORDERS, STUDIES
from orchestrator.study import EarlierExamination, Patient, Study
from services.contract import Fact


class Letter(NamedTuple):
    """A message as it came, and by what it is known again."""

    key: str
    """SHA-256 of who sent it and the number he gave it."""
    kind: str
    """Such as ``ORM^O01``."""
    content_sha256: str
    """Of all that a repetition has in common with the first."""
    document: str


class Receipt(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    REPEATED = "repeated"
    """It came before, with the same content; nothing changed."""
    KEY_REUSED = "key_reused"
    """Its number came before with other content; nothing of it was taken."""


class Taken(NamedTuple):
    """What became of a message, and which studies are to be queued now, as ``(study_id, revision)``."""

    receipt: Receipt
    queued: tuple[tuple[str, int], ...] = ()


class Mismatch(Fact):
    """An order that may be meant by a study and names another patient: for people to decide. Identified."""

    mismatch_id: str
    study_id: str
    reason: Meeting
    opened_at: datetime
    images_name: Patient
    order: PlacedOrder


class Orders:
    """Orders, merges, earlier reports and mismatches of one installation."""

    def __init__(self, engine: sa.Engine, issuers: Issuers) -> None:
        self._engine = engine
        self._people = People(issuers)

    # -- within Records.accept

    def arriving(self, connection: sa.Connection, study: Study) -> tuple[Study, Standing]:
        """Return a study that is about to be recorded with the words of the orders that wait for it.

        What was said before of a study that has grown still holds: merges, and what people decided.
        """
        alone(connection)
        survivor = self._people.survivor(connection, study.patient)
        if survivor is not None:
            study = merged(study, NamedPatient(identifiers=(survivor,)))
        standing = standing_of(connection, self._people, study)
        adopted = next((pair for pair in standing.pairs if pair.stops and pair.decision is not None), None)
        if adopted is not None:
            study = merged(study, adopted.placed.patient)
            standing = standing_of(connection, self._people, study)
        return standing.words(study), standing

    def arrived(self, connection: sa.Connection, study: Study, record: StudyRecord, standing: Standing) -> StudyRecord:
        """Write the numbers of a study that was just recorded, and how its orders stand."""
        keep_numbers(connection, study)
        keep_standing(connection, study.study_id, standing)
        if not standing.held and any(pair.met for pair in standing.pairs):
            append(connection, record, EventKind.ORDERED, detail="its order was waiting")
        return _held(connection, record, standing, "the images were put right")

    # -- what comes in

    def take(self, incoming: Sequence[Incoming], *letters: Letter) -> Taken:
        """Keep a message and do all that it says, or nothing of it; committed when this returns.

        Parameters
        ----------
        letters
            It as it came; several where one message held several.
        """
        with writing(self._engine) as connection:
            alone(connection)
            for letter in letters:
                if (receipt := self._receipt(connection, letter)) is not Receipt.TAKEN:
                    return Taken(receipt)
            studies: dict[str, str] = {}
            for one in incoming:
                studies.update(self._take(connection, one))
            looked_at = [self._look_again(connection, study_id, why) for study_id, why in studies.items()]
        return Taken(Receipt.TAKEN, tuple((one.study_id, one.revision) for one in looked_at if one.may_be_worked_on))

    def message(self, key: str) -> str | None:
        """Return a message as it was kept; empty where it was forgotten, ``None`` where there never was one."""
        query = sa.select(HOSPITAL_MESSAGES.c.document).where(HOSPITAL_MESSAGES.c.key == key)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def forget_messages(self, days: float) -> int:
        """Forget the text of messages that came more than so many days ago; returns of how many.

        What they said stays, and so does that they came: a repetition is still known as one.
        """
        before = text_of(datetime.now(UTC) - timedelta(days=days))
        old = (HOSPITAL_MESSAGES.c.received_at < before) & (HOSPITAL_MESSAGES.c.document != "")
        with reading(self._engine) as connection:
            if connection.execute(sa.select(HOSPITAL_MESSAGES.c.key).where(old).limit(1)).first() is None:
                return 0
        with writing(self._engine) as connection:
            return connection.execute(sa.update(HOSPITAL_MESSAGES).where(old).values(document="")).rowcount

    def _receipt(self, connection: sa.Connection, letter: Letter) -> Receipt:
        query = sa.select(HOSPITAL_MESSAGES.c.content_sha256).where(HOSPITAL_MESSAGES.c.key == letter.key)
        known = connection.execute(query).scalar_one_or_none()
        if known is not None:
            return Receipt.REPEATED if known == letter.content_sha256 else Receipt.KEY_REUSED
        row = {**letter._asdict(), "received_at": text_of(datetime.now(UTC))}
        connection.execute(sa.insert(HOSPITAL_MESSAGES).values(row))
        return Receipt.TAKEN

    def _take(self, connection: sa.Connection, one: Incoming) -> dict[str, str]:
        """Do what one fact says; return the studies to be looked at again, and why."""
        if isinstance(one, PlacedOrder):
            return dict.fromkeys(_keep_order(connection, one), "an order came")
        if isinstance(one, PatientUpdate):
            return dict.fromkeys(self._update_patient(connection, one), "the patient's particulars changed")
        if isinstance(one, PatientMerge):
            return dict.fromkeys(self._merge(connection, one), "patients were merged")
        assert isinstance(one, EarlierReport)
        keep_report(connection, one)
        return {}

    def _update_patient(self, connection: sa.Connection, one: PatientUpdate) -> list[str]:
        named = self._people.of_order(connection, one.patient)
        values = frozenset[str]().union(*(self._people.values(connection, who) for who in named))
        self._update_waiting(connection, one.patient, named, values)
        changed = []
        for study in self._studies(connection, studies_of(connection, values)):
            if self._people.of_study(connection, study.patient) in named and updated(study, one.patient) != study:
                keep_study(connection, updated(study, one.patient))
                changed.append(study.study_id)
        return changed

    def _update_waiting(
        self, connection: sa.Connection, new: NamedPatient, named: frozenset[Who], values: frozenset[str]
    ) -> None:
        """An order that waits for images tells them the patient's particulars as they are now.

        When it was said stays as it was: it is the same order of the same patient, and what people decided holds.
        """
        whose = sa.select(ORDERED_PATIENTS.c.order_id).where(ORDERED_PATIENTS.c.patient_id.in_(values))
        for row in connection.execute(sa.select(ORDERS).where(ORDERS.c.order_id.in_(whose))).all():
            placed = PlacedOrder.model_validate_json(row.document)
            if self._people.of_order(connection, placed.patient) & named:
                changed = placed.model_copy(update={"patient": with_particulars(placed.patient, new)})
                place = ORDERS.c.order_id == row.order_id
                connection.execute(sa.update(ORDERS).where(place).values(document=changed.model_dump_json()))

    def _merge(self, connection: sa.Connection, merge: PatientMerge) -> list[str]:
        """The merged one's studies become the survivor's; whatever waits for people is looked at again."""
        gone = {self._people.issuers.who(one) for one in merge.merged} - self._people.issuers.of(merge.survivor)
        values = {who.value for who in gone}
        moved = [
            study
            for study in self._studies(connection, studies_of(connection, values))
            if self._people.issuers.of_study(study.patient) in gone
        ]
        self._people.merge(connection, merge)
        for study in moved:
            keep_study(connection, merged(study, merge.survivor))
        waiting = connection.execute(sa.select(MEETINGS.c.study_id).where(_OPEN)).scalars()
        return list(dict.fromkeys([*(study.study_id for study in moved), *waiting]))

    def _look_again(self, connection: sa.Connection, study_id: str, why: str) -> StudyRecord:
        """Let a study meet its orders anew; draft it anew where what may be said of it has changed."""
        record, study = locked(connection, study_id), self._study(connection, study_id)
        standing = standing_of(connection, self._people, study)
        keep_standing(connection, study_id, standing)
        words = standing.words(study)
        if words != study:
            keep_study(connection, words)
        record = _held(connection, record, standing, why)
        if _told(words) != _told(study) and not (record.status is StudyStatus.QUEUED and record.attempt == 0):
            return reopen(connection, study_id, why)
        if words != study:
            append(connection, record, EventKind.ORDERED, detail=why)
        return record

    # -- people

    def mismatches(self, limit: int = 100) -> tuple[Mismatch, ...]:
        """Return what people must decide, oldest first."""
        query = (
            sa.select(MEETINGS, ORDERS.c.document.label("order"), STUDIES.c.document.label("study"))
            .join(ORDERS, ORDERS.c.order_id == MEETINGS.c.order_id)
            .join(STUDIES, STUDIES.c.study_id == MEETINGS.c.study_id)
            .where(_OPEN)
            .order_by(MEETINGS.c.opened_at, MEETINGS.c.mismatch_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(_mismatch(row) for row in connection.execute(query))

    def decide(self, mismatch_id: str, decision: Decision, by: str, person: Person = LOCAL_PERSON) -> StudyRecord:
        """Record what a person says of a mismatch, and let the study go on.

        Parameters
        ----------
        by
            Who says so, as the mismatch remembers it.
        person
            The same as the audit holds it.

        Raises
        ------
        NotFound
            If there is no such mismatch.
        AlreadyDecided
            If somebody was first.
        """
        with writing(self._engine) as connection:
            alone(connection)
            place = MEETINGS.c.mismatch_id == mismatch_id
            row = connection.execute(sa.select(MEETINGS).where(place)).one_or_none()
            if row is None:
                raise NotFound("there is no such mismatch")
            if row.decision is not None or not Meeting(row.meeting).is_a_mismatch:
                raise AlreadyDecided("this mismatch was decided before; see what is open at /v1/mismatches")
            now = text_of(datetime.now(UTC))
            said = {"decision": decision, "decided_at": now, "decided_by": by}
            connection.execute(sa.update(MEETINGS).where(place).values(said))
            audit.append(connection, entry_of(person, Action.DECIDE, study_id=row.study_id, thing=str(decision)))
            if decision is Decision.SAME_PATIENT:
                query = sa.select(ORDERS.c.document).where(ORDERS.c.order_id == row.order_id)
                placed = PlacedOrder.model_validate_json(connection.execute(query).scalar_one())
                keep_study(connection, merged(self._study(connection, row.study_id), placed.patient))
            return self._look_again(connection, row.study_id, "a person decided whose study this is")

    # -- what was before

    def with_earlier(self, study: Study, limit: int = 3) -> Study:
        """Return a study with the earlier examinations of the same patient, newest first."""
        return study.model_copy(update={"earlier": self.earlier(study, limit)})

    def earlier(self, study: Study, limit: int = 3) -> tuple[EarlierExamination, ...]:
        """Return the newest earlier examinations of a study's patient, by identifier and issuer, merges followed."""
        with reading(self._engine) as connection:
            return earlier_examinations(connection, self._people, study, limit)

    def _study(self, connection: sa.Connection, study_id: str) -> Study:
        return self._studies(connection, (study_id,))[0]

    def _studies(self, connection: sa.Connection, study_ids: Sequence[str]) -> list[Study]:
        query = sa.select(STUDIES.c.document).where(STUDIES.c.study_id.in_(study_ids))
        return [Study.model_validate_json(document) for document in connection.execute(query).scalars()]


_WHY_HELD = "an order that may be meant names another patient"
_OPEN = MEETINGS.c.decision.is_(None) & MEETINGS.c.meeting.in_([one for one in Meeting if one.is_a_mismatch])


def _held(connection: sa.Connection, record: StudyRecord, standing: Standing, why_freed: str) -> StudyRecord:
    """Hold a study, or let it go on, where that has changed."""
    if standing.held == record.held:
        return record
    record = update(connection, record, held=standing.held)
    kind, detail = (EventKind.HELD, _WHY_HELD) if standing.held else (EventKind.FREED, why_freed)
    append(connection, record, kind, detail=detail)
    return record


def _told(study: Study) -> tuple[object, ...]:
    """What of the order crosses the line of de-identification; only that can change what a draft says."""
    return study.order.indication, study.order.history, study.order.observations, study.subject


def _keep_order(connection: sa.Connection, placed: PlacedOrder) -> tuple[str, ...]:
    """Write an order, or what changed of it; return the studies that it means, or meant before."""
    now = text_of(datetime.now(UTC))
    numbers = Numbers(placed.study_instance_uid, placed.order.accession_number)
    row = {**numbers._asdict(), "updated_at": now, "document": placed.model_dump_json()}
    place = ORDERS.c.key == placed.key
    before = connection.execute(sa.select(ORDERS).where(place)).one_or_none()
    if before is not None and before.document == row["document"]:
        return ()
    if before is None:
        new = {"order_id": secrets.token_hex(16), "key": placed.key, "received_at": now}
        connection.execute(sa.insert(ORDERS).values({**row, **new}))
        _keep_whose(connection, new["order_id"], placed)
        return studies_with(connection, [numbers])
    connection.execute(sa.update(ORDERS).where(place).values(row))
    _keep_whose(connection, before.order_id, placed)
    return studies_with(connection, [numbers, Numbers(before.study_instance_uid, before.accession_number)])


def _keep_whose(connection: sa.Connection, order_id: str | None, placed: PlacedOrder) -> None:
    connection.execute(sa.delete(ORDERED_PATIENTS).where(ORDERED_PATIENTS.c.order_id == order_id))
    values = dict.fromkeys(one.value for one in placed.patient.identifiers)
    connection.execute(sa.insert(ORDERED_PATIENTS), [{"order_id": order_id, "patient_id": value} for value in values])


def _mismatch(row: sa.Row[tuple[object, ...]]) -> Mismatch:
    values = row._mapping
    return Mismatch(
        mismatch_id=str(values["mismatch_id"]),
        study_id=str(values["study_id"]),
        reason=Meeting(str(values["meeting"])),
        opened_at=datetime.fromisoformat(str(values["opened_at"])),
        images_name=Study.model_validate_json(str(values["study"])).patient,
        order=PlacedOrder.model_validate_json(str(values["order"])),
    )
