"""Live progress: server-sent events that can be taken up again where they stopped (``Last-Event-ID``)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from orchestrator.http.problems import documented
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.http.studies import StudyId
from orchestrator.progress import Event

router = APIRouter(prefix="/v1/studies", tags=["studies"])

_LOOK_EVERY_S = 1.0
_KEEP_ALIVE_LOOKS = 15
_SAYS: dict[str, object] = {
    "text/event-stream": {"schema": {"type": "string", "description": "id, event and data; data is an Event as JSON"}}
}


@router.get(
    "/{study_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": _SAYS, "description": "Events until the study ends"}, **documented(404, 422, 503)},
)
async def stream_events(
    study_id: StudyId,
    request: Request,
    rooms: WithRooms,
    last_event_id: Annotated[int, Header(ge=0)] = 0,
    follow: Annotated[bool, Query(description="Go on after the draft: tell of the report's life too.")] = False,
) -> StreamingResponse:
    """Stream the story of a study: what was, from after ``Last-Event-ID``, then what happens.

    The stream ends with the draft, unless one wants to follow what people make of it. Numbers have no gap, so nothing
    is missed over a lost connection.
    """
    await asyncio.to_thread(rooms.records.record, study_id)
    return StreamingResponse(
        _told(study_id, last_event_id, rooms, request, follow=follow),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _told(study_id: str, after: int, rooms: Rooms, request: Request, *, follow: bool) -> AsyncIterator[str]:
    """The bell only wakes; what is told comes from the record."""
    yield "retry: 1000\n\n"
    silent = 0
    async with rooms.jobs.bell(study_id) as bell:
        while not await request.is_disconnected():
            over = (await asyncio.to_thread(rooms.records.record, study_id)).status.is_final
            for event in await asyncio.to_thread(rooms.records.events, study_id, after):
                after, silent = event.number, 0
                yield _as_text(event)
            if over and not follow:
                return
            silent += 1
            if silent % _KEEP_ALIVE_LOOKS == 0:
                yield ": waiting\n\n"
            await bell.wait(_LOOK_EVERY_S)


def _as_text(event: Event) -> str:
    return f"id: {event.number}\nevent: {event.kind}\ndata: {event.model_dump_json(exclude_none=True)}\n\n"
