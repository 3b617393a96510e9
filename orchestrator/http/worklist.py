"""The worklist, and the same live: a stream that tells each row that changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from orchestrator.access import Person
from orchestrator.http.acting import WithPerson
from orchestrator.http.problems import documented
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.reading_room.worklist import Worklist, WorklistRow

router = APIRouter(prefix="/v1/worklist", tags=["reading room"])

_LOOK_EVERY_S = 1.0
_KEEP_ALIVE_LOOKS = 15
_SAYS: dict[str, object] = {
    "text/event-stream": {"schema": {"type": "string", "description": "worklist: all rows; row: one that changed"}}
}


@router.get("", responses=documented(503))
async def get_worklist(rooms: WithRooms, person: WithPerson) -> Worklist:
    """Return the newest studies in the order in which they should be read; it names patients."""
    return await asyncio.to_thread(_look, rooms, person)


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": _SAYS, "description": "The worklist, then each change"}, **documented(503)},
)
async def stream_worklist(request: Request, rooms: WithRooms, person: WithPerson) -> StreamingResponse:
    """Stream the worklist: first all of it (event ``worklist``), then each row that changes (event ``row``)."""
    return StreamingResponse(
        _told(rooms, person, request),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _look(rooms: Rooms, person: Person) -> Worklist:
    """Return the worklist without studies of departments that the person does not see."""
    worklist = rooms.worklist.look()
    if person.sees_every_department:
        return worklist
    seen = rooms.records.access.seen_by(person, (row.study_id for row in worklist.studies))
    return Worklist(studies=tuple(row for row in worklist.studies if row.study_id in seen))


async def _told(rooms: Rooms, person: Person, request: Request) -> AsyncIterator[str]:
    told: dict[str, WorklistRow] | None = None
    silent = 0
    yield "retry: 1000\n\n"
    while not await request.is_disconnected():
        worklist = await asyncio.to_thread(_look, rooms, person)
        if told is None:
            yield f"event: worklist\ndata: {worklist.model_dump_json(exclude_none=True)}\n\n"
        changed = [] if told is None else [row for row in worklist.studies if told.get(row.study_id) != row]
        for row in changed:
            yield f"event: row\ndata: {row.model_dump_json(exclude_none=True)}\n\n"
        told = {row.study_id: row for row in worklist.studies}
        silent = 0 if changed else silent + 1
        if silent and silent % _KEEP_ALIVE_LOOKS == 0:
            yield ": waiting\n\n"
        await asyncio.sleep(_LOOK_EVERY_S)
