"""What was asked of the hospital's archives, and what came of it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa
from pydantic import TypeAdapter

from orchestrator.errors import NotFound
from orchestrator.records.engine import reading, writing
from orchestrator.records.rows import text_of
from orchestrator.records.tables import FETCHES
from services.contract import Fact

_UIDS = TypeAdapter(tuple[str, ...])


class FetchStatus(StrEnum):
    """The life of a fetch."""

    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class Fetch(Fact):
    """One accession number that somebody asked for."""

    fetch_id: str
    accession_number: str
    source: str | None = None
    """Of the hospital's sources this one; any when not given."""
    status: FetchStatus = FetchStatus.QUEUED
    reason: str | None = None
    study_instance_uids: tuple[str, ...] = ()
    """Studies that came, priors last."""


class Fetches:
    """Typed methods over the fetches of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def ask(self, accession_number: str, source: str | None) -> Fetch:
        """Record what is wanted."""
        fetch = Fetch(fetch_id=secrets.token_hex(16), accession_number=accession_number, source=source)
        now = text_of(datetime.now(UTC))
        row = {**fetch.model_dump(exclude={"study_instance_uids"}), "study_instance_uids": "[]", "asked_at": now}
        with writing(self._engine) as connection:
            connection.execute(sa.insert(FETCHES).values(row))
        return fetch

    def next(self) -> Fetch | None:
        """Return the oldest that is not done; it stays so until it has an end."""
        query = sa.select(FETCHES).where(FETCHES.c.status == FetchStatus.QUEUED).order_by(FETCHES.c.asked_at).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _fetch(row)

    def end(self, fetch_id: str, status: FetchStatus, reason: str | None, study_instance_uids: tuple[str, ...]) -> None:
        """Record what came of it."""
        uids = _UIDS.dump_json(study_instance_uids).decode()
        change = {"status": status, "reason": reason, "study_instance_uids": uids}
        with writing(self._engine) as connection:
            connection.execute(sa.update(FETCHES).where(FETCHES.c.fetch_id == fetch_id).values(change))

    def fetch(self, fetch_id: str) -> Fetch:
        """Return what was asked and what came of it.

        Raises
        ------
        NotFound
            If nothing was asked under this id.
        """
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(FETCHES).where(FETCHES.c.fetch_id == fetch_id)).one_or_none()
        if row is None:
            raise NotFound("nothing was asked under this id")
        return _fetch(row)


def _fetch(row: sa.Row[tuple[object, ...]]) -> Fetch:
    values = {name: row._mapping[name] for name in Fetch.model_fields}
    return Fetch.model_validate({**values, "study_instance_uids": _UIDS.validate_json(str(row.study_instance_uids))})
