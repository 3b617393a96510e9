"""What waits to leave the house: written in the transaction of the event, kept until a receiver has it.

``enqueue`` is called on the connection of the event, so that a report and its messages are there together or not at
all. Who receives what is a table too, written from the hospital file by each process that records events or delivers
them, before it does: all see the same destinations, whichever was first. A message of which nobody wants a copy is not
written.

Order is kept for each destination and study: a message is not taken while an earlier one of its study waits there.
Every message holds its whole report, so one that was given up does not stop those after it. Nothing of a study leaves
while people have to say whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from orchestrator.audit import Action, Entry, Outcome
from orchestrator.errors import NotFound, Superseded
from orchestrator.records import audit
from orchestrator.records.engine import reading, writing
from orchestrator.records.tables import DELIVERIES, DESTINATIONS, MESSAGES, STUDIES
from orchestrator.release import Release, ReleaseEvent
from services.contract import Fact


class DeliveryState(StrEnum):
    """Where a message stands with one destination."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; a person sends it again with ``wetread outbox resend``."""


class Delivery(Fact):
    """One message on its way to one destination; nothing in it names a patient."""

    number: int
    """Counts the messages of a study."""
    key: str
    study_id: str
    event: ReleaseEvent
    destination: str
    state: DeliveryState
    attempts: int
    next_at: datetime
    updated_at: datetime
    reason: str | None
    """Why it is still here, or what the receiver said when it took it."""


class Claimed(NamedTuple):
    """A message that this process may send until its lease ends."""

    delivery: Delivery
    release: Release


class Subscription(Fact):
    """Which events a destination receives."""

    destination: str
    events: frozenset[ReleaseEvent]


def enqueue(connection: sa.Connection, release: Release) -> int:
    """Write a message for every destination that wants this event, in the transaction of the event itself.

    A retraction goes to whoever was to receive something of the study, and to nobody else.

    Parameters
    ----------
    connection
        Of the event, with the row of the study locked.

    Returns
    -------
    int
        For how many destinations it waits now.
    """
    wanting = _receivers(connection, release)
    if not wanting:
        return 0
    highest = sa.select(sa.func.max(MESSAGES.c.number)).where(MESSAGES.c.study_id == release.study_id)
    number = (connection.execute(highest).scalar() or 0) + 1
    now = _text(datetime.now(UTC))
    message = {"key": release.key, "study_id": release.study_id, "number": number, "event": release.event.value}
    connection.execute(sa.insert(MESSAGES).values(**message, document=release.model_dump_json()))
    for destination in wanting:
        connection.execute(
            sa.insert(DELIVERIES).values(
                **message, destination=destination, state=DeliveryState.WAITING, attempts=0, next_at=now, updated_at=now
            )
        )
    return len(wanting)


