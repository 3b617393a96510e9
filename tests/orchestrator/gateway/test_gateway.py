"""The process that listens: it opens what is asked for, says how that is, and stops when it is asked to."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from deploy.local.ports import choose
from orchestrator.gateway.__main__ import create_app
from orchestrator.gateway.hall import Hall
from orchestrator.gateway.listeners import Listener
from orchestrator.settings import ROOT
from tests.conftest import wait_until

SPOKEN: list[str] = []


@asynccontextmanager
async def doorbell(hall: Hall):
    """A listener that only says that it is open, and falls over when the test says so."""
    SPOKEN.append("open")
    async with hall.beside("doorbell", asyncio.Event().wait()):
        yield
    SPOKEN.append("closed")


async def test_what_is_asked_for_is_opened_and_what_falls_is_said(settings):
    SPOKEN.clear()
    never = Listener("never", lambda _: False, doorbell)
    app = create_app(settings, (Listener("doorbell", lambda _: True, doorbell), never))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway")
    async with app.router.lifespan_context(app), client:
        assert SPOKEN == ["open"]
        assert (await client.get("/readyz")).status_code == 200
        app.state.hall.tasks[0].cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        answer = await client.get("/livez")
        assert (answer.status_code, answer.json()["status"]) == (503, "fallen: doorbell")
    assert SPOKEN == ["open", "closed"]


async def test_work_that_swallows_a_cancellation_ends_all_the_same(settings):
    async def deaf() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    @asynccontextmanager
    async def deaf_listener(hall: Hall):
        async with hall.beside("deaf", deaf()):
            yield

    app = create_app(settings, (Listener("deaf", lambda _: True, deaf_listener),))
    async with asyncio.timeout(10), app.router.lifespan_context(app):
        await asyncio.sleep(0)


def test_the_process_says_that_it_is_ready_and_ends_when_asked_to(tmp_path: Path):
    port = choose(("gateway",), {})["gateway"]
    places = {name: str(tmp_path / name) for name in ("WETREAD_STORE", "WETREAD_ORIGINALS", "WETREAD_CARDS")}
    environment = {**os.environ, **places, "WETREAD_DATABASE_URL": f"sqlite:///{tmp_path}/wetread.db"}
    command = [sys.executable, "-m", "orchestrator.gateway", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as gateway:
        try:
            wait_until(lambda: _answers(f"http://127.0.0.1:{port}/readyz"), "the gateway is not ready", 60)
            gateway.send_signal(signal.SIGTERM)
            assert gateway.wait(15) in {0, -signal.SIGTERM}
        finally:
            gateway.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
