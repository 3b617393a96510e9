"""An upload as it comes over HTTP: streamed, counted, hashed, and refused early."""

import hashlib
import stat
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from orchestrator.errors import RefusedInput
from orchestrator.ingest.receive import receive
from orchestrator.settings import Settings

MB = 1_000_000


@pytest.fixture
def settings(tmp_path):
    return Settings(store=tmp_path / "store", originals=tmp_path / "originals", upload_limit_mb=8, upload_limit_files=3)


@pytest.fixture
async def client(settings) -> AsyncIterator[httpx.AsyncClient]:
    async def upload(request: Request) -> JSONResponse:
        try:
            files, order = await receive(request, settings)
        except RefusedInput as refusal:
            return JSONResponse({"kind": type(refusal).__name__, "detail": str(refusal)}, refusal.status)
        said = None if order is None else order.model_dump(exclude_none=True)
        return JSONResponse({"files": [file.model_dump(mode="json") for file in files], "order": said}, 202)

    transport = httpx.ASGITransport(Starlette(routes=[Route("/", upload, methods=["POST"])]))
    async with httpx.AsyncClient(transport=transport, base_url="http://clinic") as client:
        yield client


def kept_files(settings) -> list:
    return [path for path in settings.originals.rglob("*") if path.is_file()] if settings.originals.exists() else []


async def test_files_lie_under_their_hash_for_the_owner_only(client, settings):
    contents = [b"one" * 1000, b"two" * 500_000]
    answer = await client.post("/", files=[("files", ("DOE^JANE.dcm", content)) for content in contents])
    assert answer.status_code == 202
    assert [file["sha256"] for file in answer.json()["files"]] == [hashlib.sha256(c).hexdigest() for c in contents]
    for path, content in zip(sorted(kept_files(settings)), sorted(contents, key=sha), strict=True):
        assert path.read_bytes() == content
        assert path.name == hashlib.sha256(content).hexdigest()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def test_the_order_comes_beside_the_files(client):
    order = '{"accession_number": "A1", "indication": "Cough", "age_years": 40, "sex": "F", "view_position": "PA"}'
    answer = await client.post("/", files={"files": b"x"}, data={"order": order})
    assert answer.json()["order"]["indication"] == "Cough"


@pytest.mark.parametrize("order", ["no json", '{"age": 3}', '{"sex": "Jane Canary"}', "[]", '{"age_years": -1}'])
async def test_a_malformed_order_is_refused_without_its_values_and_leaves_nothing(client, settings, order):
    answer = await client.post("/", files={"files": b"x"}, data={"order": order})
    assert (answer.status_code, answer.json()["kind"]) == (422, "InvalidOrder")
    assert "Canary" not in answer.text
    assert kept_files(settings) == []


async def test_a_declared_two_gigabytes_are_refused_before_a_byte_is_read(client, settings):
    read = 0

    async def body():
        nonlocal read
        while True:
            read += 1
            yield b"x" * 65536

    headers = {"content-length": str(2000 * MB), "content-type": "multipart/form-data; boundary=b"}
    answer = await client.post("/", content=body(), headers=headers)
    assert (answer.status_code, answer.json()["kind"]) == (413, "TooLarge")
    assert read <= 1


async def test_an_undeclared_two_gigabytes_are_refused_as_soon_as_they_are_too_many(client, settings):
    sent = 0

    async def body():
        nonlocal sent
        yield b'--b\r\ncontent-disposition: form-data; name="files"; filename="a"\r\n\r\n'
        while sent < 2000 * MB:
            sent += 65536
            yield b"x" * 65536

    answer = await client.post("/", content=body(), headers={"content-type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["kind"]) == (413, "TooLarge")
    assert sent < 9 * MB
    assert kept_files(settings) == []


async def test_too_many_files_are_refused(client, settings):
    answer = await client.post("/", files=[("files", ("a", b"%d" % n)) for n in range(4)])
    assert answer.status_code == 413
    assert kept_files(settings) == []


async def test_a_body_cut_off_in_the_middle_is_refused(client, settings):
    content = b'--b\r\ncontent-disposition: form-data; name="files"; filename="a"\r\n\r\nhalf a fi'
    answer = await client.post("/", content=content, headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 422
    assert kept_files(settings) == []


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"x", "application/json", 415),
        (b"x", "multipart/form-data", 415),
        (b"garbage", "multipart/form-data; boundary=b", 422),
        (b"--b--\r\n", "multipart/form-data; boundary=b", 422),
        (
            b'--b\r\ncontent-disposition: form-data; name="else"\r\n\r\nx\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
            400,
        ),
    ],
)
async def test_what_is_no_upload_is_refused(client, content, content_type, status):
    answer = await client.post("/", content=content, headers={"content-type": content_type})
    assert answer.status_code == status


async def test_a_sender_that_falls_silent_is_given_up(tmp_path):
    import asyncio

    quick = Settings(originals=tmp_path / "originals", upload_idle_s=0.1)
    sent = [{"type": "http.request", "body": b"--b\r\n", "more_body": True}]

    async def channel():
        if not sent:
            await asyncio.sleep(60)
        return sent.pop()

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, channel)
    with pytest.raises(RefusedInput) as refusal:
        await receive(request, quick)
    assert refusal.value.status == 408
