"""Who gave a patient identifier: one name for each authority, whatever a sender calls it.

``MRN 4711`` of one hospital and of another are two people. PACS, RIS and EHR name one authority in their own ways
(a namespace, an OID, a URI), and many images name none; ``[orders]`` of the hospital's file says what is meant.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic import Field, model_validator

from orchestrator.orders.incoming import NamedPatient, PatientIdentifier
from orchestrator.study import Patient
from services.contract import Fact


class Who(NamedTuple):
    """A patient identifier with its issuer, ready to be compared; an issuer that is not known is empty."""

    issuer: str
    value: str


class Issuers(Fact):
    """``[orders]``: what an identifier without an issuer means, and which issuers are one."""

    issuer_of_patient_id: str | None = Field(default=None, min_length=1, max_length=64)
    """Who is meant where a sender or an image names nobody. Without it such an identifier is only the same as another
    one without an issuer."""
    issuers: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Other names of an authority, by the name used here."""

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Issuers:
        names = [_folded(name) for known, others in self.issuers.items() for name in (known, *others)]
        if len(set(names)) != len(names):
            raise ValueError("an issuer is named twice; expected each name once")
        return self

    def who(self, identifier: PatientIdentifier) -> Who:
        """Return an identifier as it is compared."""
        return Who(self._one_name(identifier.issuer), identifier.value.strip())

    def of_study(self, patient: Patient) -> Who | None:
        """Return whom a study says it belongs to; ``None`` where it does not say."""
        value = (patient.patient_id or "").strip()
        return Who(self._one_name(patient.issuer_of_patient_id), value) if value else None

    def of(self, patient: NamedPatient) -> frozenset[Who]:
        """Return everything that names a patient."""
        return frozenset(map(self.who, patient.identifiers))

    def _one_name(self, issuer: str | None) -> str:
        folded = _folded(issuer or self.issuer_of_patient_id or "")
        for known, others in self.issuers.items():
            if folded in {_folded(known), *map(_folded, others)}:
                return _folded(known)
        return folded


def _folded(name: str) -> str:
    return name.strip().casefold().removeprefix("urn:oid:")
