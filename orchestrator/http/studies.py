"""Upload a study, and see where it stands."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from orchestrator.acceptance import accept, queue
from orchestrator.http.acting import WithPerson
from orchestrator.http.problems import documented
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.http.states import StudyList, StudyState, state_of
from orchestrator.ingest.assemble import assemble
from orchestrator.ingest.receive import receive
from orchestrator.ingest.received import OrderRequest, ReceivedFile
from orchestrator.progress import StudyRecord

router = APIRouter(prefix="/v1/studies", tags=["studies"])

_STUDY_ID = r"^[A-Za-z0-9-]{4,64}$"
StudyId = Annotated[str, Path(pattern=_STUDY_ID)]
Key = Annotated[str | None, Header(pattern=r"^[\x21-\x7e]{1,255}$")]

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "DICOM, PNG or JPEG files, or a zip of them: one study.",
                        },
                        "order": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": OrderRequest.model_json_schema(),
                            "description": "What was asked for; what it says wins over an absent header value only.",
                        },
                    },
                }
            }
        },
    }
}


@router.post("", status_code=202, openapi_extra=_UPLOAD, responses=documented(400, 408, 409, 413, 415, 422, 503))
async def accept_study(
    request: Request, response: Response, rooms: WithRooms, person: WithPerson, idempotency_key: Key = None
) -> StudyState:
    """Take one study. Answered once its bytes are on disk and its rows committed; drafting follows.

    The same ``Idempotency-Key`` with the same content gives the same study, however often it is sent.
    """
    started = time.perf_counter()
    files, order = await receive(request, rooms.settings)
    content = _content_sha256(files, order)
    record = await _known(rooms, idempotency_key, content)
    if record is None:
        study = await assemble(files, order, rooms.settings, rooms.children)
        seconds = round(time.perf_counter() - started, 6)
        record = await accept(
            study,
            content,
            rooms.records,
            rooms.jobs,
            key=idempotency_key,
            seconds=seconds,
            department=person.own_department,
        )
    else:
        await queue(record, rooms.jobs)
    state = state_of(record)
    response.headers["Location"] = state.links.self
    return state


async def _known(rooms: Rooms, key: str | None, content_sha256: str) -> StudyRecord | None:
    return None if key is None else await asyncio.to_thread(rooms.records.accepted_before, key, content_sha256)


@router.get("", responses=documented(404, 422, 503))
async def list_studies(
    rooms: WithRooms,
    person: WithPerson,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(pattern=_STUDY_ID)] = None,
) -> StudyList:
    """Return studies, newest first."""
    records = await asyncio.to_thread(rooms.records.latest, limit, before, person)
    last = records[-1].study_id if len(records) == limit else None
    return StudyList(studies=tuple(state_of(record) for record in records), next=last)


@router.get("/{study_id}", responses=documented(404, 422, 503))
async def get_study(study_id: StudyId, rooms: WithRooms) -> StudyState:
    """Return where a study stands: queued, running, drafted, refused or failed, and each stage so far."""
    record = await asyncio.to_thread(rooms.records.record, study_id)
    return state_of(record, await asyncio.to_thread(rooms.records.events, study_id))


def _content_sha256(files: Sequence[ReceivedFile], order: OrderRequest | None) -> str:
    """One name for what was sent: every file's SHA-256, in any order, and the order."""
    said = order.model_dump_json() if order else ""
    return hashlib.sha256("\n".join([*sorted(file.sha256 for file in files), said]).encode()).hexdigest()
