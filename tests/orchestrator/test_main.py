"""The HTTP surface: what is accepted is on disk and recorded; what is refused says why as problem+json."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from orchestrator.main import create_app
from orchestrator.progress import EventKind, StudyStatus
from orchestrator.report import Facts
from services.contract import Box, Label, Laterality
from tests.orchestrator.small_clinic import draft, finding
from tests.phantoms import chest_dicom


@pytest.fixture(scope="module")
def film() -> bytes:
    return chest_dicom("effusion-left", seed=1)


@pytest.fixture
async def app(settings):
    made = create_app(settings.model_copy(update={"language_url": "http://127.0.0.1:9", "upload_limit_mb": 20}))
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://wetread") as opened:
        yield opened


def files(*contents: bytes):
    return [("files", (f"film-{number}", content)) for number, content in enumerate(contents)]


def assert_problem(answer: httpx.Response, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]
    assert body["type"].startswith("urn:wetread:problem:")
    return body


async def test_an_accepted_study_is_recorded_on_disk_and_queued(client, app, settings, film):
    answer = await client.post("/v1/studies", files=files(film))
    assert answer.status_code == 202
    state = answer.json()
    assert answer.headers["location"] == f"/v1/studies/{state['study_id']}" == state["links"]["self"]
    rooms = app.state.rooms
    study = rooms.records.study(state["study_id"])
    [instance] = [instance for series in study.series for instance in series.instances]
    assert instance.source.read_bytes() == film
    assert (settings.store / instance.image.location).exists()
    assert (await rooms.jobs.state()).waiting == 1
    got = (await client.get(state["links"]["self"])).json()
    assert got["status"] == "queued"
    assert [event["kind"] for event in got["progress"]] == ["queued"]


async def test_the_same_key_and_content_is_the_same_study(client, film):
    headers = {"Idempotency-Key": "order-17"}
    first = await client.post("/v1/studies", files=files(film), headers=headers)
    second = await client.post("/v1/studies", files=files(film), headers=headers)
    assert first.json()["study_id"] == second.json()["study_id"]
    assert len((await client.get("/v1/studies")).json()["studies"]) == 1


async def test_the_same_key_with_other_content_is_a_conflict(client, film):
    headers = {"Idempotency-Key": "order-18"}
    await client.post("/v1/studies", files=files(film), headers=headers)
    other = chest_dicom("none", seed=2)
    assert_problem(await client.post("/v1/studies", files=files(other), headers=headers), 409)


async def test_without_a_key_each_upload_is_a_study_of_its_own(client, film):
    sent = [(await client.post("/v1/studies", files=files(film))).json()["study_id"] for _ in range(2)]
    assert sent[0] != sent[1]


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 422), (b"not an image at all", 415), (chest_dicom("none", seed=3)[:2000], 422)],
    ids=["empty", "text", "truncated"],
)
async def test_what_cannot_be_read_is_refused_and_nothing_is_recorded(client, content, status):
    assert_problem(await client.post("/v1/studies", files=files(content)), status)
    assert (await client.get("/v1/studies")).json()["studies"] == []


async def test_an_upload_beyond_the_limit_is_refused_before_it_is_read(client):
    assert_problem(await client.post("/v1/studies", files=files(b"x" * 22_000_000)), 413)


async def test_an_order_that_is_malformed_is_refused_without_being_repeated(client, film):
    answer = await client.post("/v1/studies", files=files(film), data={"order": '{"CANARY": "CANARY^NAME"}'})
    assert "CANARY" not in json.dumps(assert_problem(answer, 422))


async def test_errors_of_routing_and_of_parameters_are_problems_too(client):
    assert_problem(await client.get("/nothing"), 404)
    assert_problem(await client.delete("/v1/studies"), 405)
    assert_problem(await client.get("/v1/studies?limit=CANARY"), 422)
    assert_problem(await client.get("/v1/studies/no-such-study"), 404)
    assert_problem(await client.get("/v1/studies/no-such-study/draft"), 404)
    assert_problem(await client.get("/v1/studies/no-such-study/events"), 404)
    assert_problem(await client.post("/v1/studies", json={}), 415)
    assert "CANARY" not in (await client.get("/v1/studies?limit=CANARY")).text


async def test_pages_of_studies_follow_each_other(client, film):
    sent = [(await client.post("/v1/studies", files=files(film))).json()["study_id"] for _ in range(3)]
    first = (await client.get("/v1/studies?limit=2")).json()
    second = (await client.get(f"/v1/studies?limit=2&before={first['next']}")).json()
    assert [one["study_id"] for one in first["studies"] + second["studies"]] == sent[::-1]
    assert second["next"] is None


async def test_a_draft_is_not_there_before_it_is(client, app, film):
    study_id = (await client.post("/v1/studies", files=files(film))).json()["study_id"]
    assert_problem(await client.get(f"/v1/studies/{study_id}/draft"), 404)
    app.state.rooms.records.keep_draft(draft(study_id), 1, StudyStatus.DRAFTED, ())
    assert (await client.get(f"/v1/studies/{study_id}/draft")).json()["study_id"] == study_id


@pytest.fixture
async def drafted(client, app, film) -> str:
    """A study whose draft rests on a box in its film."""
    study_id = (await client.post("/v1/studies", files=files(film))).json()["study_id"]
    box = Box(left=100, top=100, right=400, bottom=400)
    seen = finding(Label.EFFUSION, laterality=Laterality.LEFT)
    [rests_on] = seen.evidence
    seen = seen.model_copy(update={"finding_id": "F1", "evidence": (rests_on.model_copy(update={"regions": (box,)}),)})
    app.state.rooms.records.keep_draft(draft(study_id, Facts(findings=(seen,))), 1, StudyStatus.DRAFTED, ())
    return study_id


@pytest.mark.parametrize(
    ("form", "media_type", "holds"),
    [
        ("text", "text/plain", b"effusion"),
        ("pdf", "application/pdf", b"%PDF"),
        ("hl7", "application/hl7-v2", b"MSH|"),
        ("fhir", "application/fhir+json", b"DiagnosticReport"),
    ],
)
async def test_a_draft_comes_in_every_format(client, drafted, form, media_type, holds):
    answer = await client.get(f"/v1/studies/{drafted}/draft/{form}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    assert holds in answer.content
    assert_problem(await client.get("/v1/studies/no-such-study/draft/pdf"), 404)


async def test_the_pictures_of_a_draft_are_listed_and_drawn(client, drafted):
    [picture] = (await client.get(f"/v1/studies/{drafted}/evidence")).json()["evidence"]
    assert picture["fact_id"] == "F1"
    answer = await client.get(picture["link"])
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    assert_problem(await client.get(f"/v1/studies/{drafted}/evidence/F9-nothing.png"), 404)
    assert_problem(await client.get(f"/v1/studies/{drafted}/evidence/..%2f..%2fetc.png"), 404)


async def test_events_are_replayed_from_where_a_listener_left_off(client, app, film):
    study_id = (await client.post("/v1/studies", files=files(film))).json()["study_id"]
    records = app.state.rooms.records
    records.begin(study_id, 1)
    for stage in ("deidentify", "triage"):
        records.note(study_id, EventKind.STAGE, stage=stage, seconds=0.1)
    records.keep_draft(draft(study_id), 1, StudyStatus.DRAFTED, ())
    whole = (await client.get(f"/v1/studies/{study_id}/events")).text
    rest = (await client.get(f"/v1/studies/{study_id}/events", headers={"Last-Event-ID": "3"})).text
    assert ids_of(whole) == [1, 2, 3, 4, 5]
    assert ids_of(rest) == [4, 5]
    assert "event: drafted" in rest
    over = (await client.get(f"/v1/studies/{study_id}/events", headers={"Last-Event-ID": "5"})).text
    assert ids_of(over) == []


async def test_a_listener_hears_what_happens_while_it_listens(client, app, film):
    study_id = (await client.post("/v1/studies", files=files(film))).json()["study_id"]
    records, jobs = app.state.rooms.records, app.state.rooms.jobs

    async def happen():
        await asyncio.sleep(0.3)
        await asyncio.to_thread(records.begin, study_id, 1)
        await jobs.ring(study_id)
        await asyncio.to_thread(records.keep_draft, draft(study_id), 1, StudyStatus.DRAFTED, ())
        await jobs.ring(study_id)

    heard, _ = await asyncio.gather(client.get(f"/v1/studies/{study_id}/events"), happen())
    assert ids_of(heard.text) == [1, 2, 3]
    assert heard.headers["content-type"].startswith("text/event-stream")


async def test_readiness_names_the_part_that_is_missing(client):
    answer = await client.get("/readyz")
    assert answer.status_code == 200, "studies can be accepted; drafts will say what was not assessed"
    parts = {part["part"]: part["up"] for part in answer.json()["parts"]}
    assert parts["record"] and parts["queue"] and parts["store"]
    assert not parts["classification"] and not parts["language"]


async def test_without_redis_studies_are_kept_but_it_is_not_ready(settings, tmp_path, film):
    app = create_app(settings.model_copy(update={"redis_url": f"unix://{tmp_path}/nothing.sock"}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://wetread") as client,
    ):
        assert (await client.post("/v1/studies", files=files(film))).status_code == 202
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert {"part": "queue", "up": False, "needed": True} in answer.json()["parts"]


async def test_openapi_describes_the_upload_and_every_problem(client):
    document = (await client.get("/openapi.json")).json()
    upload = document["paths"]["/v1/studies"]["post"]
    schema = upload["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert set(schema["properties"]) == {"files", "order"}
    assert {"202", "400", "408", "409", "413", "415", "422", "503"} <= set(upload["responses"])
    assert "ProblemDetails" in document["components"]["schemas"]
    for path, item in document["paths"].items():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                in_its_own_words = path == "/readyz" or (path.startswith("/dicomweb") and status == "409")
                spoken = "application/fhir+json" if path.startswith("/fhir") else "application/problem+json"
                if status >= "400" and not in_its_own_words:
                    assert list(answer["content"]) == [spoken], (path, status)


async def test_metrics_hold_routes_and_never_an_id(client, film):
    study_id = (await client.post("/v1/studies", files=files(film))).json()["study_id"]
    await client.get(f"/v1/studies/{study_id}")
    await client.get("/v1/studies/CANARY-not-there")
    text = (await client.get("/metrics")).text
    assert 'route="/v1/studies/{study_id}"' in text
    assert study_id not in text
    assert "CANARY" not in text


def ids_of(stream: str) -> list[int]:
    return [int(line.removeprefix("id: ")) for line in stream.splitlines() if line.startswith("id: ")]
