"""DICOMweb Store: each instance of a request is stored or said not to be, in the standard's own answer."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from orchestrator.main import create_app
from orchestrator.records.arrivals import ArrivalState
from orchestrator.settings import Settings
from tests.conftest import settings_in
from tests.drawn.dicom import dicom_bytes
from tests.orchestrator.gateway.conftest import film

pytestmark = pytest.mark.asyncio(loop_scope="module")
STUDY = film().StudyInstanceUID


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    folder = tmp_path_factory.mktemp("stow")
    app = create_app(_connected(settings_in(folder, redis_url), folder, "[stow]\n"))
    async with app.router.lifespan_context(app), _client(app) as opened:
        opened.records = app.state.rooms.records  # type: ignore[attr-defined]
        yield opened


def _connected(settings: Settings, folder: Path, tables: str) -> Settings:
    (folder / "hospital.toml").write_text(tables)
    return settings.model_copy(update={"hospital": folder / "hospital.toml"})


def _client(app) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://wetread")


async def store(client: httpx.AsyncClient, *files: bytes, study: str = "", **headers: str) -> httpx.Response:
    parts = [b"--cut\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n" for file in files]
    sent = {"content-type": 'multipart/related; type="application/dicom"; boundary=cut', **headers}
    return await client.post(f"/dicomweb/studies{study}", content=b"".join(parts) + b"--cut--\r\n", headers=sent)


def failures(answer: httpx.Response) -> list[int]:
    return [item["00081197"]["Value"][0] for item in answer.json().get("00081198", {"Value": []})["Value"]]


async def test_a_stored_instance_is_named_in_the_answer_and_known_to_the_record(client):
    answer = await store(client, dicom_bytes(film()))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/dicom+json")
    (item,) = answer.json()["00081199"]["Value"]
    assert item["00081155"] == {"vr": "UI", "Value": [film().SOPInstanceUID]}
    (arrival,) = client.records.arrivals.objects(STUDY)
    assert (arrival.how, arrival.state) == ("stow", ArrivalState.KEPT)


async def test_the_same_instance_again_is_stored_once(client):
    for _ in range(2):
        assert (await store(client, dicom_bytes(film(1)))).status_code == 200
    assert len(client.records.arrivals.objects(film(1).StudyInstanceUID)) == 1


async def test_the_same_uid_with_other_bytes_is_kept_apart(client):
    await store(client, dicom_bytes(film(2)), dicom_bytes(film(2, PatientComments="changed since")))
    states = [one.state for one in client.records.arrivals.objects(film(2).StudyInstanceUID)]
    assert states == [ArrivalState.KEPT, ArrivalState.CONFLICTING]


async def test_an_unreadable_instance_does_not_lose_the_others(client):
    answer = await store(client, b"no DICOM at all", dicom_bytes(film(3)))
    assert answer.status_code == 202
    assert [item["00081197"]["Value"] for item in answer.json()["0008119A"]["Value"]] == [[0xC000]]
    states = [one.state for one in client.records.arrivals.objects(film(3).StudyInstanceUID)]
    assert sorted(states) == [ArrivalState.KEPT, ArrivalState.UNREADABLE]


async def test_an_instance_of_another_study_than_the_address_names_is_refused(client):
    answer = await store(client, dicom_bytes(film(4)), study="/1.2.3")
    assert (answer.status_code, failures(answer)) == (409, [0xA900])
    assert client.records.arrivals.objects(film(4).StudyInstanceUID) == ()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-type": "application/dicom"}, 415),
        ({"content-type": 'multipart/related; type="application/dicom+json"; boundary=cut'}, 415),
        ({"content-encoding": "gzip"}, 415),
        ({"accept": "application/dicom+xml"}, 406),
        ({"content-length": "4294967295"}, 413),
    ],
)
async def test_what_is_not_taken_is_said(client, headers, expected):
    assert (await store(client, dicom_bytes(film(5)), **headers)).status_code == expected
    assert client.records.arrivals.objects(film(5).StudyInstanceUID) == ()


async def test_a_compressed_body_is_never_inflated(client):
    bomb = gzip.compress(bytes(50_000_000))
    sent = {"content-type": 'multipart/related; type="application/dicom"; boundary=cut', "content-encoding": "gzip"}
    assert (await client.post("/dicomweb/studies", content=bomb, headers=sent)).status_code == 415


async def test_without_its_table_nothing_is_taken(redis_url, tmp_path):
    app = create_app(settings_in(tmp_path, redis_url))
    async with app.router.lifespan_context(app), _client(app) as client:
        assert (await store(client, dicom_bytes(film()))).status_code == 404
