"""Objects that came one by one, until their study is complete: what an acknowledgement stands for.

A study collects objects in *rounds*. A round ends when nothing of the study came for a while; what comes after that
opens the next one. All of it is in the database before a sender hears that its object is stored, so that a process
which dies forgets neither an object nor when its study is due.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.progress import StudyStatus
from orchestrator.records.engine import Duplicate, reading, writing
from orchestrator.records.tables import ARRIVALS, ARRIVING_STUDIES, STUDIES
from services.contract import Fact

Some = TypeVar("Some", bound=Fact)


class ArrivalState(StrEnum):
    """What one object is to its study."""

    KEPT = "kept"
    CONFLICTING = "conflicting"
    """Its SOP Instance UID came before with other bytes: kept apart, not read, and said."""
    UNREADABLE = "unreadable"
    """Its header cannot be read; it came among objects of this study."""


class Arrival(Fact):
    """One received object."""

    study_key: str
    """Study Instance UID; of a file without a DICOM header ``file:`` and its SHA-256."""
    instance_key: str
    """SOP Instance UID; without one ``file:`` and its SHA-256."""
    data_sha256: str
    """Of the data set without its file meta information: what two ways of sending one object have in common."""
    file_sha256: str
    size_bytes: int
    how: str
    """The way it came in: ``c-store``, ``stow``, ``folder``, ``fetch``."""
    state: ArrivalState = ArrivalState.KEPT


class StudyStanding(StrEnum):
    """Where a study that came object by object stands."""

    EXPECTED = "expected"
    """It was asked for; nothing of it has come."""
    COLLECTING = "collecting"
    READING = "reading"
    """A round is closed and being made into a study."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Nothing of it can be read here; its objects are kept."""


class Taken(NamedTuple):
    """What became of an object."""

    new: bool
    """False for one that was there already, byte for byte."""
    state: ArrivalState


class Round(NamedTuple):
    """A closed round: everything of the study so far."""

    study_key: str
    number: int
    study_id: str
    """Ours, given when the study's first object came: whatever dies, its objects make one study."""
    prior_of: str | None
    """The Study Instance UID of the examination that this one was fetched for."""
    arrivals: tuple[Arrival, ...]


class ArrivingStudy(Fact):
    """Where a study that came object by object stands."""

    study_key: str
    study_id: str
    standing: StudyStanding
    reason: str | None = None
    prior_of: str | None = None


class Arrivals:
    """Typed methods over the arrivals of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def take(self, arrival: Arrival) -> Taken:
        """Record one object, and that its study is still coming; committed when this returns."""
        try:
            with writing(self._engine) as connection:
                study = _locked(connection, arrival.study_key)
                known = _states(connection, arrival.instance_key)
                if arrival.data_sha256 in known:
                    return Taken(new=False, state=known[arrival.data_sha256])
                state = ArrivalState.CONFLICTING if known else arrival.state
                now = _text(datetime.now(UTC))
                row = {**arrival.model_dump(), "state": state, "received_at": now}
                connection.execute(sa.insert(ARRIVALS).values(row))
                _update(connection, arrival.study_key, **_still_coming(study, now))
                return Taken(new=True, state=state)
        except Duplicate:
            return Taken(new=False, state=arrival.state)

    def expect(self, study_key: str, prior_of: str) -> None:
        """Mark a study that is about to be fetched as a prior of another."""
        with writing(self._engine) as connection:
            _locked(connection, study_key)
            _update(connection, study_key, prior_of=prior_of)

    def due(self, quiet_s: float, at_most_s: float) -> tuple[str, ...]:
        """Return the studies whose round is over, and those that a killed process left half read.

        A study whose priors were fetched along waits until these are drafted, so that it can be compared with them.
        """
        now = datetime.now(UTC)
        quiet, late = _text(now - timedelta(seconds=quiet_s)), _text(now - timedelta(seconds=at_most_s))
        columns = ARRIVING_STUDIES.c
        is_quiet = sa.and_(columns.last_at <= quiet, sa.not_(_waits_for_priors()))
        over = sa.and_(columns.standing == StudyStanding.COLLECTING, sa.or_(is_quiet, columns.first_at <= late))
        query = sa.select(columns.study_key).where(sa.or_(over, columns.standing == StudyStanding.READING))
        with reading(self._engine) as connection:
            return tuple(connection.execute(query.order_by(columns.first_at)).scalars())

    def close_round(self, study_key: str) -> Round:
        """End the study's round and return all of its objects, in the order in which they came."""
        with writing(self._engine) as connection:
            study = _locked(connection, study_key)
            if study.standing == StudyStanding.COLLECTING:
                new = sa.and_(ARRIVALS.c.study_key == study_key, ARRIVALS.c.round.is_(None))
                connection.execute(sa.update(ARRIVALS).where(new).values(round=study.round))
                _update(connection, study_key, standing=StudyStanding.READING)
            closed = sa.and_(ARRIVALS.c.study_key == study_key, ARRIVALS.c.round <= study.round)
            rows = connection.execute(sa.select(ARRIVALS).where(closed).order_by(ARRIVALS.c.number))
            arrivals = tuple(_arrival(row) for row in rows)
        return Round(study_key, study.round, study.study_id, study.prior_of, arrivals)

    def settle(self, closed: Round, reason: str | None = None) -> None:
        """Record what a round became: a study, or a reason why nothing of it can be read.

        Objects that came meanwhile have opened the next round, which stays open.
        """
        standing = StudyStanding.ACCEPTED if reason is None else StudyStanding.REFUSED
        with writing(self._engine) as connection:
            if _locked(connection, closed.study_key).standing == StudyStanding.READING:
                _update(connection, closed.study_key, standing=standing, reason=reason)

    def study(self, study_key: str) -> ArrivingStudy | None:
        """Return where a study stands, ``None`` when nothing of it came."""
        query = sa.select(ARRIVING_STUDIES).where(ARRIVING_STUDIES.c.study_key == study_key)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _from_row(ArrivingStudy, row)

    def objects(self, study_key: str) -> tuple[Arrival, ...]:
        """Return every object of a study so far, in the order in which they came."""
        query = sa.select(ARRIVALS).where(ARRIVALS.c.study_key == study_key).order_by(ARRIVALS.c.number)
        with reading(self._engine) as connection:
            return tuple(_arrival(row) for row in connection.execute(query))

    def counts(self) -> dict[StudyStanding, int]:
        """Return how many studies there are of each standing."""
        query = sa.select(ARRIVING_STUDIES.c.standing, sa.func.count()).group_by(ARRIVING_STUDIES.c.standing)
        with reading(self._engine) as connection:
            return {StudyStanding(standing): int(count) for standing, count in connection.execute(query)}


