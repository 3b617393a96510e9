"""FHIR by POST: what it says is in the database, and whatever is wrong is an OperationOutcome."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B import get_fhir_model_class

from orchestrator.exports.fhir_value_sets import check_value_sets
from tests.orchestrator.gateway.fhir.resources import (
    PATIENT,
    SUBJECT,
    bundle,
    diagnostic_report,
    imaging_study,
    service_request,
)
from tests.orchestrator.orders.said import accepted, images

PATIENT_OF_BUNDLE = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"}
ISSUER = "https://hosp.example/mrn"


async def post(client, body, path: str = ""):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await client.post(f"/fhir{path}", content=content, headers={"content-type": "application/fhir+json"})
    read = get_fhir_model_class(answer.json()["resourceType"]).model_validate(answer.json())
    check_value_sets(read)
    assert answer.headers["content-type"] == "application/fhir+json"
    assert "null" not in answer.text
    return answer


def outcome(answer, status: int, code: str) -> dict:
    body = answer.json()
    assert (answer.status_code, body["resourceType"]) == (status, "OperationOutcome"), answer.text
    assert body["issue"][0]["code"] == code, answer.text
    return body["issue"][0]


async def test_an_order_meets_its_images(client, app):
    answer = await post(client, service_request(), "/ServiceRequest")
    assert answer.status_code == 201 and answer.headers["location"].startswith("http://wetread/fhir/ServiceRequest/")
    records = app.state.rooms.records
    sent = images(issuer=ISSUER)
    accepted(records, sent)
    order = records.study(sent.study_id).order
    assert (order.indication, order.observations) == ("cough for a week", "walks with a frame")
    assert (order.requested_procedure, order.referring_physician) == ("XR chest PA", "Dr Piotr Nowak")


async def test_what_was_created_is_read_back_until_its_text_is_forgotten(client, app):
    sent = service_request()
    location = (await post(client, sent, "/ServiceRequest")).headers["location"]
    path = location.removeprefix("http://wetread")
    answer = await client.get(path)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/fhir+json"
    assert answer.json() == {**sent, "id": path.rsplit("/", 1)[1]}
    assert (await post(client, sent, "/ServiceRequest")).headers["location"] != location, "each create is its own"
    entries = (await post(client, bundle(PATIENT, service_request(subject=PATIENT_OF_BUNDLE)))).json()["entry"]
    for entry, kind in zip(entries, ("Patient", "ServiceRequest"), strict=True):
        assert (await client.get(f"/fhir/{entry['response']['location']}")).json()["resourceType"] == kind
    outcome(await client.get("/fhir/Patient/8d7f5e5e-0000"), 404, "not-found")
    assert app.state.rooms.records.orders.forget_messages(days=0) == 4
    outcome(await client.get(path), 410, "deleted")


async def test_a_revoked_order_and_a_plan_meet_nothing(client, app):
    await post(client, service_request(status="revoked"), "/ServiceRequest")
    await post(client, service_request(intent="plan", identifier=[{"value": "P-2"}]), "/ServiceRequest")
    records = app.state.rooms.records
    sent = images(issuer=ISSUER)
    accepted(records, sent)
    assert records.study(sent.study_id).order.indication is None


async def test_a_transaction_is_taken_as_a_whole_or_not_at_all(client, app):
    subject = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"}
    good = bundle(PATIENT, service_request(subject=subject), imaging_study(subject=subject))
    answer = await post(client, good)
    assert [entry["response"]["status"] for entry in answer.json()["entry"]] == ["201"] * 3
    bad = bundle(service_request(identifier=[{"value": "P-9"}]), service_request(subject={"display": "Byrne, Zoë"}))
    outcome(await post(client, bad), 422, "not-found")
    records = app.state.rooms.records
    sent = images(issuer=ISSUER)
    accepted(records, sent)
    assert records.study(sent.study_id).order.indication == "cough for a week"


async def test_a_batch_is_taken_entry_by_entry(client):
    answer = await post(
        client, bundle(service_request(), service_request(subject={"display": "nobody"}), PATIENT, kind="batch")
    )
    assert [entry["response"]["status"] for entry in answer.json()["entry"]] == ["201", "422", "201"]


async def test_a_report_is_a_prior_and_one_entered_in_error_is_none(client, app):
    orders = app.state.rooms.records.orders
    study = images(issuer=ISSUER, study_datetime=datetime(2026, 3, 2, tzinfo=UTC))
    await post(client, diagnostic_report(status="preliminary"), "/DiagnosticReport")
    assert orders.earlier(study) == ()
    await post(client, diagnostic_report(), "/DiagnosticReport")
    assert [one.text for one in orders.earlier(study)] == ["Findings: Small left pleural effusion."]
    await post(client, diagnostic_report(status="entered-in-error"), "/DiagnosticReport")
    assert orders.earlier(study) == ()


async def test_patients_are_updated_and_merged(client, app):
    records = app.state.rooms.records
    sent = images("12", ISSUER)
    accepted(records, sent)
    old = {"type": "replaces", "other": {"identifier": {"system": ISSUER, "value": "12"}}}
    await post(client, {**PATIENT, "link": [old]}, "/Patient")
    patient = records.study(sent.study_id).patient
    assert (patient.patient_id, patient.name, patient.birth_date) == ("4711", "Byrne^Zoë^M^Dr^III", "19580417")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/ServiceRequest", b"{", 400, "structure"),
        ("/ServiceRequest", b"\xff\xfe", 400, "structure"),
        ("/ServiceRequest", b"[]", 400, "structure"),
        ("/ServiceRequest", b'{"resourceType": "ServiceRequest", "x": NaN}', 400, "structure"),
        ("/ServiceRequest", b'{"a":' * 5000 + b"1" + b"}" * 5000, 400, "structure"),
        ("/ServiceRequest", b'{"resourceType":"ServiceRequest","contained":' + b"[" * 60 + b"]" * 60 + b"}", 400,
         "too-costly"),
        ("/ServiceRequest", PATIENT, 400, "invalid"),
        ("/ServiceRequest", {"resourceType": "ServiceRequest"}, 422, "structure"),
        ("/ServiceRequest", service_request(status="bogus"), 422, "code-invalid"),
        ("/ServiceRequest", service_request(CANARY="x"), 422, "structure"),
        ("/ServiceRequest", service_request(subject={"display": "CANARY"}), 422, "not-found"),
        ("/ServiceRequest", service_request(identifier=[]), 422, "required"),
        ("/ServiceRequest", service_request(identifier=[{"value": "C" * 65}]), 422, "value"),
        ("/ServiceRequest", service_request(subject={"identifier": {"value": "4" * 65}}), 422, "value"),
        ("/ImagingStudy", imaging_study(identifier=[{"system": "urn:dicom:uid", "value": "CANARY"}]), 422, "value"),
        ("/DiagnosticReport", diagnostic_report(effectiveDateTime="2026"), 422, "required"),
        ("/Patient", {"resourceType": "Patient", "gender": "CANARY"}, 422, "code-invalid"),
        ("/Patient", {"resourceType": "Patient", "name": [{"family": "CANARY"}]}, 422, "required"),
        ("", {"resourceType": "Bundle", "type": "history"}, 422, "not-supported"),
        ("", PATIENT, 400, "invalid"),
        ("/Medication", {"resourceType": "Medication"}, 422, "invalid"),
    ],
)  # fmt: skip
async def test_every_error_is_an_outcome_that_names_the_place_and_not_the_value(client, path, body, status, code):
    issue = outcome(await post(client, body, path), status, code)
    assert "CANARY" not in json.dumps(issue)


async def test_errors_of_the_door_are_outcomes_too(client):
    outcome(
        await client.post("/fhir/Patient", content=b"x", headers={"content-type": "text/xml"}), 415, "not-supported"
    )
    outcome(await client.get("/fhir/Patient"), 405, "not-supported")
    outcome(await client.get("/fhir/no/such/place"), 404, "not-found")
    outcome(await post(client, b"x" * 4_000_001, "/Patient"), 413, "too-long")


async def test_the_capability_statement_says_what_is_taken(client):
    answer = await client.get("/fhir/metadata")
    statement = answer.json()
    get_fhir_model_class("CapabilityStatement").model_validate(statement)
    assert {one["type"] for one in statement["rest"][0]["resource"]} == {
        "DiagnosticReport", "ImagingStudy", "Patient", "ServiceRequest"}  # fmt: skip
    assert (statement["fhirVersion"], statement["kind"]) == ("4.3.0", "instance")


def damaged(chance: random.Random) -> bytes:
    """A resource with something wrong in it: a value of another type, a piece gone, bytes flipped."""
    made = chance.choice([service_request(), imaging_study(), diagnostic_report(), PATIENT, bundle(service_request())])
    read = json.loads(json.dumps(made))
    for _ in range(chance.randint(1, 3)):
        node, key = read, chance.choice(list(read))
        while isinstance(node[key], dict | list) and node[key] and chance.random() < 0.8:
            node = node[key]
            key = chance.choice(list(node)) if isinstance(node, dict) else chance.randrange(len(node))
        odd = [
            None,
            [],
            {},
            0,
            -1.5e300,
            True,
            "",
            "x" * 300,
            "\u0000",
            [[]],
            {"a": {"a": {}}},
            json.loads(json.dumps(SUBJECT)),
            "2026-13-45",
        ]
        node[key] = chance.choice(odd)
    data = bytearray(json.dumps(read).encode())
    for _ in range(chance.choice([0, 0, 1, 4])):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


async def test_three_hundred_damaged_resources_are_answered_each_with_an_outcome(client):
    chance = random.Random(1)
    for _ in range(300):
        kind = chance.choice(["/ServiceRequest", "/ImagingStudy", "/DiagnosticReport", "/Patient", ""])
        answer = await post(client, damaged(chance), kind)
        assert answer.status_code < 500, answer.text
