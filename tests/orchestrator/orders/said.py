"""What a hospital's systems might say, in short."""

from __future__ import annotations

import hashlib

from orchestrator.orders.incoming import EarlierReport, NamedPatient, PatientIdentifier, PlacedOrder
from orchestrator.records import Records
from orchestrator.study import Order, Study
from tests.orchestrator.small_clinic import study


def patient(value: str = "4711", issuer: str | None = "HOSP", *others: PatientIdentifier, **more: str) -> NamedPatient:
    return NamedPatient(identifiers=(PatientIdentifier(value=value, issuer=issuer, kind="MR"), *others), **more)


def order(
    whose: NamedPatient | None = None,
    accession: str | None = "ACC-1",
    placer: str | None = "P-1",
    uid: str | None = None,
    *,
    cancelled: bool = False,
    **words: str,
) -> PlacedOrder:
    return PlacedOrder(
        patient=whose or patient(),
        order=Order(accession_number=accession, placer_order_number=placer, **{"indication": "cough", **words}),
        study_instance_uid=uid,
        cancelled=cancelled,
    )


def images(
    value: str | None = "4711", issuer: str | None = "HOSP", accession: str | None = "ACC-1", uid: str = "1.2.3", **more
) -> Study:
    made = study(patient_id=value, issuer_of_patient_id=issuer)
    return made.model_copy(update={"order": Order(accession_number=accession), "study_instance_uid": uid, **more})


def accepted(records: Records, sent: Study):
    return records.accept(sent, hashlib.sha256(sent.study_id.encode()).hexdigest()).record


def report(number: str = "R-1", whose: NamedPatient | None = None, **more) -> EarlierReport:
    return EarlierReport(patient=whose or patient(), number=number, **more)
