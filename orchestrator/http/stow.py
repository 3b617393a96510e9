"""DICOMweb Store (STOW-RS, PS3.18 10.5): DICOM files in, and for each instance what became of it.

Answered once every stored instance is on disk and in the database; a study is drafted when nothing more of it comes.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Request, Response

from orchestrator.errors import NotFound
from orchestrator.gateway.arrival_desk import ArrivalDesk, Registered
from orchestrator.http.problems import Responses, documented, problem
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.http.stow_answer import MEDIA_TYPE, FailureReason, StoreAnswer, Stored, answer_of
from orchestrator.ingest.decoded import Indexed
from orchestrator.ingest.receive import received_related
from orchestrator.ingest.store import Original

router = APIRouter(prefix="/dicomweb", tags=["dicomweb"])
StudyUid = Annotated[str, Path(pattern=r"^[0-9.]{1,64}$")]

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            'multipart/related; type="application/dicom"': {
                "schema": {"type": "string", "format": "binary", "description": "A DICOM file (PS3.10) a part."}
            }
        },
    }
}
_ANSWERS: Responses = {
    status: {"description": meaning, "content": {MEDIA_TYPE: {"schema": StoreAnswer.model_json_schema()}}}
    for status, meaning in ((202, "some instances were not stored"), (409, "no instance was stored"))
}
_PROBLEMS = documented(400, 404, 406, 408, 413, 415, 422, 503, 507)


@router.post("/studies", response_class=Response, openapi_extra=_BODY, responses={**_PROBLEMS, **_ANSWERS})
async def store_instances(request: Request, rooms: WithRooms) -> Response:
    """Store instances of any studies."""
    return await _store(request, rooms, None)


@router.post("/studies/{study}", response_class=Response, openapi_extra=_BODY, responses={**_PROBLEMS, **_ANSWERS})
async def store_instances_of_a_study(study: StudyUid, request: Request, rooms: WithRooms) -> Response:
    """Store instances of one study; those of another are refused one by one."""
    return await _store(request, rooms, study)


class _Looked(NamedTuple):
    original: Original
    indexed: Indexed | None

    @property
    def study(self) -> str | None:
        return self.indexed.header.study_instance_uid if self.indexed else None


async def _store(request: Request, rooms: Rooms, study: str | None) -> Response:
    if rooms.hospital.stow is None or not rooms.hospital.stow.enabled:
        raise NotFound("this installation takes no STOW-RS; switch on [stow] in the hospital's file")
    if not _takes_json(request.headers.get("accept", "*/*")):
        return problem(HTTPStatus.NOT_ACCEPTABLE, "the answer is DICOM JSON", "not-acceptable", MEDIA_TYPE)
    desk = ArrivalDesk(rooms.settings, rooms.records, rooms.children)
    desk.refuse_without_room()
    async with received_related(request, rooms.settings) as originals:
        looked = [_Looked(original, await desk.look(original)) for original in originals]
        studies = {one.study for one in looked if one.study}
        among = study or (next(iter(studies)) if len(studies) == 1 else None)
        stored = [await _store_one(desk, one, study, among) for one in looked]
    body, status = answer_of(stored)
    return Response(body.model_dump_json(by_alias=True, exclude_none=True), status, media_type=MEDIA_TYPE)


async def _store_one(desk: ArrivalDesk, one: _Looked, study: str | None, among: str | None) -> Stored:
    if one.indexed is not None and study is not None and one.study != study:
        return _stored(one.indexed, FailureReason.DOES_NOT_MATCH)
    file = await asyncio.to_thread(one.original.keep)
    registered: Registered = await desk.record(file, one.indexed, "stow", among)
    return _stored(registered.indexed, None if registered.indexed else FailureReason.CANNOT_UNDERSTAND)


def _stored(indexed: Indexed | None, failure: FailureReason | None) -> Stored:
    header = indexed.header if indexed else None
    return Stored(
        sop_class_uid=header.sop_class_uid if header else None,
        sop_instance_uid=header.sop_instance_uid if header else None,
        failure=failure,
    )


def _takes_json(accept: str) -> bool:
    kinds = {kind.partition(";")[0].strip().lower() for kind in accept.split(",")}
    return bool(kinds & {"*/*", "application/*", MEDIA_TYPE, "application/json", ""})
