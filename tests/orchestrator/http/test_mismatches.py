"""A study whose order names another patient waits, is seen, and goes on when a person says so."""

from __future__ import annotations

import json

from tests.orchestrator.orders.said import order, patient
from tests.phantoms import chest_dicom

FILM = chest_dicom("effusion-left", seed=1)


async def upload(client, **words):
    data = {"order": json.dumps(words)} if words else {}
    return await client.post("/v1/studies", files=[("files", ("film", FILM))], data=data)


async def held(client, app):
    """A film whose accession number is that of another patient's order."""
    probe = (await upload(client)).json()["study_id"]
    own = app.state.rooms.records.study(probe).order.accession_number or "ACC-OTHER"
    app.state.rooms.records.orders.take([order(patient("SOMEBODY-ELSE"), accession=own)])
    return (await upload(client, accession_number=own)).json()


async def test_it_is_held_and_not_queued_and_a_person_lets_it_go_on(client, app):
    state = await held(client, app)
    assert state["held"] and state["status"] == "queued"
    listed = (await client.get("/v1/mismatches")).json()["mismatches"]
    mismatch = next(one for one in listed if one["study_id"] == state["study_id"])
    assert mismatch["order"]["patient"]["identifiers"][0]["value"] == "SOMEBODY-ELSE"
    assert mismatch["reason"] in {"other_patient", "other_issuer"}
    place = f"/v1/mismatches/{mismatch['mismatch_id']}/resolve"
    nameless = await client.post(place, json={"decision": "not_this_order"})
    assert nameless.status_code == 400, "who decides must be said"
    decided = await client.post(place, json={"decision": "not_this_order", "name": "Ada Byrne"})
    assert decided.status_code == 200 and not decided.json()["held"]
    again = await client.post(place, json={"decision": "same_patient", "name": "Ada Byrne"})
    assert again.status_code == 409
    left = (await client.get("/v1/mismatches")).json()["mismatches"]
    assert state["study_id"] not in {one["study_id"] for one in left}


async def test_an_unknown_mismatch_and_an_unknown_decision_are_problems(client):
    unknown = await client.post(f"/v1/mismatches/{'0' * 32}/resolve", json={"decision": "same_patient", "name": "A"})
    assert unknown.status_code == 404
    bogus = await client.post(f"/v1/mismatches/{'0' * 32}/resolve", json={"decision": "whatever"})
    assert (bogus.status_code, bogus.headers["content-type"]) == (422, "application/problem+json")


async def test_an_order_that_comes_with_the_images_of_another_patient_is_refused(client):
    refused = await upload(client, patient_id="SOMEBODY-ELSE")
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:wetread:problem:another-patient"
