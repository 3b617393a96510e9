"""The life of a report after the draft, over HTTP: work, sign, correct, add, reject; two people; a newer draft."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import httpx
import pytest

from orchestrator.http.events import _told
from orchestrator.progress import StudyStatus
from orchestrator.records.outbox import Subscription
from orchestrator.release import ReleaseEvent
from orchestrator.report import Facts
from services.contract import Label, Laterality, Likelihood
from tests.orchestrator.quick_app import caller, quick_app
from tests.orchestrator.small_clinic import draft, finding, study

NAME = {"name": "Dr Ada Nowak"}


@pytest.fixture
async def app(settings):
    async with quick_app(settings) as made:
        yield made


@pytest.fixture
async def client(app):
    async with caller(app) as opened:
        yield opened


def facts(*labels: Label) -> Facts:
    found = [finding(label, laterality=Laterality.LEFT) for label in labels or (Label.EFFUSION,)]
    found.append(finding(Label.PNEUMOTHORAX, Likelihood.ABSENT))
    return Facts(findings=tuple(one.model_copy(update={"finding_id": f"F{n}"}) for n, one in enumerate(found, start=1)))


@pytest.fixture
def records(app):
    opened = app.state.rooms.records
    opened.outbox.subscribe([Subscription(destination="ris", events=frozenset(ReleaseEvent))])
    return opened


@pytest.fixture
def drafted(records) -> str:
    received = study()
    records.accept(received, "a" * 64)
    records.keep_draft(draft(received.study_id, facts()), 1, StudyStatus.DRAFTED, ())
    return received.study_id


def edit_of(view: dict, **changed: dict) -> dict:
    """The body of a PUT: the copy as it is, with some sentences changed by id, and others added to the findings."""
    sections = [
        {
            "name": section["name"],
            "sentences": [
                {key: one[key] for key in ("sentence_id", "text", "decision", "reason") if one.get(key)}
                for one in section["sentences"]
            ],
        }
        for section in view["working_copy"]["sections"]
    ]
    for sentence in sections[0]["sentences"]:
        sentence.update(changed.get(sentence["sentence_id"].replace(".", "_"), {}))
    sections[0]["sentences"] += changed.get("added", [])
    return {"sections": sections, "findings": changed.get("decisions", [])}


class Reader:
    """One person with the report open in one window."""

    def __init__(self, client: httpx.AsyncClient, study_id: str) -> None:
        self._client, self._base, self.etag = client, f"/v1/studies/{study_id}", ""

    async def read(self) -> dict:
        answer = await self._client.get(f"{self._base}/report")
        assert answer.status_code == 200, answer.text
        self.etag = answer.headers["etag"]
        return answer.json()

    async def save(self, **changed) -> httpx.Response:
        view = (await self._client.get(f"{self._base}/report")).json()
        return await self._send("PUT", "", edit_of(view, **changed))

    async def does(self, act: str, **said) -> httpx.Response:
        return await self._send("POST", f"/{act}", said)

    async def _send(self, method: str, path: str, said: dict) -> httpx.Response:
        answer = await self._client.request(
            method, f"{self._base}/report{path}", json=said, headers={"If-Match": self.etag}
        )
        if answer.status_code == 200:
            self.etag = answer.headers["etag"]
        return answer


@pytest.fixture
def reader(client, drafted) -> Reader:
    return Reader(client, drafted)


def leaving(records, study_id: str) -> list[str]:
    """What waits to leave for the RIS, first to last."""
    waiting = sorted(records.outbox.list(study_id=study_id), key=lambda one: one.number)
    return [str(one.event) for one in waiting]


async def test_a_draft_that_nobody_touched_is_its_own_working_copy(reader, records, drafted):
    view = await reader.read()
    assert (view["state"], view["stale"], view["signed"]) == ("draft", False, [])
    said = [one["text"] for section in view["working_copy"]["sections"] for one in section["sentences"]]
    assert said == [one.text for one in records.draft(drafted).sentences]
    assert set(view["may"]) == {"save", "sign", "reject"}


async def test_what_was_saved_is_there_after_a_reload_and_keeps_whose_words_it_is(reader):
    await reader.read()
    added = {"sentence_id": "added.1", "text": "Old rib fracture."}
    assert (await reader.save(findings_1={"text": "Small left effusion."}, added=[added])).status_code == 200
    first, *_, last = (await reader.read())["working_copy"]["sections"][0]["sentences"]
    assert (first["text"], first["decision"], first["author"]) == ("Small left effusion.", "edited", "plain")
    assert first["drafted"] != first["text"]
    assert first["citations"]
    assert (last["text"], last["decision"]) == ("Old rib fracture.", "added")
    assert "drafted" not in last or last["drafted"] is None


async def test_two_people_never_overwrite_each_other_silently(client, drafted):
    ada, bo = Reader(client, drafted), Reader(client, drafted)
    await ada.read()
    await bo.read()
    assert (await ada.save(findings_1={"text": "Ada's words."})).status_code == 200
    late = await bo.save(findings_1={"text": "Bo's words."})
    assert late.status_code == 412
    assert late.headers["content-type"] == "application/problem+json"
    current = late.json()["current"]
    assert current["working_copy"]["sections"][0]["sentences"][0]["text"] == "Ada's words."
    bo.etag = late.headers["etag"]
    assert (await bo.save(findings_1={"text": "Bo's words, after a look."})).status_code == 200


async def test_without_if_match_nothing_is_saved(client, drafted):
    view = (await client.get(f"/v1/studies/{drafted}/report")).json()
    answer = await client.put(f"/v1/studies/{drafted}/report", json=edit_of(view))
    assert answer.status_code == 422
    answer = await client.put(f"/v1/studies/{drafted}/report", json=edit_of(view), headers={"If-Match": "*"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "damage",
    [
        lambda edit: edit["sections"][0]["sentences"].pop(0),
        lambda edit: edit["sections"][0]["sentences"].append(edit["sections"][0]["sentences"][0]),
        lambda edit: edit["sections"][0]["sentences"].append({"sentence_id": "findings.99", "text": "Made up."}),
        lambda edit: edit["sections"].pop(),
        lambda edit: edit["findings"].append({"id": "F99", "decision": "rejected"}),
        lambda edit: edit["sections"][0]["sentences"][0].update(text=" "),
    ],
    ids=["left out", "twice", "made up", "section left out", "unknown finding", "emptied"],
)
async def test_nothing_the_software_said_disappears_unseen(client, drafted, damage):
    answer = await client.get(f"/v1/studies/{drafted}/report")
    edit = edit_of(answer.json())
    damage(edit)
    headers = {"If-Match": answer.headers["etag"]}
    assert (await client.put(f"/v1/studies/{drafted}/report", json=edit, headers=headers)).status_code == 422
    assert (await client.get(f"/v1/studies/{drafted}/report")).headers["etag"] == answer.headers["etag"]


async def test_a_signature_makes_another_type_and_the_final_message(reader, records, drafted):
    await reader.read()
    rejected = {"decision": "rejected", "reason": "It is a skin fold."}
    await reader.save(findings_1=rejected, added=[{"sentence_id": "added.1", "text": "Old rib fracture."}])
    view = (await reader.does("sign", **NAME)).json()
    assert view["state"] == "signed"
    [signed] = view["signed"]
    assert signed["signature"]["name"] == "Dr Ada Nowak"
    assert len(signed["content_sha256"]) == 64
    texts = [one["text"] for one in signed["sections"][0]["sentences"]]
    assert "Old rib fracture." in texts
    assert view["working_copy"]["sections"][0]["sentences"][0]["text"] not in texts
    assert leaving(records, drafted) == ["drafted", "signed"]


async def test_a_contradiction_warns_and_never_blocks(client, reader, drafted):
    await reader.read()
    await reader.save(findings_1={"text": "Right pleural effusion."})
    warnings = (await client.post(f"/v1/studies/{drafted}/report/check")).json()["warnings"]
    assert any("side" in one["check"] or "evidence" in one["message"] for one in warnings), warnings
    assert (await reader.does("sign", **NAME)).status_code == 200


async def test_whoever_signs_says_a_name(reader):
    await reader.read()
    assert (await reader.does("sign")).status_code == 400
    assert (await reader.does("sign", name="   ")).status_code == 400


async def test_nobody_signs_twice_and_nobody_signs_what_was_not_read(client, drafted):
    ada, bo = Reader(client, drafted), Reader(client, drafted)
    await ada.read()
    await bo.read()
    assert (await ada.does("sign", **NAME)).status_code == 200
    assert (await bo.does("sign", **NAME)).status_code == 412
    await bo.read()
    assert (await bo.does("sign", **NAME)).status_code == 409


async def test_a_correction_and_an_addendum_are_versions_of_their_own(reader, records, drafted):
    await reader.read()
    await reader.does("sign", **NAME)
    await reader.save(findings_1={"text": "No effusion."})
    await reader.does("correct", reason="The side was wrong.", **NAME)
    view = (await reader.does("addend", text="Seen with the film of 2025.", **NAME)).json()
    assert view["state"] == "addended"
    assert [(one["version"], one["event"]) for one in view["signed"]] == [
        (1, "signed"),
        (2, "corrected"),
        (3, "addended"),
    ]
    assert view["signed"][2]["addenda"][0]["text"] == "Seen with the film of 2025."
    assert view["signed"][2]["sections"] == view["signed"][1]["sections"]
    assert leaving(records, drafted) == ["drafted", "signed", "corrected", "addended"]


async def test_a_rejection_retracts_and_ends_it_until_there_is_a_next_draft(reader, records, drafted):
    await reader.read()
    await reader.does("sign", **NAME)
    view = (await reader.does("reject", reason="Not this patient.", **NAME)).json()
    assert (view["state"], view["rejection"]["version"]) == ("rejected", 1)
    assert leaving(records, drafted) == ["drafted", "signed", "rejected"]
    for act, said in (("sign", NAME), ("correct", {"reason": "x", **NAME}), ("addend", {"text": "x", **NAME})):
        assert (await reader.does(act, **said)).status_code == 409
    records.reopen(drafted, "an order came")
    records.keep_draft(draft(drafted, facts(Label.CONSOLIDATION)), 2, StudyStatus.DRAFTED, ())
    view = await reader.read()
    assert (view["state"], view["working_copy"]["revision"], view.get("rejection")) == ("draft", 2, None)
    assert (await reader.does("sign", **NAME)).json()["signed"][-1]["version"] == 2


async def test_a_newer_draft_marks_the_copy_stale_and_signing_it_must_be_meant(reader, records, drafted):
    await reader.read()
    added = {"sentence_id": "added.1", "text": "Old rib fracture."}
    await reader.save(findings_1={"text": "My words."}, added=[added])
    records.reopen(drafted, "another region was asked for")
    view = await reader.read()
    assert view["stale"], "from the moment that a newer draft is being made"
    assert (await reader.does("sign", **NAME)).status_code == 409
    records.keep_draft(draft(drafted, facts(Label.EFFUSION, Label.CONSOLIDATION)), 2, StudyStatus.DRAFTED, ())
    view = (await reader.does("renew")).json()
    assert not view["stale"]
    texts = [one["text"] for section in view["working_copy"]["sections"] for one in section["sentences"]]
    assert {"My words.", "Old rib fracture."} <= set(texts)
    assert any("consolidation" in text.lower() for text in texts)
    assert (await reader.does("sign", **NAME)).status_code == 200


async def test_a_stale_copy_can_be_signed_where_that_is_meant(reader, records, drafted):
    await reader.read()
    await reader.save(findings_1={"text": "My words."})
    records.reopen(drafted, "an order came")
    assert (await reader.does("sign", although_stale=True, **NAME)).json()["signed"][0]["revision"] == 1


async def test_no_draft_leaves_over_a_signed_report(reader, records, drafted):
    await reader.read()
    await reader.does("sign", **NAME)
    records.reopen(drafted, "an order came")
    records.keep_draft(draft(drafted, facts()), 2, StudyStatus.DRAFTED, ())
    assert leaving(records, drafted) == ["drafted", "signed"]


async def test_who_is_here_is_seen_by_the_others(client, drafted):
    path = f"/v1/studies/{drafted}/report/presence"
    assert (await client.post(path, json={"window": "w1", "name": "Ada"})).json() == []
    [other] = (await client.post(path, json={"window": "w2", "name": "Bo"})).json()
    assert (other["name"], other["window"]) == ("Ada", "w1")
    assert len((await client.get(f"/v1/studies/{drafted}/report")).json()["here"]) == 2
    await client.post(path, json={"window": "w1", "name": "Ada", "leaving": True})
    [left] = (await client.get(f"/v1/studies/{drafted}/report")).json()["here"]
    assert left["name"] == "Bo"


async def test_every_step_is_told_to_listeners_in_order(reader, records, drafted):
    await reader.read()
    await reader.save(findings_1={"text": "My words."})
    await reader.does("sign", **NAME)
    await reader.does("addend", text="More.", **NAME)
    kinds = [str(event.kind) for event in records.events(drafted)]
    assert kinds == ["queued", "drafted", "saved", "signed", "addended"]
    assert "Nowak" not in json.dumps([event.model_dump(mode="json") for event in records.events(drafted)])


async def test_a_save_that_changes_nothing_is_no_step(reader, records, drafted):
    await reader.read()
    before = reader.etag
    await reader.save()
    assert reader.etag == before
    assert [str(event.kind) for event in records.events(drafted)] == ["queued", "drafted"]


async def test_there_is_no_report_before_there_is_a_draft(client, records):
    received = study()
    records.accept(received, "a" * 64)
    assert (await client.get(f"/v1/studies/{received.study_id}/report")).status_code == 404
    assert (await client.get("/v1/studies/no-such-study/report")).status_code == 404


async def test_who_follows_hears_of_the_report_after_the_draft(client, app, reader, records, drafted):
    """The stream of a drafted study ends at once; one that follows goes on, and tells of a signature as it comes."""
    whole = (await client.get(f"/v1/studies/{drafted}/events")).text
    assert "event: drafted" in whole
    heard = []

    async def listen():
        request = SimpleNamespace(is_disconnected=lambda: asyncio.sleep(0, "event: signed" in "".join(heard)))
        async for said in _told(drafted, 0, app.state.rooms, request, follow=True):
            heard.append(said)  # noqa: PERF401 - the list decides when to stop listening

    async def act():
        await asyncio.sleep(0.2)
        await reader.read()
        await reader.does("sign", **NAME)

    await asyncio.wait_for(asyncio.gather(listen(), act()), 30)
    assert [line for said in heard for line in said.splitlines() if line.startswith("event: ")][-1] == "event: signed"
