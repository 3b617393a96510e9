"""The signed report that is in force, in every format; each names the patient, and who signed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from fastapi import APIRouter, Response

from orchestrator.exports.dicom.objects import zipped
from orchestrator.exports.hl7v2 import OruStyle
from orchestrator.http.problems import Responses, documented
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.http.studies import StudyId
from orchestrator.outbox.letter import Letter

router = APIRouter(prefix="/v1/studies", tags=["reports"])


class _Format(NamedTuple):
    media_type: str
    render: Callable[[Letter], str | bytes]


_FORMATS: dict[str, _Format] = {
    "text": _Format("text/plain; charset=utf-8", Letter.text),
    "pdf": _Format("application/pdf", lambda letter: letter.pdf),
    "json": _Format("application/json", Letter.json),
    "hl7": _Format("application/hl7-v2; charset=utf-8", lambda letter: letter.oru(OruStyle())),
    "fhir": _Format("application/fhir+json", Letter.collection),
    "dicom": _Format("application/zip", lambda letter: zipped(letter.dicom())),
}


def _add_format(name: str, wanted: _Format) -> None:
    media_type = wanted.media_type.partition(";")[0]
    responses: Responses = {200: {"content": {media_type: {}}}, **documented(401, 403, 404, 422, 503)}

    @router.get(
        f"/{{study_id}}/report/{name}",
        response_class=Response,
        responses=responses,
        name=f"get_report_as_{name}",
        summary=f"The signed report as {name}; it names the patient and who signed.",
    )
    async def export(study_id: StudyId, rooms: WithRooms) -> Response:
        content = await asyncio.to_thread(lambda: wanted.render(_letter(rooms, study_id)))
        return Response(content, media_type=wanted.media_type, headers={"Cache-Control": "no-store"})


for _name, _format in _FORMATS.items():
    _add_format(_name, _format)


def _letter(rooms: Rooms, study_id: str) -> Letter:
    return Letter(rooms.records.reports.release(study_id), rooms.records.study(study_id), rooms.settings.store)
