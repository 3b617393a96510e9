"""What resources say, as orders, patients and earlier reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from html import unescape

from fhir.resources.R4B.codeableconcept import CodeableConcept
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.identifier import Identifier
from fhir.resources.R4B.imagingstudy import ImagingStudy
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.servicerequest import ServiceRequest
from pydantic import BaseModel

from orchestrator.gateway.fhir.outcome import UnacceptableResource
from orchestrator.gateway.fhir.subjects import Known, identifier_typed, named, number_of, patient_of
from orchestrator.orders.incoming import EarlierReport, Incoming, PatientMerge, PatientUpdate, PlacedOrder
from orchestrator.study import Order

_ORDERED = frozenset({"directive", "order", "original-order", "reflex-order", "filler-order", "instance-order"})
"""Intents that ask for something; a plan or a proposal does not."""
_NOT_PLACED = frozenset({"draft", "unknown"})
_TAKEN_BACK = frozenset({"revoked", "entered-in-error", "cancelled"})
_FINAL = frozenset({"final", "amended", "corrected", "appended"})
_DICOM_UID = "urn:dicom:uid"
_UID = re.compile(r"(?:urn:oid:)?([0-9.]{1,64})")
_WORDS, _REPORT = 8000, 32_000


def said_by(resource: BaseModel, known: Known) -> Sequence[Incoming]:
    """Return what a resource says; nothing for one that says nothing here.

    Raises
    ------
    UnacceptableResource
        If it lacks what it is about.
    """
    reader = READERS.get(type(resource).__name__)
    return reader(resource, known) if reader else ()


def _service_request(resource: BaseModel, known: Known) -> Sequence[Incoming]:
    assert isinstance(resource, ServiceRequest)
    if resource.intent not in _ORDERED or resource.status in _NOT_PLACED:
        return ()
    untyped = next((one for one in resource.identifier or [] if one.type is None and one.system != _DICOM_UID), None)
    placer = identifier_typed(resource.identifier, "PLAC") or (number_of(untyped) if untyped else None)
    reasons = [text for one in resource.reasonCode or [] if (text := _text(one))]
    placed = PlacedOrder(
        patient=patient_of(resource.subject, resource, known, "ServiceRequest.subject"),
        order=Order(
            accession_number=identifier_typed(resource.identifier, "ACSN"),
            placer_order_number=placer,
            filler_order_number=identifier_typed(resource.identifier, "FILL"),
            referring_physician=_display(resource.requester),
            requested_procedure=_text(resource.code)[:256] or None,
            indication="; ".join(reasons)[:_WORDS] or None,
            observations="; ".join(str(one.text) for one in resource.note or [])[:_WORDS] or None,
        ),
        study_instance_uid=_study_uid(resource.identifier),
        cancelled=resource.status in _TAKEN_BACK,
    )
    return (_with_key(placed, "ServiceRequest.identifier"),)


def _imaging_study(resource: BaseModel, known: Known) -> Sequence[Incoming]:
    assert isinstance(resource, ImagingStudy)
    placed = PlacedOrder(
        patient=patient_of(resource.subject, resource, known, "ImagingStudy.subject"),
        order=Order(accession_number=identifier_typed(resource.identifier, "ACSN")),
        study_instance_uid=_study_uid(resource.identifier),
        cancelled=resource.status in _TAKEN_BACK,
    )
    return (_with_key(placed, "ImagingStudy.identifier"),)


def _patient(resource: BaseModel, known: Known) -> Sequence[Incoming]:
    assert isinstance(resource, Patient)
    one = named(resource)
    found: list[Incoming] = []
    for link in resource.link or []:
        if link.type == "replaces":
            other = patient_of(link.other, resource, known, "Patient.link.other")
            found.append(PatientMerge(survivor=one, merged=other.identifiers))
        elif link.type == "replaced-by":
            other = patient_of(link.other, resource, known, "Patient.link.other")
            return (PatientMerge(survivor=other, merged=one.identifiers),)
    return (PatientUpdate(patient=one), *found)


def _diagnostic_report(resource: BaseModel, known: Known) -> Sequence[Incoming]:
    assert isinstance(resource, DiagnosticReport)
    withdrawn = resource.status in _TAKEN_BACK
    words = _report_text(resource)
    if not withdrawn and (resource.status not in _FINAL or not words):
        return ()
    named_by = next(iter(resource.identifier or []), None)
    number = number_of(named_by) if named_by else str(resource.id or "")
    if not number:
        raise UnacceptableResource(422, "required", "a report without a number", "DiagnosticReport.identifier")
    report = EarlierReport(
        patient=patient_of(resource.subject, resource, known, "DiagnosticReport.subject"),
        source=((named_by.system if named_by else None) or "FHIR")[:128],
        number=number,
        performed_at=_performed(resource),
        procedure=_text(resource.code)[:256] or None,
        accession_number=identifier_typed(resource.identifier, "ACSN"),
        text=words[:_REPORT],
        withdrawn=withdrawn,
    )
    return (report,)


READERS: dict[str, Callable[[BaseModel, Known], Sequence[Incoming]]] = {
    "DiagnosticReport": _diagnostic_report,
    "ImagingStudy": _imaging_study,
    "Patient": _patient,
    "ServiceRequest": _service_request,
}


def _with_key(placed: PlacedOrder, where: str) -> PlacedOrder:
    if placed.key is None:
        raise UnacceptableResource(422, "required", "neither placer, filler, accession number nor study UID", where)
    return placed


def _study_uid(identifiers: Sequence[Identifier] | None) -> str | None:
    for one in identifiers or []:
        if one.system == _DICOM_UID:
            found = _UID.fullmatch(str(one.value or "").strip())
            if found is None:
                raise UnacceptableResource(422, "value", "no DICOM UID", "identifier.value")
            return found[1]
    return None


def _text(concept: CodeableConcept | None) -> str:
    if concept is None:
        return ""
    displayed = (one.display or one.code for one in concept.coding or [])
    return str(concept.text or next((one for one in displayed if one), "")).strip()


def _display(reference: object) -> str | None:
    name = " ".join(re.sub(r"[\^=\\]", " ", str(getattr(reference, "display", None) or "")).split())
    return name[:256] or None


def _performed(report: DiagnosticReport) -> datetime:
    period = report.effectivePeriod.start if report.effectivePeriod else None
    when = report.effectiveDateTime or period
    if isinstance(when, datetime):
        return when
    if isinstance(when, date):
        return datetime(when.year, when.month, when.day)
    raise UnacceptableResource(422, "required", "the day of the examination", "DiagnosticReport.effectiveDateTime")


def _report_text(report: DiagnosticReport) -> str:
    """The whole text where there is one, else the narrative; the conclusion where neither says it."""
    forms = [_plain(one) for one in report.presentedForm or [] if str(one.contentType or "").startswith("text/plain")]
    div = str(report.text.div) if report.text and report.text.status == "generated" else ""
    narrative = unescape(re.sub(r"<[^>]*>", " ", re.sub(r"</(?:p|div|li|h\d|tr)>|<br ?/?>", "\n", div)))
    whole = "\n".join(filter(None, forms)) or "\n".join(filter(None, map(str.strip, narrative.splitlines())))
    conclusion = str(report.conclusion or "").strip()
    if conclusion and conclusion not in whole:
        whole = f"{whole}\nImpression: {conclusion}" if whole else conclusion
    return whole.strip()


def _plain(attachment: object) -> str:
    """The model holds the bytes themselves, no longer in Base64."""
    data = getattr(attachment, "data", None)
    return bytes(data).decode("utf-8", "replace").strip() if isinstance(data, bytes) else ""
