"""Ask about a study, or about reading chest films: checked sentences as server-sent events, one by one.

``event`` is ``begun``, ``tool``, ``sentence``, ``notice``, ``ended`` or ``failed``; ``data`` is the JSON of the type of
that name in :mod:`orchestrator.conversation.turn`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse

from orchestrator.access import Person
from orchestrator.conversation.case import Case
from orchestrator.conversation.conversation import Asked
from orchestrator.conversation.readers import Toolbox
from orchestrator.conversation.turn import LONGEST_QUESTION, Failed, Query, Told, Transcript, Turn
from orchestrator.darkroom import cut_out, developed_anew
from orchestrator.deidentify import deidentify, known_identifiers
from orchestrator.errors import NotFound, WetreadError
from orchestrator.http.acting import WithPerson
from orchestrator.http.problems import Responses, documented
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.http.studies import StudyId
from orchestrator.knowledge import Library, Passage
from orchestrator.masking import mask_text
from orchestrator.report import Facts
from orchestrator.study import DeidentifiedStudy
from services.contract import Box, ImageReference

router = APIRouter(tags=["conversation"])
log = structlog.get_logger()

WITHHELD = "[withheld]"
"""Stands for a question that could not be freed of identifiers with certainty."""
_SAYS: dict[str, object] = {
    "text/event-stream": {"schema": {"type": "string", "description": "event and data; data is JSON"}}
}
_STREAM: Responses = {200: {"content": _SAYS, "description": "Sentences until the answer ends"}}
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class StudyQuery(Query):
    """A question about one study."""

    region: Box | None = None
    """The part of the film that was marked, in pixels of the image, for a specialist to read again."""


@router.post(
    "/v1/studies/{study_id}/conversation",
    response_class=StreamingResponse,
    responses={**_STREAM, **documented(404, 422, 503)},
)
async def ask_about_study(
    study_id: StudyId, query: StudyQuery, rooms: WithRooms, person: WithPerson
) -> StreamingResponse:
    """Answer a question from what was found in the study, sentence by sentence, each with what it rests on."""
    case, masked, toolbox = await asyncio.to_thread(_case, rooms, person, study_id, query.question)
    plain = Query(question=query.question, audience=query.audience)
    return _stream(rooms, Asked(person.subject, case, plain, masked, toolbox, query.region))


@router.post("/v1/conversation", response_class=StreamingResponse, responses={**_STREAM, **documented(422, 503)})
async def ask_without_study(query: Query, rooms: WithRooms, person: WithPerson) -> StreamingResponse:
    """Answer a question about reading chest films from the knowledge base alone."""
    case = Case(facts=Facts(), library=_readable(rooms, person))
    return _stream(rooms, Asked(person.subject, case, query, _masked(query.question, ())))


@router.post("/v1/studies/{study_id}/conversation/stop", status_code=204, responses=documented(422, 503))
async def stop_answer(study_id: StudyId, rooms: WithRooms, person: WithPerson) -> Response:
    """End the answer that is being given, before its next sentence."""
    await rooms.conversations.stop(person.subject, study_id)
    return Response(status_code=204)


@router.post("/v1/conversation/stop", status_code=204, responses=documented(503))
async def stop_answer_without_study(rooms: WithRooms, person: WithPerson) -> Response:
    """End the answer that is being given, before its next sentence."""
    await rooms.conversations.stop(person.subject, None)
    return Response(status_code=204)


@router.get("/v1/studies/{study_id}/conversation", responses=documented(404, 422, 503))
async def export_conversation(study_id: StudyId, rooms: WithRooms, person: WithPerson) -> Transcript:
    """Return what this person asked about the study and what was answered, as it is kept on record."""
    await asyncio.to_thread(rooms.records.record, study_id)
    return await asyncio.to_thread(rooms.records.conversations.transcript, study_id, person.subject)


@router.delete("/v1/studies/{study_id}/conversation", status_code=204, responses=documented(422, 503))
async def begin_anew(study_id: StudyId, rooms: WithRooms, person: WithPerson) -> Response:
    """Let the next question follow no other; what was said stays on record."""
    await rooms.conversations.forget(person.subject, study_id)
    return Response(status_code=204)


@router.get("/v1/knowledge/{passage_id:path}", responses=documented(404, 422, 503))
async def get_passage(
    passage_id: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_./-]{1,160}$")], rooms: WithRooms, person: WithPerson
) -> Passage:
    """Return one passage of the knowledge base with its sources."""
    passage = _readable(rooms, person).get(passage_id)
    if passage is None:
        raise NotFound("there is no such passage, or it is not for this department")
    return passage


def _case(rooms: Rooms, person: Person, study_id: str, question: str) -> tuple[Case, str, Toolbox]:
    """Read the study on the identified side; what is returned names nobody."""
    draft, study = rooms.records.draft(study_id), rooms.records.study(study_id)
    seen = deidentify(study)
    case = Case.of(draft, seen.indication, seen.history, _readable(rooms, person))
    return case, _masked(question, known_identifiers(study)), _toolbox(rooms, seen)


def _toolbox(rooms: Rooms, seen: DeidentifiedStudy) -> Toolbox:
    store = rooms.settings.store

    async def cut(image: ImageReference, region: Box) -> ImageReference:
        return await asyncio.to_thread(cut_out, image, region, store)

    async def prepare(image: ImageReference) -> ImageReference:
        return await asyncio.to_thread(developed_anew, image, store)

    return Toolbox(seen.images, seen.subject, rooms.specialists.consult, cut, prepare)


def _readable(rooms: Rooms, person: Person) -> Library:
    """The passages that the person's departments may read."""
    return rooms.library if person.sees_every_department else rooms.library.readable_by(person.departments)


def _masked(question: str, known: tuple[str, ...]) -> str:
    return mask_text(question[:LONGEST_QUESTION], known) or WITHHELD


def _stream(rooms: Rooms, asked: Asked) -> StreamingResponse:
    def keep(turn: Turn) -> None:
        rooms.records.conversations.keep(asked.case.study_id, asked.person, turn)

    return StreamingResponse(
        _told(rooms.conversations.ask(asked, keep)), media_type="text/event-stream", headers=_HEADERS
    )


async def _told(said: AsyncIterator[Told]) -> AsyncIterator[str]:
    try:
        async for one in said:
            yield _event(one)
    except WetreadError as error:
        log.warning("conversation_failed", error=type(error).__name__)
        yield _event(Failed(status=error.status))


def _event(told: Told) -> str:
    return f"event: {told.kind}\ndata: {told.model_dump_json(exclude_none=True)}\n\n"
