"""How the orders stand to one study, within the transaction that brought the one or the other."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from orchestrator.orders.incoming import PlacedOrder
from orchestrator.orders.meeting import Meeting, Numbers, meeting_of
from orchestrator.orders.words import ordered
from orchestrator.records.patients import People
from orchestrator.records.rows import text_of
from orchestrator.records.tables import MEETINGS, ORDERS, STUDIES, STUDY_NUMBERS
from orchestrator.study import Study

_MEETING_LOCK = 5_737_472
"""Key of PostgreSQL's advisory lock under which orders and studies look for each other."""


class Decision(StrEnum):
    """What people say of a mismatch."""

    SAME_PATIENT = "same_patient"
    """The order is this study's; the study takes the identity that the order names."""
    NOT_THIS_ORDER = "not_this_order"
    """The order is not this study's; the study goes on without it."""
    PUT_RIGHT = "put_right"
    """The hospital's systems put it right themselves (a corrected order, a merge); nobody had to."""


class Pair(NamedTuple):
    """One order that may be meant, and how it stands to the study."""

    order_id: str
    placed: PlacedOrder
    meeting: Meeting
    decision: Decision | None

    @property
    def stops(self) -> bool:
        """True while people must look."""
        return self.meeting.is_a_mismatch and self.decision is not Decision.NOT_THIS_ORDER

    @property
    def met(self) -> bool:
        """True when the order is this study's, and nobody has said that it is not."""
        return self.meeting is Meeting.MET and self.decision is not Decision.NOT_THIS_ORDER


class Standing(NamedTuple):
    """Every order that may be meant by a study."""

    pairs: tuple[Pair, ...]

    @property
    def held(self) -> bool:
        """A hard stop: one order may be meant and names another patient."""
        return any(pair.stops for pair in self.pairs)

    def words(self, study: Study) -> Study:
        """Return the study with the words of its orders; as it was while anything is in doubt."""
        met = [pair.placed for pair in self.pairs if pair.met]
        return study if self.held else ordered(study, met)


def alone(connection: sa.Connection) -> None:
    """Let one transaction at a time bring orders and studies together, so that neither misses the other.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MEETING_LOCK)))


def numbers_of(study: Study) -> Numbers:
    """Return the numbers by which a study is found."""
    return Numbers(study.study_instance_uid, _short(study.order.accession_number))


def standing_of(connection: sa.Connection, people: People, study: Study) -> Standing:
    """Return how every order stands that may be meant by a study; of an order that changed, people decide anew."""
    numbers, whose = numbers_of(study), people.of_study(connection, study.patient)
    query = sa.select(MEETINGS).where(MEETINGS.c.study_id == study.study_id, MEETINGS.c.decision.is_not(None))
    decided = {row.order_id: row for row in connection.execute(query)}
    pairs = []
    for row in connection.execute(sa.select(ORDERS).where(_fits(ORDERS, numbers)).order_by(ORDERS.c.received_at)):
        placed = PlacedOrder.model_validate_json(row.document)
        asked = Numbers(row.study_instance_uid, row.accession_number)
        meeting = meeting_of(numbers, whose, asked, people.of_order(connection, placed.patient))
        said = decided.get(row.order_id)
        still = said is not None and said.decided_at >= row.updated_at
        pairs.append(
            Pair(
                order_id=row.order_id,
                placed=placed,
                meeting=Meeting.APART if placed.cancelled else meeting,
                decision=Decision(said.decision) if said is not None and still else None,
            )
        )
    return Standing(tuple(pairs))


def keep_standing(connection: sa.Connection, study_id: str, standing: Standing) -> None:
    """Write how the orders stand; a mismatch that is none any more is closed."""
    now = text_of(datetime.now(UTC))
    known = set(connection.execute(sa.select(MEETINGS.c.order_id).where(MEETINGS.c.study_id == study_id)).scalars())
    for pair in standing.pairs:
        place = (MEETINGS.c.study_id == study_id) & (MEETINGS.c.order_id == pair.order_id)
        if pair.order_id not in known:
            row = {"study_id": study_id, "order_id": pair.order_id, "mismatch_id": secrets.token_hex(16)}
            connection.execute(sa.insert(MEETINGS).values({**row, "meeting": pair.meeting, "opened_at": now}))
        elif pair.stops:
            anew = {"meeting": pair.meeting, "decision": None, "decided_at": None, "decided_by": None}
            connection.execute(sa.update(MEETINGS).where(place).values(anew))
        elif not pair.meeting.is_a_mismatch:
            connection.execute(sa.update(MEETINGS).where(place, MEETINGS.c.meeting != pair.meeting).values(
                meeting=pair.meeting, decision=sa.func.coalesce(MEETINGS.c.decision, Decision.PUT_RIGHT), decided_at=now
            ))  # fmt: skip
    gone = known - {pair.order_id for pair in standing.pairs}
    _close(connection, study_id, gone, now)


def _close(connection: sa.Connection, study_id: str, order_ids: Iterable[str], now: str) -> None:
    """An order whose number no longer fits stands apart."""
    connection.execute(
        sa.update(MEETINGS)
        .where(
            MEETINGS.c.study_id == study_id, MEETINGS.c.order_id.in_(tuple(order_ids)), MEETINGS.c.decision.is_(None)
        )
        .values(meeting=Meeting.APART, decision=Decision.PUT_RIGHT, decided_at=now)
    )


def keep_numbers(connection: sa.Connection, study: Study) -> None:
    """Write the numbers under which a study is found."""
    row = {
        **numbers_of(study)._asdict(),
        "patient_id": _short(study.patient.patient_id),
        "performed_at": study.study_datetime.isoformat() if study.study_datetime else None,
    }
    place = STUDY_NUMBERS.c.study_id == study.study_id
    if connection.execute(sa.update(STUDY_NUMBERS).where(place).values(row)).rowcount == 0:
        connection.execute(sa.insert(STUDY_NUMBERS).values({**row, "study_id": study.study_id}))


def keep_study(connection: sa.Connection, study: Study) -> None:
    """Write a study whose words or person changed."""
    place = STUDIES.c.study_id == study.study_id
    connection.execute(sa.update(STUDIES).where(place).values(document=study.model_dump_json()))
    keep_numbers(connection, study)


def studies_with(connection: sa.Connection, several: Sequence[Numbers]) -> tuple[str, ...]:
    """Return the studies that one of these numbers may mean."""
    fits = sa.or_(*(_fits(STUDY_NUMBERS, numbers) for numbers in several))
    return tuple(connection.execute(sa.select(STUDY_NUMBERS.c.study_id).where(fits)).scalars())


def studies_of(connection: sa.Connection, values: Iterable[str]) -> tuple[str, ...]:
    """Return the studies that carry one of these identifier values, whoever gave it."""
    query = sa.select(STUDY_NUMBERS.c.study_id).where(STUDY_NUMBERS.c.patient_id.in_(tuple(values)))
    return tuple(connection.execute(query).scalars())


def _fits(table: sa.Table, numbers: Numbers) -> sa.ColumnElement[bool]:
    named = [table.c[name] == value for name, value in numbers._asdict().items() if value]
    return sa.or_(sa.false(), *named)


def _short(value: str | None) -> str | None:
    return (value or "").strip()[:64] or None
