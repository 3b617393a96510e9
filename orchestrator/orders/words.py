"""A study with the words of its orders: what was asked, why, and whom it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain

from orchestrator.orders.incoming import NamedPatient, PlacedOrder
from orchestrator.study import Order, Patient, Study
from services.contract import Subject

_FREE_TEXT = ("indication", "history", "observations", "requested_procedure")


def ordered(study: Study, orders: Sequence[PlacedOrder]) -> Study:
    """Return the study as its orders describe it.

    The order as sent wins over its copy in the image header. Of two orders for one study the one whose accession
    number the images carry is the first; what the others ask for and why stands after it, so that nothing is lost.
    """
    if not orders:
        return study
    first, *others = sorted(orders, key=lambda one: one.order.accession_number != study.order.accession_number)
    sent = {name: value for name, value in first.order.model_dump().items() if value}
    for name in _FREE_TEXT:
        texts = [text for one in (first, *others) if (text := getattr(one.order, name))]
        if texts:
            sent[name] = "; ".join(dict.fromkeys(texts))
    patient = filled(study.patient, first.patient)
    return study.model_copy(
        update={
            "order": study.order.model_copy(update=sent),
            "patient": patient,
            "subject": subject_of(study.subject, patient, study.study_datetime),
            "identifiers": _together(study.identifiers, *(naming(one.patient, one.order) for one in orders)),
        }
    )


def filled(patient: Patient, known: NamedPatient) -> Patient:
    """Return a patient with what the images left empty."""
    said = known.patient.model_dump(exclude={"patient_id", "issuer_of_patient_id", "other_ids"})
    return patient.model_copy(update={name: getattr(patient, name) or value for name, value in said.items()})


def updated(study: Study, known: NamedPatient) -> Study:
    """Return a study with a patient's new particulars (ADT^A08); old ones are still masked in text."""
    said = known.patient.model_dump(exclude={"patient_id", "issuer_of_patient_id", "other_ids"}, exclude_none=True)
    old = [value for value in study.patient.model_dump(include=set(said)).values() if value]
    patient = study.patient.model_copy(update=said)
    return study.model_copy(
        update={
            "patient": patient,
            "subject": subject_of(study.subject, patient, study.study_datetime),
            "identifiers": _together(study.identifiers, old, naming(known, Order())),
        }
    )


def with_particulars(known: NamedPatient, new: NamedPatient) -> NamedPatient:
    """Return a patient of an order with new particulars (ADT^A08); identifiers stay those of the order."""
    return known.model_copy(update=new.model_dump(exclude={"identifiers"}, exclude_none=True))


def merged(study: Study, survivor: NamedPatient) -> Study:
    """Return a study that was the merged patient's as the survivor's; the old identifier stays among the others."""
    patient, known = study.patient, survivor.patient
    others = (*patient.other_ids, *([patient.patient_id] if patient.patient_id else []), *known.other_ids)
    moved = patient.model_copy(
        update={
            "patient_id": known.patient_id,
            "issuer_of_patient_id": known.issuer_of_patient_id,
            "other_ids": tuple(dict.fromkeys(others)),
        }
    )
    return updated(study.model_copy(update={"patient": moved}), survivor)


def naming(patient: NamedPatient, order: Order) -> tuple[str, ...]:
    """Return every value of an order that can name somebody."""
    values = (
        patient.name,
        patient.birth_date,
        patient.address,
        patient.telephone,
        *(text for one in patient.identifiers for text in (one.value, one.issuer)),
        order.accession_number,
        order.placer_order_number,
        order.filler_order_number,
        order.referring_physician,
    )
    return tuple(value for value in values if value)


def subject_of(subject: Subject, patient: Patient, studied: datetime | None) -> Subject:
    """Return what a specialist may know, with age and sex from the order where the images say nothing."""
    from orchestrator.ingest.header import age_in_years

    age = subject.age_years
    if age is None:
        age = age_in_years(None, patient.birth_date, studied.replace(tzinfo=None) if studied else None)
    return Subject(age_years=age, sex=subject.sex or (patient.sex if patient.sex in {"F", "M", "O"} else None))


def _together(known: Iterable[str], *more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain(known, *more)))
