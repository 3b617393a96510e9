"""What the viewer shows of a study: how it is hung, its pixels at full depth, and what can be laid over them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from orchestrator.access import Person
from orchestrator.errors import NotFound, QueueUnavailable
from orchestrator.http.acting import WithPerson
from orchestrator.http.problems import Responses, documented
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.http.states import StudyState, state_of
from orchestrator.http.studies import StudyId
from orchestrator.reading_room.hanging import Hanging, hanging_of, image_of
from orchestrator.reading_room.overlays import OverlayList, array_of, overlays_of
from orchestrator.reading_room.pixels import raw_pixels
from orchestrator.report import DraftReport
from orchestrator.rereading import Rereading

router = APIRouter(prefix="/v1/studies", tags=["reading room"])

ImageId = Annotated[str, Path(pattern=r"^[0-9a-z-]{4,64}$")]
OverlayName = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,120}$")]
_RAW: Responses = {200: {"content": {"application/octet-stream": {}}}}
_PNG: Responses = {200: {"content": {"image/png": {}}}}
_UNKEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Nothing of a patient stays in a browser's cache."""


@router.get("/{study_id}/hanging", responses=documented(404, 422, 503))
async def get_hanging(study_id: StudyId, rooms: WithRooms, person: WithPerson) -> Hanging:
    """Return the patient banner, the films with their geometry, and earlier films of the same person."""
    return await asyncio.to_thread(_hanging, rooms, study_id, person)


@router.get(
    "/{study_id}/images/{image_id}/pixels", response_class=Response, responses={**_RAW, **documented(404, 422, 503)}
)
async def get_pixels(
    study_id: StudyId,
    image_id: ImageId,
    rooms: WithRooms,
    reduce: Annotated[Literal["1", "2", "4", "8"], Query()] = "1",
) -> Response:
    """Return the pixels of one film: row by row, little-endian, at full depth."""
    pixels = await asyncio.to_thread(_pixels, rooms, study_id, image_id, int(reduce))
    return Response(pixels, media_type="application/octet-stream", headers=_UNKEPT)


@router.get("/{study_id}/report/draft", responses=documented(404, 422, 503))
async def get_draft_of_report(study_id: StudyId, rooms: WithRooms) -> DraftReport:
    """Return the draft that the working copy is made of: what its sentences cite."""
    return await asyncio.to_thread(_draft, rooms, study_id)


@router.get("/{study_id}/overlays", responses=documented(404, 422, 503))
async def list_overlays(study_id: StudyId, rooms: WithRooms) -> OverlayList:
    """Return every region of the draft, in pixels of its image, each under a name of its own."""
    draft = await asyncio.to_thread(_draft, rooms, study_id)
    return OverlayList(overlays=overlays_of(draft))


@router.get("/{study_id}/overlays/{name}.png", response_class=Response, responses={**_PNG, **documented(404, 422, 503)})
async def get_overlay(study_id: StudyId, name: OverlayName, rooms: WithRooms) -> Response:
    """Return one mask or heat map as a grey PNG that covers the whole image."""
    draft = await asyncio.to_thread(_draft, rooms, study_id)
    array = await asyncio.to_thread(array_of, draft, name, rooms.settings.store)
    return Response(array, media_type="image/png", headers=_UNKEPT)


@router.post("/{study_id}/rereading", status_code=202, responses=documented(401, 403, 404, 422, 503))
async def read_again(study_id: StudyId, wish: Rereading, rooms: WithRooms) -> StudyState:
    """Have the specialists read a film again through another window or in a region: the study's next revision."""
    study = await asyncio.to_thread(rooms.records.study, study_id)
    if image_of(study, wish.image_id) is None:
        raise NotFound("the study has no such image; see /hanging for those it has")
    record = await asyncio.to_thread(rooms.records.rereadings.begin, study_id, wish)
    with suppress(QueueUnavailable):
        await rooms.jobs.enqueue(record.study_id, record.revision)
    return state_of(record)


def _draft(rooms: Rooms, study_id: str) -> DraftReport:
    """The draft that is worked on, which is not the latest while the copy is stale."""
    report = rooms.records.reports.report(study_id)
    return rooms.records.reports.base(study_id, report.copy_now.revision)


def _hanging(rooms: Rooms, study_id: str, person: Person) -> Hanging:
    """Earlier films of a department that the person does not see stay out of sight."""
    study, access = rooms.records.study(study_id), rooms.records.access
    priors = [
        one for one in rooms.records.worklist.earlier(study) if person.may_see(access.department_of(one.study_id))
    ]
    results, settings = rooms.records.specialist_results(study_id), rooms.settings
    return hanging_of(study, results, settings.store, priors, settings.viewer_link)


def _pixels(rooms: Rooms, study_id: str, image_id: str, reduce: int) -> bytes:
    image = image_of(rooms.records.study(study_id), image_id)
    if image is None:
        raise NotFound("the study has no such image; see /hanging for those it has")
    return raw_pixels(rooms.settings.store, image, reduce)
