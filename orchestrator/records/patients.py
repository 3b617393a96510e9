"""Whom an identifier names, after every merge (ADT^A40)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa

from orchestrator.orders.incoming import NamedPatient, PatientIdentifier, PatientMerge
from orchestrator.orders.issuers import Issuers, Who
from orchestrator.records.rows import text_of
from orchestrator.records.tables import PATIENT_MERGES
from orchestrator.study import Patient
from services.contract import Fact


class _Merged(Fact):
    merged: PatientIdentifier
    survivor: PatientIdentifier


class People:
    """Compares patients: one name for each issuer, and merges followed to the one who remains."""

    def __init__(self, issuers: Issuers) -> None:
        self.issuers = issuers

    def of_study(self, connection: sa.Connection, patient: Patient) -> Who | None:
        """Return whom images name; ``None`` where they name nobody."""
        who = self.issuers.of_study(patient)
        return who and self._now(connection, who)

    def of_order(self, connection: sa.Connection, patient: NamedPatient) -> frozenset[Who]:
        """Return whom an order names: every identifier counts."""
        return frozenset(self._now(connection, who) for who in self.issuers.of(patient))

    def values(self, connection: sa.Connection, who: Who) -> frozenset[str]:
        """Return every identifier value under which something of this patient may be kept."""
        found, ask = {who.value}, {who.value}
        while ask:
            query = sa.select(PATIENT_MERGES.c.patient_id).where(PATIENT_MERGES.c.survivor_id.in_(ask))
            ask = set(connection.execute(query).scalars()) - found
            found |= ask
        return frozenset(found)

    def merge(self, connection: sa.Connection, merge: PatientMerge) -> None:
        """Record that what was the merged one's is the survivor's. The survivor himself is nobody else from now on."""
        survivor = merge.survivor.identifiers[0]
        for merged in merge.merged:
            if self.issuers.who(merged) == self.issuers.who(survivor):
                continue
            self._forget(connection, (self.issuers.who(survivor), self.issuers.who(merged)))
            row = {
                "merge_id": secrets.token_hex(16),
                "patient_id": merged.value,
                "survivor_id": survivor.value,
                "merged_at": text_of(datetime.now(UTC)),
                "document": _Merged(merged=merged, survivor=survivor).model_dump_json(),
            }
            connection.execute(sa.insert(PATIENT_MERGES).values(row))

    def survivor(self, connection: sa.Connection, patient: Patient) -> PatientIdentifier | None:
        """Return by which identifier a merged patient is known now; ``None`` for one who was never merged."""
        who, found = self.issuers.of_study(patient), None
        while who is not None and (step := self._step(connection, who)) is not None:
            who, found = self.issuers.who(step), step
        return found

    def _now(self, connection: sa.Connection, who: Who) -> Who:
        """Follow merges; none leads back (:meth:`merge`)."""
        step = self._step(connection, who)
        return who if step is None else self._now(connection, self.issuers.who(step))

    def _step(self, connection: sa.Connection, who: Who) -> PatientIdentifier | None:
        query = sa.select(PATIENT_MERGES.c.document).where(PATIENT_MERGES.c.patient_id == who.value)
        steps = (_Merged.model_validate_json(document) for document in connection.execute(query).scalars())
        return next((step.survivor for step in steps if self.issuers.who(step.merged) == who), None)

    def _forget(self, connection: sa.Connection, alive: Iterable[Who]) -> None:
        """Remove the merges by which one of these was somebody else: what is said last holds, and no ring is made."""
        for who in alive:
            query = sa.select(PATIENT_MERGES).where(PATIENT_MERGES.c.patient_id == who.value)
            for row in connection.execute(query).all():
                if self.issuers.who(_Merged.model_validate_json(row.document).merged) == who:
                    connection.execute(sa.delete(PATIENT_MERGES).where(PATIENT_MERGES.c.merge_id == row.merge_id))
