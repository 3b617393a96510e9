"""The gate: what is not declared is not allowed, and without authentication only this machine is answered."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route

from orchestrator.access.permissions import permitted
from orchestrator.http.gate import Gate
from orchestrator.main import create_app


def routes_of(app: FastAPI):
    for route in app.routes:
        assert isinstance(route, Route | Mount), "a kind of route that nobody has thought of"
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            yield method, route.path


def test_who_may_use_it_is_declared_for_every_route():
    undeclared = [f"{method} {path}" for method, path in routes_of(create_app()) if permitted(method, path) is None]
    assert undeclared == [], "each of them is a line in orchestrator/access/permissions.py"


def tiny_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(Gate)

    @app.get("/v1/forgotten")
    async def forgotten() -> str:
        return "secret"

    @app.get("/v1/studies")
    async def studies() -> str:
        return "studies"

    return app


def caller(app, address="127.0.0.1", host="wetread"):
    transport = httpx.ASGITransport(app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


async def test_a_new_route_without_a_line_fails_closed():
    async with caller(tiny_app()) as client:
        answer = await client.get("/v1/forgotten")
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert "secret" not in answer.text
        assert (await client.get("/v1/studies")).status_code == 200
        assert (await client.get("/nothing")).status_code == 404


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", "10.0.0.1", "0.0.0.0", "testclient"])
async def test_without_authentication_another_machine_is_not_answered(address):
    async with caller(tiny_app(), address) as client:
        assert (await client.get("/v1/studies")).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1"])
async def test_this_machine_is(address):
    async with caller(tiny_app(), address) as client:
        assert (await client.get("/v1/studies")).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.1"])
async def test_a_name_out_in_the_world_that_resolves_to_this_machine_is_not_it(host):
    async with caller(tiny_app(), host=host) as client:
        assert (await client.get("/v1/studies")).status_code == 403


async def test_a_page_from_elsewhere_cannot_change_anything_here(settings):
    app = create_app(settings)
    async with app.router.lifespan_context(app), caller(app, host="127.0.0.1:8000") as client:
        elsewhere = {"Origin": "http://evil.example"}
        assert (await client.post("/v1/studies", headers=elsewhere)).status_code == 403
        assert (await client.post("/v1/studies", headers={"Origin": "null"})).status_code == 403
        assert (await client.post("/v1/studies", headers={"Origin": "http://127.0.0.1:8000"})).status_code != 403
