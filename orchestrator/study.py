"""A study as received, and the same study after de-identification: two types that never mix.

Nothing below :mod:`orchestrator.deidentify` accepts a :class:`Study`; an import contract and the
type checker hold that line.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import Field

from orchestrator.prior import Prior
from services.contract import Fact, Finding, ImageReference, Limitation, Subject


class Patient(Fact):
    """Patient module (PS3.3 C.7.1.1). Lives in the identified zone only."""

    patient_id: str | None = None
    issuer_of_patient_id: str | None = None
    name: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    other_ids: tuple[str, ...] = ()
    address: str | None = None
    telephone: str | None = None


class Order(Fact):
    """What was asked for, by whom, and why (Imaging Service Request, PS3.3 C.4.12)."""

    accession_number: str | None = None
    placer_order_number: str | None = None
    filler_order_number: str | None = None
    referring_physician: str | None = None
    requested_procedure: str | None = None
    indication: str | None = None
    history: str | None = None
    """Clinical history (Additional Patient History, 0010,21B0), as it was sent."""
    observations: str | None = None
    """What the order says beside it (OBX, NTE of an order), as it was sent."""


class Instance(Fact):
    """One SOP instance as received, already decoded once (PS3.3 C.12.1)."""

    sop_instance_uid: str
    sop_class_uid: str | None = None
    source: Path
    """Where the received bytes lie, under their SHA-256, in the identified zone."""
    source_sha256: str
    image: ImageReference
    """The decoded pixels; header words in it are of the closed lists of :mod:`orchestrator.vocabulary`."""
    frame_count: int = Field(default=1, ge=1)


class Series(Fact):
    series_instance_uid: str
    modality: str | None = None
    instances: tuple[Instance, ...]


class EarlierExamination(Fact):
    """What is known of an earlier examination of the same patient: a report that was sent, or our own draft."""

    examination_id: str
    """Ours, random."""
    performed_at: datetime
    text: str = ""
    """As it was sent; empty for our own."""
    findings: tuple[Finding, ...] = ()
    """What the specialists said of our own earlier study; empty for a text that was sent."""


class Study(Fact):
    """A study as received, with the person it belongs to."""

    study_id: str
    """Ours, random; the only name of a study that may be logged."""
    study_instance_uid: str
    study_datetime: datetime | None = None
    patient: Patient
    order: Order
    subject: Subject
    series: tuple[Series, ...]
    identifiers: tuple[str, ...] = ()
    """Every header value that can name somebody or something of the patient, so that it can be masked in text."""
    limitations: tuple[Limitation, ...] = ()
    """Files that came with the study and could not be used, each with its reason."""
    prior_of: str | None = None
    """Study Instance UID of the examination that this one was fetched for, to be compared with; nobody waits for it."""
    earlier: tuple[EarlierExamination, ...] = ()
    """Earlier examinations of the same patient, newest first; looked up when the study is read, never stored."""


class DeidentifiedStudy(Fact):
    """What everything below the line may know: pixels, an age, a sex, a scrubbed indication."""

    study_id: str
    images: tuple[ImageReference, ...]
    subject: Subject
    indication: str | None = None
    """Free text after masking of every identifier known from the header or the order."""
    history: str | None = None
    """The same of the history."""
    observations: str | None = None
    """The same of what the order said beside them (OBX, NTE)."""
    priors: tuple[Prior, ...] = ()
    """What earlier examinations found, newest first; dated by their distance in days."""
    prior_texts: tuple[str, ...] = ()
    """What earlier reports said, masked, newest first."""
    limitations: tuple[Limitation, ...] = ()
