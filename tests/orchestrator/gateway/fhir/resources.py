"""Resources as an EHR sends them."""

from __future__ import annotations

import base64

MR = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
PATIENT = {
    "resourceType": "Patient",
    "id": "pat-1",
    "identifier": [{"use": "usual", "type": MR, "system": "https://hosp.example/mrn", "value": "4711"}],
    "name": [{"use": "official", "family": "Byrne", "given": ["Zoë", "M"], "prefix": ["Dr"], "suffix": ["III"]}],
    "gender": "female",
    "birthDate": "1958-04-17",
}
SUBJECT = {"identifier": {"system": "https://hosp.example/mrn", "value": "4711"}}


def typed(code: str, value: str) -> dict:
    return {
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": code}]},
        "value": value,
    }


def service_request(**more) -> dict:
    return {
        "resourceType": "ServiceRequest",
        "id": "sr-1",
        "identifier": [typed("PLAC", "P-1"), typed("ACSN", "ACC-1")],
        "status": "active",
        "intent": "order",
        "code": {"text": "XR chest PA"},
        "subject": SUBJECT,
        "requester": {"display": "Dr Piotr Nowak"},
        "reasonCode": [{"text": "cough for a week"}],
        "note": [{"text": "walks with a frame"}],
        **more,
    }


def imaging_study(**more) -> dict:
    return {
        "resourceType": "ImagingStudy",
        "status": "available",
        "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}, typed("ACSN", "ACC-1")],
        "subject": SUBJECT,
        **more,
    }


def diagnostic_report(**more) -> dict:
    text = base64.b64encode(b"Findings: Small left pleural effusion.").decode()
    return {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": "urn:ris", "value": "R-1"}],
        "status": "final",
        "code": {"text": "XR chest PA"},
        "subject": SUBJECT,
        "effectiveDateTime": "2026-01-31T09:30:00Z",
        "conclusion": "Small left pleural effusion.",
        "presentedForm": [{"contentType": "text/plain", "data": text}],
        **more,
    }


def bundle(*resources: dict, kind: str = "transaction") -> dict:
    entries = [
        {
            "fullUrl": f"urn:uuid:{number:08d}-0000-4000-8000-000000000000",
            "resource": one,
            "request": {"method": "POST", "url": one["resourceType"]},
        }
        for number, one in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}
