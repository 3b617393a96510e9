"""The gate: what is not declared is not allowed, and without authentication only this machine is answered."""

from __future__ import annotations

import subprocess
import sys

import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route

from orchestrator.access import Role
from orchestrator.access.doorkeeper import Doorkeeper
from orchestrator.access.permissions import PERMISSIONS, PUBLIC, permitted
from orchestrator.http.gate import Gate
from orchestrator.main import create_app
from orchestrator.records import Records
from tests.orchestrator.quick_app import caller, quick_app


def routes_of(app: FastAPI):
    for route in app.routes:
        assert isinstance(route, Route | Mount), "a kind of route that nobody has thought of"
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            yield method, route.path


def test_who_may_use_it_is_declared_for_every_route():
    undeclared = [f"{method} {path}" for method, path in routes_of(create_app()) if permitted(method, path) is None]
    assert undeclared == [], "each of them is a line in orchestrator/access/permissions.py"


def test_nothing_of_a_patient_is_public():
    public = {line for line, roles in PERMISSIONS.items() if roles is PUBLIC}
    assert not [line for line in public if "{" in line or line.endswith(("/v1/studies", "/v1/worklist"))]


@pytest.fixture
def tiny_app(tmp_path):
    records = Records.open(f"sqlite:///{tmp_path}/records.db")
    app = FastAPI()
    app.add_middleware(Gate)
    app.state.records, app.state.doorkeeper = records, Doorkeeper(records, is_on=False)

    @app.get("/v1/forgotten")
    async def forgotten() -> str:
        return "secret"

    @app.get("/v1/studies")
    async def studies() -> str:
        return "studies"

    yield app
    records.close()


async def test_a_new_route_without_a_line_fails_closed(tiny_app):
    async with caller(tiny_app) as client:
        answer = await client.get("/v1/forgotten")
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert "secret" not in answer.text
        assert (await client.get("/v1/studies")).status_code == 200
        assert (await client.get("/nothing")).status_code == 404


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", "10.0.0.1", "0.0.0.0", "testclient"])
async def test_without_authentication_another_machine_is_not_answered(tiny_app, address):
    async with caller(tiny_app, address) as client:
        assert (await client.get("/v1/studies")).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
async def test_this_machine_is(tiny_app, address):
    async with caller(tiny_app, address) as client:
        assert (await client.get("/v1/studies")).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.1"])
async def test_a_name_out_in_the_world_that_resolves_to_this_machine_is_not_it(tiny_app, host):
    async with caller(tiny_app, host=host) as client:
        assert (await client.get("/v1/studies")).status_code == 403


async def test_a_page_from_elsewhere_cannot_change_anything_here(settings):
    async with quick_app(settings) as app, caller(app, host="127.0.0.1:8000") as client:
        elsewhere = {"Origin": "http://evil.example"}
        assert (await client.post("/v1/studies", headers=elsewhere)).status_code == 403
        assert (await client.post("/v1/studies", headers={"Origin": "null"})).status_code == 403
        assert (await client.post("/v1/studies", headers={"Origin": "http://127.0.0.1:8000"})).status_code == 415


@pytest.mark.parametrize(("role", "person"), [(None, False), *((role, role is Role.RADIOLOGIST) for role in Role)])
async def test_each_route_answers_only_the_roles_of_its_line(app, key_for, role, person):
    """Route by route: whoever lacks the role is refused before anything is looked up; with it, never for that."""
    headers = key_for(role, person=person) if role else {}
    async with caller(app, **headers) as client:
        for method, path in routes_of(app):
            roles = permitted(method, path)
            if roles is PUBLIC or path.endswith("/events"):
                continue
            address = path.replace("{study_id}", "no-such-study").replace(":path", "")
            answer = await client.request(method, address.replace("{", "").replace("}", ""))
            refused = answer.status_code in {401, 403}
            assert refused == (role not in roles), (method, path, answer.status_code)
            assert not refused or answer.status_code == (403 if role else 401)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "hospital.example"])
def test_nothing_answers_other_machines_while_nobody_is_asked(host):
    found = subprocess.run(
        [sys.executable, "-m", "orchestrator.main", "--host", host, "--port", "0"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert found.returncode == 2
    assert "WETREAD_ACCESS=on" in found.stderr


async def test_a_websocket_is_refused(tiny_app):
    said = []

    async def send(message):
        said.append(message)

    scope = {"type": "websocket", "app": tiny_app, "path": "/v1/studies", "headers": [], "query_string": b""}
    await Gate(tiny_app)(scope, None, send)
    assert [message["type"] for message in said] == ["websocket.close"]
