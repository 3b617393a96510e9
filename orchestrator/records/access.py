"""Keys, sessions, and which department a study belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from orchestrator.access.keys import ApiKey, Presented, is_same, new_secret, secret_sha256, shown
from orchestrator.access.person import Person, Role
from orchestrator.audit import Action, Entry
from orchestrator.errors import NotFound
from orchestrator.records.audit import append
from orchestrator.records.engine import reading, writing
from orchestrator.records.rows import text_of
from orchestrator.records.tables import DEPARTMENTS, KEYS, SESSIONS, STUDIES


class Access:
    """Typed methods over keys and sessions; every change of a key is audited in its own transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add_key(
        self,
        name: str,
        roles: Iterable[Role],
        departments: Iterable[str],
        days: float,
        *,
        is_human: bool,
        by: str,
    ) -> tuple[ApiKey, str]:
        """Make a key; the second of what is returned is shown once and kept nowhere.

        Parameters
        ----------
        by
            The account that does it, for the audit.
        """
        now = datetime.now(UTC)
        presented = new_secret()
        key = ApiKey(
            key_id=presented.key_id,
            name=name,
            is_human=is_human,
            roles=frozenset(roles),
            departments=frozenset(departments),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        with writing(self._engine) as connection:
            _insert(connection, key, presented)
            append(connection, Entry(action=Action.KEY_ADDED, subject=by, thing=key.key_id))
        return key, shown(presented)

    def rotate_key(self, key_id: str, days: float, grace_hours: float, *, by: str) -> tuple[ApiKey, str]:
        """Make a key that may do the same; the old one goes on for a while, so that nothing stops.

        Raises
        ------
        NotFound
            If there is no such key, or it opens nothing any more.
        """
        now = datetime.now(UTC)
        presented = new_secret()
        with writing(self._engine) as connection:
            old = _key(connection, key_id)
            if old is None or not old.is_valid(now):
                raise NotFound("there is no such key, or it is expired or revoked")
            made = {"key_id": presented.key_id, "created_at": now, "expires_at": now + timedelta(days=days)}
            key = ApiKey.model_validate({**dict(old), **made, "replaced_by": None})
            ends = min(old.expires_at, now + timedelta(hours=grace_hours))
            _insert(connection, key, presented)
            _update(connection, old.model_copy(update={"expires_at": ends, "replaced_by": key.key_id}))
            append(connection, Entry(action=Action.KEY_ROTATED, subject=by, thing=f"{key_id}|{key.key_id}"))
        return key, shown(presented)

    def revoke_key(self, key_id: str, *, by: str) -> ApiKey:
        """End a key, and every session begun with it, now.

        Raises
        ------
        NotFound
            If there is no such key.
        """
        with writing(self._engine) as connection:
            key = _key(connection, key_id)
            if key is None:
                raise NotFound("there is no such key")
            key = key.model_copy(update={"revoked_at": key.revoked_at or datetime.now(UTC)})
            _update(connection, key)
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.key_id == key_id))
            append(connection, Entry(action=Action.KEY_REVOKED, subject=by, thing=key_id))
        return key

    def keys(self) -> tuple[ApiKey, ...]:
        """Return every key, the newest first."""
        with reading(self._engine) as connection:
            documents = connection.execute(sa.select(KEYS.c.document).order_by(KEYS.c.created_at.desc())).scalars()
            return tuple(ApiKey.model_validate_json(document) for document in documents)

    def key_of(self, presented: Presented) -> ApiKey | None:
        """Return the key that was presented, ``None`` where there is none, its secret is another, or it has ended."""
        query = sa.select(KEYS.c.secret_sha256, KEYS.c.document).where(KEYS.c.key_id == presented.key_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        kept = row.secret_sha256 if row is not None else "0" * 64
        if not is_same(kept, presented.sha256) or row is None:
            return None
        key = ApiKey.model_validate_json(row.document)
        return key if key.is_valid(datetime.now(UTC)) else None

    def open_session(self, person: Person, until: datetime, key_id: str | None) -> str:
        """Begin a session; what is returned is for its cookie alone, and only its hash is kept."""
        secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
        row = {
            "secret_sha256": secret_sha256(secret),
            "subject": person.subject,
            "key_id": key_id,
            "expires_at": text_of(until),
            "document": person.model_dump_json(),
        }
        with writing(self._engine) as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.expires_at <= text_of(now)))
            connection.execute(sa.insert(SESSIONS).values(row))
            append(connection, Entry(action=Action.LOGIN, subject=person.subject, how=person.how))
        return secret

    def person_of_session(self, secret: str) -> Person | None:
        """Return whose session it is, ``None`` where it is over, or its key has ended."""
        query = sa.select(SESSIONS).where(SESSIONS.c.secret_sha256 == secret_sha256(secret))
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
            if row is None or row.expires_at <= text_of(datetime.now(UTC)):
                return None
            key = _key(connection, row.key_id) if row.key_id else None
        if row.key_id and (key is None or not key.is_valid(datetime.now(UTC))):
            return None
        return Person.model_validate_json(row.document)

    def close_session(self, secret: str) -> None:
        """End a session."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.secret_sha256 == secret_sha256(secret)))

    def department_of(self, study_id: str) -> str | None:
        """Return which department a study belongs to, ``None`` where nobody said."""
        query = sa.select(DEPARTMENTS.c.department).where(DEPARTMENTS.c.study_id == study_id)
        with reading(self._engine) as connection:
            department: str | None = connection.execute(query).scalar_one_or_none()
        return department

    def knows(self, study_id: str) -> bool:
        """Whether there is such a study: an id in the audit is one of ours, and not what somebody typed."""
        query = sa.select(STUDIES.c.study_id).where(STUDIES.c.study_id == study_id)
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def seen_by(self, person: Person, study_ids: Iterable[str]) -> frozenset[str]:
        """Return which of these studies are open to a person."""
        wanted = frozenset(study_ids)
        if person.sees_every_department or not wanted:
            return wanted
        query = sa.select(DEPARTMENTS.c.study_id).where(
            DEPARTMENTS.c.study_id.in_(wanted), DEPARTMENTS.c.department.in_(person.departments)
        )
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())


def open_to(person: Person, query: sa.Select[tuple[object, ...]]) -> sa.Select[tuple[object, ...]]:
    """Return a query over studies, without those of departments that the person does not see."""
    if person.sees_every_department:
        return query
    theirs = sa.select(DEPARTMENTS.c.study_id).where(DEPARTMENTS.c.department.in_(person.departments))
    return query.where(STUDIES.c.study_id.in_(theirs))


def assign(connection: sa.Connection, study_id: str, department: str) -> None:
    """Say which department a study belongs to, in the transaction in which it is accepted."""
    connection.execute(sa.insert(DEPARTMENTS).values(study_id=study_id, department=department))


def _key(connection: sa.Connection, key_id: str) -> ApiKey | None:
    query = sa.select(KEYS.c.document).where(KEYS.c.key_id == key_id)
    document = connection.execute(query).scalar_one_or_none()
    return None if document is None else ApiKey.model_validate_json(document)


def _insert(connection: sa.Connection, key: ApiKey, presented: Presented) -> None:
    connection.execute(sa.insert(KEYS).values(**_columns(key), secret_sha256=presented.sha256))


def _update(connection: sa.Connection, key: ApiKey) -> None:
    connection.execute(sa.update(KEYS).where(KEYS.c.key_id == key.key_id).values(_columns(key)))


def _columns(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "created_at": text_of(key.created_at),
        "expires_at": text_of(key.expires_at),
        "revoked_at": None if key.revoked_at is None else text_of(key.revoked_at),
        "document": key.model_dump_json(),
    }