def _locked(connection: sa.Connection, study_key: str) -> sa.Row[tuple[object, ...]]:
    """Return the study's row, made now if need be, which nobody else changes before this transaction ends."""
    query = sa.select(ARRIVING_STUDIES).where(ARRIVING_STUDIES.c.study_key == study_key).with_for_update()
    found = connection.execute(query).one_or_none()
    if found is None:
        row = {
            "study_key": study_key,
            "study_id": secrets.token_hex(16),
            "standing": StudyStanding.EXPECTED,
            "round": 1,
        }
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert(ARRIVING_STUDIES).values(row).on_conflict_do_nothing())
        found = connection.execute(query).one()
    return found


def _waits_for_priors() -> sa.ColumnElement[bool]:
    """Say whether a prior that was fetched for a study is still coming or being drafted."""
    prior = ARRIVING_STUDIES.alias("prior")
    coming = prior.c.standing.in_((StudyStanding.EXPECTED, StudyStanding.COLLECTING, StudyStanding.READING))
    drafting = sa.exists().where(
        STUDIES.c.study_id == prior.c.study_id,
        STUDIES.c.status.in_((StudyStatus.QUEUED, StudyStatus.RUNNING)),
        STUDIES.c.held.is_(False),
    )
    return sa.exists().where(prior.c.prior_of == ARRIVING_STUDIES.c.study_key, sa.or_(coming, drafting))


def _states(connection: sa.Connection, instance_key: str) -> dict[str, ArrivalState]:
    query = sa.select(ARRIVALS.c.data_sha256, ARRIVALS.c.state).where(ARRIVALS.c.instance_key == instance_key)
    return {str(row.data_sha256): ArrivalState(row.state) for row in connection.execute(query)}


def _still_coming(study: sa.Row[tuple[object, ...]], now: str) -> dict[str, object]:
    """What one more object changes: the clock starts anew, and a round that was closed is followed by another."""
    if study.standing == StudyStanding.COLLECTING:
        return {"last_at": now}
    number = study.round if study.standing == StudyStanding.EXPECTED else study.round + 1
    return {"standing": StudyStanding.COLLECTING, "round": number, "first_at": now, "last_at": now, "reason": None}


def _update(connection: sa.Connection, study_key: str, **changes: object) -> None:
    connection.execute(sa.update(ARRIVING_STUDIES).where(ARRIVING_STUDIES.c.study_key == study_key).values(**changes))


def _arrival(row: sa.Row[tuple[object, ...]]) -> Arrival:
    return _from_row(Arrival, row)


def _from_row(kind: type[Some], row: sa.Row[tuple[object, ...]]) -> Some:
    return kind.model_validate({name: row._mapping[name] for name in kind.model_fields})


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
