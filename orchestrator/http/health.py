"""Is it alive, is it ready, and which part is missing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from contextlib import suppress
from http import HTTPStatus

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from orchestrator.errors import QueueUnavailable, WetreadError
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.metrics import JOBS
from services.contract import Fact

router = APIRouter(tags=["operation"])

_PATIENCE_S = 3.0


class PartState(Fact):
    """One part of the installation."""

    part: str
    up: bool
    needed: bool
    """Whether studies can be accepted without it. A missing part that is not needed is a limitation in drafts."""


class OrchestratorReadiness(Fact):
    """Ready when every needed part is up."""

    ready: bool
    parts: tuple[PartState, ...]


@router.get("/livez")
async def livez() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"model": OrchestratorReadiness}})
async def readyz(rooms: WithRooms, response: Response) -> OrchestratorReadiness:
    """Studies can be accepted; says which part is missing."""
    needed = {
        "record": asyncio.to_thread(rooms.records.check),
        "store": asyncio.to_thread(_check_folders, rooms),
        "queue": rooms.jobs.check(),
    }
    others = {
        **{name: rooms.specialists.check(name) for name in rooms.specialists.services},
        "language": rooms.language.served(),
    }
    parts = await asyncio.gather(
        *(_state(name, check, needed=True) for name, check in needed.items()),
        *(_state(name, check, needed=False) for name, check in others.items()),
    )
    ready = all(part.up for part in parts if part.needed)
    response.status_code = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return OrchestratorReadiness(ready=ready, parts=tuple(parts))


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(rooms: WithRooms) -> Response:
    """Counters and histograms in Prometheus' text format."""
    with suppress(QueueUnavailable):
        for name, count in (await rooms.jobs.state())._asdict().items():
            JOBS.labels(name).set(count)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _state(part: str, check: Awaitable[object], *, needed: bool) -> PartState:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await check
    except (WetreadError, OSError):
        return PartState(part=part, up=False, needed=needed)
    return PartState(part=part, up=True, needed=needed)


def _check_folders(rooms: Rooms) -> None:
    for folder in (rooms.settings.store, rooms.settings.originals):
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError
