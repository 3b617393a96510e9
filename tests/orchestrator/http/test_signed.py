"""From the draft to what leaves, over the API: signed, fetched in every format, and in the outbox."""

from __future__ import annotations

import io
import json
import zipfile

import hl7
import pytest
from fhir.resources.R4B.bundle import Bundle
from pydicom import dcmread

from orchestrator.progress import StudyStatus
from orchestrator.records.outbox import Subscription
from orchestrator.release import ReleaseEvent
from tests.orchestrator.exports.test_dicom import case_of

FORMS = ("text", "pdf", "json", "hl7", "fhir", "dicom")
EVERYTHING = Subscription(destination="all", events=frozenset(ReleaseEvent))
STRICT = Subscription(destination="strict", events=frozenset(ReleaseEvent) - {ReleaseEvent.DRAFTED})


@pytest.fixture
def study_id(app, settings) -> str:
    """A drafted study whose film came as DICOM."""
    records = app.state.rooms.records
    records.outbox.subscribe([EVERYTHING, STRICT])
    settings.store.mkdir(parents=True, exist_ok=True)
    case = case_of(settings.store)
    records.accept(case.study, "a" * 64)
    assert records.keep_draft(case.draft, 1, StudyStatus.DRAFTED, ())
    return case.study.study_id


async def step(client, study_id: str, act: str, **said):
    report = await client.get(f"/v1/studies/{study_id}/report")
    headers = {"If-Match": report.headers["etag"]}
    return await client.post(f"/v1/studies/{study_id}/report/{act}", json=said, headers=headers)


async def test_what_was_signed_comes_in_every_format_and_nothing_unsigned_does(client, study_id):
    for form in FORMS:
        assert (await client.get(f"/v1/studies/{study_id}/report/{form}")).status_code == 404, "nobody has signed"
    assert (await step(client, study_id, "sign", name="Dr Ada Nowak")).status_code == 200
    got = {form: await client.get(f"/v1/studies/{study_id}/report/{form}") for form in FORMS}
    assert {answer.status_code for answer in got.values()} == {200}
    assert "FINAL REPORT, signed by Dr Ada Nowak" in got["text"].text
    assert got["pdf"].content.startswith(b"%PDF-")
    assert got["json"].json()["event"] == "signed"
    assert str(hl7.parse(got["hl7"].text.replace("\n", "\r"))["OBR"][0][25]) == "F"
    report = next(
        one.resource for one in Bundle.model_validate_json(got["fhir"].content).entry
        if one.resource.get_resource_type() == "DiagnosticReport"
    )  # fmt: skip
    assert report.status == "final"
    with zipfile.ZipFile(io.BytesIO(got["dicom"].content)) as files:
        assert dcmread(io.BytesIO(files.read("report.dcm"))).VerificationFlag == "VERIFIED"


async def test_each_step_of_a_life_is_a_message_of_its_own(client, app, study_id):
    await step(client, study_id, "sign", name="Dr Ada Nowak")
    await step(client, study_id, "addend", name="Dr Ada Nowak", text="Seen with the film of 2025.")
    await step(client, study_id, "correct", name="Dr Ada Nowak", reason="A side was wrong.")
    await step(client, study_id, "reject", name="Dr Ada Nowak", reason="Not this patient's film.")
    assert (await client.get(f"/v1/studies/{study_id}/report/text")).status_code == 404, "it is withdrawn"
    waiting = sorted(app.state.rooms.records.outbox.list(study_id=study_id), key=lambda one: one.number)
    told = {name: [one.event.value for one in waiting if one.destination == name] for name in ("all", "strict")}
    assert told["all"] == ["drafted", "signed", "addended", "corrected", "rejected"]
    assert told["strict"] == ["signed", "addended", "corrected", "rejected"]


async def test_a_draft_that_is_rejected_is_nothing_to_whom_it_was_not_sent(client, app, study_id):
    await step(client, study_id, "reject", name="Dr Ada Nowak", reason="Motion.")
    waiting = app.state.rooms.records.outbox.list(study_id=study_id)
    assert {(one.destination, one.event.value) for one in waiting} == {("all", "drafted"), ("all", "rejected")}


async def test_the_json_of_a_signed_report_holds_no_account(client, study_id):
    await step(client, study_id, "sign", name="Dr Ada Nowak")
    told = json.loads((await client.get(f"/v1/studies/{study_id}/report/json")).content)
    assert "subject" not in json.dumps({name: told[name] for name in ("signed_by", "addenda", "sections")})
