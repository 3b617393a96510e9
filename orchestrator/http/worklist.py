"""The worklist, and the same live: a stream that tells each row that changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

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
async def get_worklist(rooms: WithRooms) -> Worklist:
    """Return the newest studies in the order in which they should be read; it names patients."""
    return await asyncio.to_thread(rooms.worklist.look)


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": _SAYS, "description": "The worklist, then each change"}, **documented(503)},
)
async def stream_worklist(request: Request, rooms: WithRooms) -> StreamingResponse:
    """Stream the worklist: first all of it (event ``worklist``), then each row that changes (event ``row``)."""
    return StreamingResponse(
        _told(rooms, request),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _told(rooms: Rooms, request: Request) -> AsyncIterator[str]:
    told: dict[str, WorklistRow] | None = None
    silent = 0
    yield "retry: 1000\n\n"
    while not await request.is_disconnected():
        worklist = await asyncio.to_thread(rooms.worklist.look)
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
