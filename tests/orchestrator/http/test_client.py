"""A typed client is generated from the OpenAPI document and used against the application."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from tests.phantoms import chest_dicom


@pytest.fixture
async def generated(app, tmp_path: Path, monkeypatch):
    """The package ``wetread_client``, and a client of it that speaks to the application."""
    (tmp_path / "openapi.json").write_text(json.dumps(app.openapi()))
    program = str(Path(sys.executable).with_name("openapi-python-client"))
    arguments = ["generate", "--path", "openapi.json", "--meta", "none", "--output-path", "wetread_client"]
    done = subprocess.run([program, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout
    monkeypatch.syspath_prepend(str(tmp_path))
    client = importlib.import_module("wetread_client").Client(base_url="http://wetread")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://wetread") as opened:
        yield client.set_async_httpx_client(opened)
    for name in [one for one in sys.modules if one.startswith("wetread_client")]:
        del sys.modules[name]


def call(tag: str, name: str):
    return importlib.import_module(f"wetread_client.api.{tag}.{name}").asyncio_detailed


async def test_a_typed_client_uploads_a_study_with_its_order_and_sees_where_it_stands(generated):
    models, types = importlib.import_module("wetread_client.models"), importlib.import_module("wetread_client.types")
    film = types.File(payload=BytesIO(chest_dicom(seed=1)), file_name="film.dcm", mime_type="application/dicom")
    body = models.AcceptStudyV1StudiesPostBody(files=[film], order=json.dumps({"indication": "cough"}))
    accepted = await call("studies", "accept_study_v1_studies_post")(client=generated, body=body)
    assert accepted.status_code == 202
    assert isinstance(accepted.parsed, models.StudyState)
    listed = await call("studies", "list_studies_v1_studies_get")(client=generated)
    assert [one.study_id for one in listed.parsed.studies] == [accepted.parsed.study_id]
    waiting = await call("orders", "list_mismatches_v1_mismatches_get")(client=generated)
    assert waiting.parsed.mismatches == []
    unknown = await call("studies", "get_study_v1_studies_study_id_get")(client=generated, study_id="no-such-study")
    assert isinstance(unknown.parsed, models.ProblemDetails)
