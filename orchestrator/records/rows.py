"""Rows of studies and events, as every part of the record reads and writes them within a transaction."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from orchestrator.errors import NotFound
from orchestrator.progress import Event, EventKind, StudyRecord, StudyStatus
from orchestrator.records.tables import EVENTS, REPORTS, STUDIES
from orchestrator.signing import Act, ReportState, next_state


def text_of(moment: datetime) -> str:
    """Return a time as the tables hold it: ISO 8601, UTC, microseconds, so that text sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def columns_of(record: StudyRecord) -> dict[str, object]:
    """Return where a study stands as columns of its row."""
    values = record.model_dump()
    return {**values, "accepted_at": text_of(record.accepted_at), "updated_at": text_of(record.updated_at)}


def record_of(row: sa.Row[tuple[object, ...]]) -> StudyRecord:
    """Return where a study stands from its row."""
    return StudyRecord.model_validate({name: row._mapping[name] for name in StudyRecord.model_fields})


def locked(connection: sa.Connection, study_id: str) -> StudyRecord:
    """Return where a study stands, its row locked until the transaction ends.

    Raises
    ------
    NotFound
        If there is no such study.
    """
    query = sa.select(STUDIES).where(STUDIES.c.study_id == study_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such study")
    return record_of(row)


def update(connection: sa.Connection, record: StudyRecord, **changes: object) -> StudyRecord:
    """Write changes of where a study stands, and return it as it stands now."""
    record = record.model_copy(update={**changes, "updated_at": datetime.now(UTC)})
    connection.execute(sa.update(STUDIES).where(STUDIES.c.study_id == record.study_id).values(columns_of(record)))
    return record


def append(
    connection: sa.Connection,
    record: StudyRecord,
    kind: EventKind,
    *,
    stage: str | None = None,
    seconds: float | None = None,
    detail: str | None = None,
) -> None:
    """Append one event to the story of a study whose row is locked or new."""
    highest = sa.select(sa.func.max(EVENTS.c.number)).where(EVENTS.c.study_id == record.study_id)
    event = Event(
        study_id=record.study_id,
        number=(connection.execute(highest).scalar() or 0) + 1,
        at=datetime.now(UTC),
        kind=kind,
        revision=record.revision,
        attempt=record.attempt,
        stage=stage,
        seconds=seconds,
        detail=detail,
    )
    connection.execute(
        sa.insert(EVENTS).values(
            study_id=event.study_id, number=event.number, document=event.model_dump_json(exclude_none=True)
        )
    )


def reopen(connection: sa.Connection, study_id: str, reason: str) -> StudyRecord:
    """Begin the next revision of a study: it is drafted anew. What was drafted before stays under its own revision.

    Parameters
    ----------
    reason
        Why, without identifiers, such as ``an order came``.
    """
    record = locked(connection, study_id)
    anew = {"revision": record.revision + 1, "status": StudyStatus.QUEUED, "attempt": 0, "reason": None}
    record = update(connection, record, **anew)
    append(connection, record, EventKind.QUEUED, detail=reason)
    _begin_anew_if_rejected(connection, study_id)
    return record


def _begin_anew_if_rejected(connection: sa.Connection, study_id: str) -> None:
    """What people did to a rejected draft is kept with its rejection; the next draft is another."""
    ours = REPORTS.c.study_id == study_id
    row = connection.execute(sa.select(REPORTS.c.state).where(ours)).one_or_none()
    if row is not None and row.state == ReportState.REJECTED:
        anew = next_state(ReportState.REJECTED, Act.REOPEN)
        changes = {"state": anew, "number": REPORTS.c.number + 1, "document": None}
        connection.execute(sa.update(REPORTS).where(ours).values(changes))
