"""The audit in the record: a chain that is only ever added to, in the transaction of what it tells.

``append`` is called on the connection of the act itself, so that there is no act without its entry and no entry without
its act. Writers of the chain wait for each other: there is one end to continue.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa

from orchestrator.audit import BEGINNING, Entry, Head, Link, Row, canonical, faults_of, sha256_of
from orchestrator.records.engine import reading, writing
from orchestrator.records.rows import text_of
from orchestrator.records.tables import AUDIT

_CHAIN_LOCK = 5_737_472
"""Key of PostgreSQL's advisory lock on the end of the chain; SQLite has one writer anyway."""
_AT_ONCE = 2000


def append(connection: sa.Connection, entry: Entry) -> None:
    """Continue the chain by one entry, in the transaction of what it tells."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK)))
    head = _head(connection)
    number, at, document = head.number + 1, text_of(datetime.now(UTC)), canonical(entry)
    row = {"number": number, "at": at, "document": document, "before_sha256": head.sha256}
    sha256 = sha256_of(number, at, document, head.sha256)
    connection.execute(sa.insert(AUDIT).values(**row, study_id=entry.study_id, sha256=sha256))


class Audit:
    """The chain of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def record(self, entry: Entry) -> None:
        """Continue the chain in a transaction of its own, for what changes nothing else: a read, a refusal."""
        with writing(self._engine) as connection:
            append(connection, entry)

    def head(self) -> Head:
        """Return the end of the chain, to be kept elsewhere."""
        with reading(self._engine) as connection:
            return _head(connection)

    def faults(self, kept: Head | None = None) -> tuple[str, ...]:
        """Return what is wrong with the chain; empty where it is as it was written.

        Parameters
        ----------
        kept
            An earlier head that was kept elsewhere; without one a cut-off end cannot be seen.
        """
        return tuple(faults_of(self._rows(), kept))

    def links(self, study_id: str | None = None, after: int = 0) -> Iterator[Link]:
        """Yield entries, first to last."""
        for row in self._rows(study_id, after):
            yield Link(
                number=row.number,
                at=datetime.fromisoformat(row.at),
                entry=Entry.model_validate_json(row.document),
                before_sha256=row.before_sha256,
                sha256=row.sha256,
            )

    def _rows(self, study_id: str | None = None, after: int = 0) -> Iterator[Row]:
        """Yield rows in their order, some at a time, so that a chain of years fits into memory."""
        columns = [AUDIT.c[name] for name in Row._fields]
        query = sa.select(*columns).order_by(AUDIT.c.number).limit(_AT_ONCE)
        if study_id is not None:
            query = query.where(AUDIT.c.study_id == study_id)
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query.where(AUDIT.c.number > after)).all()
            yield from (Row(*row) for row in rows)
            if len(rows) < _AT_ONCE:
                return
            after = rows[-1].number


def _head(connection: sa.Connection) -> Head:
    query = sa.select(AUDIT.c.number, AUDIT.c.sha256).order_by(AUDIT.c.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return Head(0, BEGINNING) if row is None else Head(row.number, row.sha256)
