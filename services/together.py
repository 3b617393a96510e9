"""All specialist services in one process: ``python -m uvicorn services.together:app --port N``.

Each service lies under its own name (``/classification/v1/analyze``); ``/livez``, ``/readyz`` and
``/metrics`` at the top speak for all of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from importlib import import_module

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services import VERSION
from services.app import Room
from services.contract import Readiness
from services.problems import speak_problems
from services.torchvision_guard import guard_torchvision

SERVICES = ("classification", "segmentation", "detection")


def together(services: Mapping[str, FastAPI]) -> FastAPI:
    """Return one application that holds every service under its name and starts and stops them all."""
    rooms: dict[str, Room] = {name: service.state.room for name, service in services.items()}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            for service in services.values():
                await running.enter_async_context(service.router.lifespan_context(service))
            yield

    app = FastAPI(title="wetread specialist services", version=VERSION, lifespan=lifespan)
    speak_problems(app)
    for name, service in services.items():
        app.mount(f"/{name}", service, name)

    @app.get("/livez", tags=["operation"])
    async def livez() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @app.get("/readyz", responses={503: {"model": list[Readiness]}}, tags=["operation"])
    async def readyz(response: Response) -> list[Readiness]:
        """Every specialist of every service is loaded, or known not to be in force."""
        states = [room.readiness() for room in rooms.values()]
        ready = all(state.ready for state in states)
        response.status_code = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return states

    @app.get("/metrics", response_class=Response, tags=["operation"])
    async def metrics() -> Response:
        """The metrics of every service, one after the other."""
        text = b"".join(generate_latest(room.counters.registry) for room in rooms.values())
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return app


def __getattr__(name: str) -> FastAPI:
    """Build ``app`` when a server asks for it, so that importing :func:`together` loads no specialist."""
    if name != "app":
        raise AttributeError(name)
    guard_torchvision()  # before the first specialist imports a library that looks for torchvision
    return together({service: import_module(f"services.{service}.main").app for service in SERVICES})
