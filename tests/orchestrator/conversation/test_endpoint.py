"""The conversation over HTTP: events one by one, kept on record, and nothing that was typed of the patient."""

from __future__ import annotations

import json

import httpx
import pytest

from orchestrator.main import create_app
from orchestrator.progress import StudyStatus
from orchestrator.report import Facts
from orchestrator.study import Study
from services.contract import Label, Laterality, Likelihood, LimitationReason
from tests.orchestrator.small_clinic import draft, finding, limitation, study


@pytest.fixture
async def app(settings):
    made = create_app(settings.model_copy(update={"language_url": "http://127.0.0.1:9"}))
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://wetread") as opened:
        yield opened


@pytest.fixture
def read_study(app) -> Study:
    """A study whose draft says: a left effusion; no pneumonia; pneumothorax not assessed."""
    received = study(name="VANDERBILT^CANARY")
    facts = Facts(
        findings=(
            finding(Label.EFFUSION, laterality=Laterality.LEFT).model_copy(update={"finding_id": "F1"}),
            finding(Label.PNEUMONIA, Likelihood.ABSENT).model_copy(update={"finding_id": "F2"}),
        ),
        limitations=(limitation("pneumothorax", LimitationReason.NO_WEIGHTS),),
    )
    records = app.state.rooms.records
    records.accept(received, "0" * 64)
    records.keep_draft(draft(received.study_id, facts), 1, StudyStatus.DRAFTED, ())
    return received


async def ask(client: httpx.AsyncClient, path: str, question: str, **more) -> list[dict]:
    answer = await client.post(path, json={"question": question, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = []
    for block in answer.text.strip().split("\n\n"):
        event, data = block.split("\n")
        said = json.loads(data.removeprefix("data: "))
        assert event == f"event: {said['kind']}"
        events.append(said)
    return events


async def test_a_question_is_answered_with_what_it_rests_on(client, read_study):
    begun, sentence, ended = await ask(
        client, f"/v1/studies/{read_study.study_id}/conversation", "On which side is the fluid around the lung?"
    )
    assert (begun["kind"], begun["number"]) == ("begun", 1)
    assert sentence["text"] == "There is a left pleural effusion."
    assert [(one["kind"], one["id"]) for one in sentence["citations"]] == [("finding", "F1")]
    assert ended == {"kind": "ended", "outcome": "answered"}


async def test_what_was_not_assessed_is_said_to_be_not_assessed(client, read_study):
    said = await ask(client, f"/v1/studies/{read_study.study_id}/conversation", "Any ptx?")
    assert said[1]["text"] == "Pneumothorax was not assessed (for a reason)."
    assert said[1]["citations"][0]["kind"] == "limitation"


async def test_the_next_question_may_point_back_and_a_new_beginning_forgets(client, read_study):
    path = f"/v1/studies/{read_study.study_id}/conversation"
    await ask(client, path, "Is there an effusion?")
    said = [one["text"] for one in await ask(client, path, "How large is it?") if one["kind"] == "sentence"]
    assert said == ["There is a left pleural effusion."]
    assert (await client.delete(path)).status_code == 204
    begun, *_ = await ask(client, path, "What was found?")
    assert begun["number"] == 1


async def test_a_conversation_can_be_exported_and_holds_no_name(client, read_study):
    path = f"/v1/studies/{read_study.study_id}/conversation"
    await ask(client, path, "Does VANDERBILT have pneumonia?")
    exported = await client.get(path)
    [turn] = exported.json()["turns"]
    assert turn["said"][0]["text"] == "No pneumonia."
    assert turn["understood"] == "presence of pneumonia"
    assert "vanderbilt" not in exported.text.lower()


async def test_without_a_study_nothing_is_said_of_any(client):
    said = await ask(client, "/v1/conversation", "Is there an effusion?")
    assert not any(one["kind"] == "sentence" and one["citations"][0]["kind"] == "finding" for one in said)


async def test_a_study_that_nobody_drafted_has_no_conversation(client):
    answer = await client.post("/v1/studies/no-such-study/conversation", json={"question": "What was found?"})
    assert answer.status_code == 404
