"""What the hospital's systems tell us, whether they speak HL7 v2 or FHIR."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from orchestrator.study import Order, Patient
from services.contract import Fact

Identifying = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
"""A value that names somebody or something: LO and SH of PS3.5 6.2 hold no longer one."""


class PatientIdentifier(Fact):
    """One identifier of a patient and who gave it (CX, HL7 v2 2.A.14; Identifier, FHIR)."""

    value: Identifying
    issuer: str | None = None
    """Assigning authority as it was sent: a namespace, an OID, a URI."""
    kind: str | None = None
    """Table 0203, such as ``MR``."""


class NamedPatient(Fact):
    """A patient as a hospital's system knows him (PID, HL7 v2 3.4.2; Patient, FHIR)."""

    identifiers: tuple[PatientIdentifier, ...] = Field(min_length=1, max_length=32)
    """The medical record number first."""
    name: str | None = Field(default=None, max_length=256)
    """As DICOM writes it: ``Family^Given^Middle^Prefix^Suffix`` (PS3.5 6.2.1.2)."""
    birth_date: str | None = Field(default=None, pattern=r"^\d{8}$")
    sex: str | None = Field(default=None, pattern=r"^[FMO]$")
    address: str | None = Field(default=None, max_length=256)
    telephone: str | None = Field(default=None, max_length=64)

    @property
    def patient(self) -> Patient:
        """The patient as a study names him."""
        first, *others = self.identifiers
        return Patient(
            patient_id=first.value,
            issuer_of_patient_id=first.issuer,
            name=self.name,
            birth_date=self.birth_date,
            sex=self.sex,
            other_ids=tuple(other.value for other in others),
            address=self.address,
            telephone=self.telephone,
        )


class PlacedOrder(Fact):
    """An imaging order (ORM^O01, OMI^O23; ServiceRequest), or word of a study that was made (ImagingStudy)."""

    patient: NamedPatient
    order: Order
    study_instance_uid: str | None = Field(default=None, pattern=r"^[0-9.]{1,64}$")
    cancelled: bool = False

    @property
    def key(self) -> str | None:
        """By what a later message means this same order; ``None`` where it can be told from no other."""
        order = self.order
        named = (
            ("placer", order.placer_order_number),
            ("filler", order.filler_order_number),
            ("accession", order.accession_number),
            ("study", self.study_instance_uid),
        )
        return next((f"{kind} {value}" for kind, value in named if value), None)


class PatientUpdate(Fact):
    """A patient's particulars are these from now on (ADT^A08; Patient)."""

    patient: NamedPatient


class PatientMerge(Fact):
    """Two identifiers are one patient (ADT^A40; Patient.link): what was the merged one's is the survivor's."""

    survivor: NamedPatient
    merged: tuple[PatientIdentifier, ...] = Field(min_length=1)


class EarlierReport(Fact):
    """A report about an earlier examination (ORU^R01; DiagnosticReport)."""

    patient: NamedPatient
    number: Identifying
    """By what its source means this same report later: a filler or accession number."""
    source: str = Field(default="", max_length=128)
    """Who sent it."""
    performed_at: datetime
    procedure: str | None = Field(default=None, max_length=256)
    study_instance_uid: str | None = Field(default=None, pattern=r"^[0-9.]{1,64}$")
    accession_number: str | None = Field(default=None, max_length=64)
    text: str = Field(default="", max_length=32_000)
    withdrawn: bool = False
    """Deleted, cancelled or entered in error: it is forgotten."""

    @property
    def key(self) -> str:
        """By what a later message of the same source means this report."""
        return f"{self.source} {self.number}"


Incoming = PlacedOrder | PatientUpdate | PatientMerge | EarlierReport
