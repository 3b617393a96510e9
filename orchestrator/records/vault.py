"""The sealed vault: whose pseudonym it is, encrypted, for a limited time; every opening leaves an audit entry.

An entry is one pseudonym of a research export: a patient's, or a SOP instance's. What it stands for is sealed under a
key that the database never sees (:mod:`orchestrator.sealing`) and bound to its pseudonym and its end, so that entries
cannot be exchanged or prolonged by whoever can write to the table.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from orchestrator.audit import Action, Entry, Outcome, audit_name
from orchestrator.errors import NotFound
from orchestrator.records.audit import append
from orchestrator.records.engine import reading, writing
from orchestrator.records.rows import text_of
from orchestrator.records.tables import VAULT
from orchestrator.sealing import Keys
from services.contract import Fact


class Purpose(StrEnum):
    """Why a pseudonym is resolved; a closed list, so that the audit holds no free text about a patient."""

    INCIDENTAL_FINDING = "incidental_finding"
    WITHDRAWAL = "withdrawal_of_consent"
    CORRECTION = "correction_of_data"
    SAFETY = "safety_of_patients"
    INSPECTION = "inspection"


class LinkedPatient(Fact):
    """Whom a pseudonym stands for (PS3.3 C.7.1.1)."""

    patient_id: str | None = None
    issuer_of_patient_id: str | None = None
    patient_name: str | None = None
    birth_date: str | None = None


class LinkedIdentity(Fact):
    """What one entry of the vault holds when it is open."""

    patient: LinkedPatient
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    """The three are set where the pseudonym is that of an instance."""


class Standing(Fact):
    """How many entries there are, without opening any."""

    entries: int
    expired: int
    under_current_key: int


class Vault:
    """Entries of the vault over one database; opened with keys from outside."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(self, keys: Keys, pseudonym: str, identity: LinkedIdentity, keep_until: datetime) -> None:
        """Seal what a pseudonym stands for; one that is there already is sealed anew with the later end."""
        with writing(self._engine) as connection:
            query = sa.select(VAULT.c.expires_at).where(VAULT.c.pseudonym == pseudonym)
            before = connection.execute(query).scalar_one_or_none()
            until = max(text_of(keep_until), before or "")
            connection.execute(sa.delete(VAULT).where(VAULT.c.pseudonym == pseudonym))
            sealed = keys.seal(identity.model_dump_json().encode(), _place(pseudonym, until))
            row = {"pseudonym": pseudonym, "key_id": keys.current, "sealed": sealed, "expires_at": until}
            connection.execute(sa.insert(VAULT).values({**row, "sealed_at": text_of(datetime.now(UTC))}))

    def relink(self, keys: Keys, pseudonym: str, by: str, purpose: Purpose) -> LinkedIdentity:
        """Return whom a pseudonym stands for; the audit entry is written first, in the same transaction.

        Parameters
        ----------
        by
            Who asks: a person of this house, never the patient.

        Raises
        ------
        NotFound
            If there is no such entry, or its time is over; that is recorded too.
        Misconfigured
            If the keys do not open it; that is recorded too.
        """
        with writing(self._engine) as connection:
            query = sa.select(VAULT).where(VAULT.c.pseudonym == pseudonym)
            row = connection.execute(query).one_or_none()
            there = row is not None and row.expires_at > text_of(datetime.now(UTC))
            name = pseudonym if row is not None else "unknown"  # what was typed could be anything, a name too
            _record(connection, by, f"relink:{purpose}:{name}", Outcome.DONE if there else Outcome.REFUSED)
        if row is None or not there:
            raise NotFound("the vault has no such pseudonym, or its time is over")
        content = keys.open(row.sealed, row.key_id, _place(row.pseudonym, row.expires_at))
        return LinkedIdentity.model_validate_json(content)

    def expire(self, by: str, now: datetime | None = None) -> int:
        """Delete every entry whose time is over, and return how many those were."""
        moment = text_of(now or datetime.now(UTC))
        with writing(self._engine) as connection:
            gone = connection.execute(sa.delete(VAULT).where(VAULT.c.expires_at <= moment)).rowcount
            _record(connection, by, f"expire:{gone}")
        return gone

    def rotate(self, keys: Keys, by: str) -> int:
        """Seal every entry anew under the first key, all or none, and return how many were under another.

        Raises
        ------
        Misconfigured
            If one of them cannot be opened with the keys given; nothing is then changed.
        """
        with writing(self._engine) as connection:
            rows = connection.execute(sa.select(VAULT).where(VAULT.c.key_id != keys.current)).all()
            for row in rows:
                place = _place(row.pseudonym, row.expires_at)
                sealed = keys.seal(keys.open(row.sealed, row.key_id, place), place)
                changed = {"sealed": sealed, "key_id": keys.current, "sealed_at": text_of(datetime.now(UTC))}
                connection.execute(sa.update(VAULT).where(VAULT.c.pseudonym == row.pseudonym).values(changed))
            _record(connection, by, f"rotate:{len(rows)}")
        return len(rows)

    def standing(self, keys: Keys) -> Standing:
        """Return how many entries there are; none is opened."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(VAULT.c.key_id, VAULT.c.expires_at)).all()
        now = text_of(datetime.now(UTC))
        return Standing(
            entries=len(rows),
            expired=sum(row.expires_at <= now for row in rows),
            under_current_key=sum(row.key_id == keys.current for row in rows),
        )


def days_from_now(days: int) -> datetime:
    """Return the moment so many days from now."""
    return datetime.now(UTC) + timedelta(days=days)


def _place(pseudonym: str, expires_at: str) -> str:
    return f"{pseudonym}\0{expires_at}"


def _record(connection: sa.Connection, by: str, what: str, outcome: Outcome = Outcome.DONE) -> None:
    """Add to the audit, in the transaction of the use: the operation, its purpose and the pseudonym."""
    entry = Entry(action=Action.VAULT, subject=audit_name(by), thing=what, outcome=outcome)
    append(connection, entry)