class Outbox:
    """What waits, what was delivered, and what was given up."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def subscribe(self, subscriptions: Iterable[Subscription]) -> None:
        """Make these the destinations; what waits for one that is no longer there stays where it is.

        Said again it changes nothing: several processes say it when they start.
        """
        rows = [{"name": one.destination, "events": " ".join(sorted(one.events))} for one in subscriptions]
        with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("LOCK TABLE outbox_destinations IN EXCLUSIVE MODE"))
            connection.execute(sa.delete(DESTINATIONS))
            if rows:
                connection.execute(sa.insert(DESTINATIONS), rows)

    def enqueue(self, release: Release) -> int:
        """Write a message in a transaction of its own, for an event that is not a record's."""
        with writing(self._engine) as connection:
            return enqueue(connection, release)

    def claim(self, destination: str, limit: int, lease_s: float) -> tuple[Claimed, ...]:
        """Take messages that are due; nobody else gets them until the lease ends.

        Of each study only the earliest is taken. An attempt is counted here, so that a message that ends its sender
        each time does not go round for ever.
        """
        now = datetime.now(UTC)
        due = _due(destination, _text(now), limit)
        with reading(self._engine) as connection:  # asked twice a second: most times there is nothing to lock for
            if connection.execute(due.limit(1)).first() is None:
                return ()
        with writing(self._engine) as connection:
            rows = connection.execute(due.with_for_update(of=DELIVERIES, skip_locked=True)).all()
            for row in rows:
                connection.execute(
                    _at(row.key, destination).values(
                        attempts=row.attempts + 1, claimed_until=_text(now + timedelta(seconds=lease_s))
                    )
                )
        return tuple(
            Claimed(
                _delivery(row).model_copy(update={"attempts": row.attempts + 1}),
                Release.model_validate_json(row.document),
            )
            for row in rows
        )

    def renew(self, delivery: Delivery, lease_s: float) -> None:
        """Say that the sender is still at it."""
        until = _text(datetime.now(UTC) + timedelta(seconds=lease_s))
        where = _at(delivery.key, delivery.destination).where(DELIVERIES.c.claimed_until.is_not(None))
        with writing(self._engine) as connection:
            connection.execute(where.values(claimed_until=until))

    def delivered(self, delivery: Delivery, receipt: str | None = None) -> None:
        """Record that the receiver has it, in the audit too."""
        self._set(delivery, Outcome.DONE, state=DeliveryState.DELIVERED, reason=receipt)

    def later(self, delivery: Delivery, after_s: float, reason: str) -> None:
        """Give a message back, to be tried again after a while."""
        self._set(delivery, None, next_at=_text(datetime.now(UTC) + timedelta(seconds=after_s)), reason=reason)

    def bury(self, delivery: Delivery, reason: str) -> None:
        """Give a message up; it stays, and a person decides."""
        self._set(delivery, Outcome.FAILED, state=DeliveryState.DEAD, reason=reason)

    def resend(self, key: str, destination: str | None = None) -> int:
        """Let a message be sent again, whatever became of it; returns to how many destinations.

        Raises
        ------
        NotFound
            If there is no such message.
        Superseded
            If the destination has received a later version of the same report since.
        """
        with writing(self._engine) as connection:
            wanted = [
                row
                for row in connection.execute(sa.select(DELIVERIES).where(DELIVERIES.c.key == key)).all()
                if destination in (None, row.destination)
            ]
            if not wanted:
                raise NotFound("the outbox has no such message; wetread outbox list shows those it has")
            for row in wanted:
                if connection.execute(_later_ones(row)).first() is not None:
                    raise Superseded(f"{row.destination} has received a later version of this report; send that one")
                now = _text(datetime.now(UTC))
                connection.execute(
                    _at(key, row.destination).values(
                        state=DeliveryState.WAITING, attempts=0, next_at=now, updated_at=now, claimed_until=None
                    )
                )
                audit.append(connection, _entry(Action.RESEND, "local", _delivery(row)))
        return len(wanted)

    def list(
        self, states: Iterable[DeliveryState] = tuple(DeliveryState), study_id: str | None = None, limit: int = 100
    ) -> tuple[Delivery, ...]:
        """Return messages, the one that changed last first."""
        query = sa.select(DELIVERIES).where(DELIVERIES.c.state.in_(list(states)))
        if study_id is not None:
            query = query.where(DELIVERIES.c.study_id == study_id)
        query = query.order_by(DELIVERIES.c.updated_at.desc(), DELIVERIES.c.number.desc()).limit(limit)
        with reading(self._engine) as connection:
            return tuple(_delivery(row) for row in connection.execute(query))

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many messages stand where: ``(destination, state) -> number``."""
        query = sa.select(DELIVERIES.c.destination, DELIVERIES.c.state, sa.func.count()).group_by(
            DELIVERIES.c.destination, DELIVERIES.c.state
        )
        with reading(self._engine) as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(query)}

    def oldest_waiting_s(self) -> dict[str, float]:
        """Return for how long the oldest waiting message of each destination has waited since it was last touched."""
        query = (
            sa.select(DELIVERIES.c.destination, sa.func.min(DELIVERIES.c.updated_at))
            .where(DELIVERIES.c.state == DeliveryState.WAITING)
            .group_by(DELIVERIES.c.destination)
        )
        now = datetime.now(UTC)
        with reading(self._engine) as connection:
            return {row[0]: (now - datetime.fromisoformat(row[1])).total_seconds() for row in connection.execute(query)}

    def _set(self, delivery: Delivery, sent: Outcome | None, **values: object) -> None:
        """What the receiver has stays delivered, whatever a slower sender says afterwards."""
        where = _at(delivery.key, delivery.destination).where(DELIVERIES.c.state != DeliveryState.DELIVERED)
        with writing(self._engine) as connection:
            changed = connection.execute(
                where.values(**values, updated_at=_text(datetime.now(UTC)), claimed_until=None)
            )
            if sent is not None and changed.rowcount:
                audit.append(connection, _entry(Action.SEND, "outbox", delivery, sent))


def _entry(action: Action, subject: str, delivery: Delivery, outcome: Outcome = Outcome.DONE) -> Entry:
    """What went where: the study, the destination, and of a signed report its version."""
    version = delivery.key.rpartition(".v")[2]
    return Entry(
        action=action,
        subject=subject,
        outcome=outcome,
        study_id=delivery.study_id,
        thing=delivery.destination,
        version=int(version) if version.isdigit() and ".v" in delivery.key else None,
    )


def _receivers(connection: sa.Connection, release: Release) -> tuple[str, ...]:
    if release.event is ReleaseEvent.REJECTED:
        had = sa.select(DELIVERIES.c.destination).where(DELIVERIES.c.study_id == release.study_id).distinct()
        return tuple(sorted(connection.execute(had).scalars()))
    rows = connection.execute(sa.select(DESTINATIONS).order_by(DESTINATIONS.c.name)).all()
    return tuple(row.name for row in rows if release.event in row.events.split())


def _due(destination: str, now: str, limit: int) -> sa.Select[tuple[object, ...]]:
    earlier = DELIVERIES.alias("earlier")
    waits_for_another = (
        sa.select(sa.literal(1))
        .where(
            earlier.c.destination == DELIVERIES.c.destination,
            earlier.c.study_id == DELIVERIES.c.study_id,
            earlier.c.number < DELIVERIES.c.number,
            earlier.c.state == DeliveryState.WAITING,
        )
        .exists()
    )
    return (
        sa.select(*DELIVERIES.c, MESSAGES.c.document)
        .join(MESSAGES, MESSAGES.c.key == DELIVERIES.c.key)
        .join(STUDIES, STUDIES.c.study_id == DELIVERIES.c.study_id)
        .where(
            STUDIES.c.held.is_(False),
            DELIVERIES.c.destination == destination,
            DELIVERIES.c.state == DeliveryState.WAITING,
            DELIVERIES.c.next_at <= now,
            sa.or_(DELIVERIES.c.claimed_until.is_(None), DELIVERIES.c.claimed_until <= now),
            ~waits_for_another,
        )
        .order_by(DELIVERIES.c.next_at, DELIVERIES.c.number)
        .limit(limit)
    )


def _later_ones(row: sa.Row[tuple[object, ...]]) -> sa.Select[int]:
    return sa.select(sa.literal(1)).where(
        DELIVERIES.c.destination == row.destination,
        DELIVERIES.c.study_id == row.study_id,
        DELIVERIES.c.number > row.number,
        DELIVERIES.c.state == DeliveryState.DELIVERED,
    )


def _at(key: str, destination: str) -> sa.Update:
    return sa.update(DELIVERIES).where(DELIVERIES.c.key == key, DELIVERIES.c.destination == destination)


def _delivery(row: sa.Row[tuple[object, ...]]) -> Delivery:
    return Delivery.model_validate({name: row._mapping[name] for name in Delivery.model_fields})


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
