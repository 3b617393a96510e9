"""The draft of a study in every format, and the pictures of what it rests on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Response

from orchestrator.errors import NotFound
from orchestrator.exports.arrays import Arrays, read_arrays
from orchestrator.exports.dicom.objects import render_dicom, zipped
from orchestrator.exports.evidence import draw_evidence
from orchestrator.exports.fhir import render_bundle
from orchestrator.exports.hl7v2 import render_oru
from orchestrator.exports.pdf import render_pdf
from orchestrator.exports.pictures import pictures_of
from orchestrator.exports.text import render_text
from orchestrator.http.problems import Responses, documented
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.http.studies import StudyId
from orchestrator.release import Release, release_of_draft
from orchestrator.report import DraftReport
from orchestrator.study import Study
from services.contract import Fact, SpecialistResult

router = APIRouter(prefix="/v1/studies", tags=["drafts"])


class Picture(Fact):
    """One picture: the pixels that a finding or measurement rests on."""

    name: str
    fact_id: str | None = None
    """The finding or measurement; absent for the anatomy as a whole."""
    title: str
    image_id: str
    link: str


class EvidenceList(Fact):
    """The pictures of a draft, in the order of its facts."""

    evidence: tuple[Picture, ...]


class _Wanted(NamedTuple):
    """Everything an export is made of."""

    draft: DraftReport
    study: Study

    store: FilePath

    @property
    def release(self) -> Release:
        return release_of_draft(self.draft)

    @property
    def arrays(self) -> Arrays:
        return read_arrays(self.draft, self.study, self.store)

    @property
    def dicom(self) -> bytes:
        return zipped(render_dicom(self.release, self.study, self.arrays, self.pdf))

    @property
    def pdf(self) -> bytes:
        return _pdf(self.store, self.draft.model_dump_json(), self.study.model_dump_json())


class _Format(NamedTuple):
    media_type: str
    render: Callable[[_Wanted], str | bytes]


_FORMATS: dict[str, _Format] = {
    "text": _Format("text/plain; charset=utf-8", lambda w: render_text(w.release, w.study)),
    "pdf": _Format("application/pdf", lambda w: w.pdf),
    "hl7": _Format("application/hl7-v2; charset=utf-8", lambda w: render_oru(w.release, w.study, w.pdf)),
    "fhir": _Format("application/fhir+json", lambda w: render_bundle(w.release, w.study, w.pdf)),
    "dicom": _Format("application/zip", lambda w: w.dicom),
}
_PNG: Responses = {200: {"content": {"image/png": {}}}}


@router.get("/{study_id}/draft", responses=documented(404, 422, 503))
async def get_draft(study_id: StudyId, rooms: WithRooms) -> DraftReport:
    """Return the draft: sections, facts with their evidence, limitations, provenance. It is not signed."""
    return await asyncio.to_thread(rooms.records.draft, study_id)


@router.get("/{study_id}/evidence", responses=documented(404, 422, 503))
async def list_evidence(study_id: StudyId, rooms: WithRooms) -> EvidenceList:
    """Return which pictures there are."""
    draft = await asyncio.to_thread(rooms.records.draft, study_id)
    base = f"/v1/studies/{study_id}/evidence"
    return EvidenceList(
        evidence=tuple(
            Picture(
                name=picture.name,
                fact_id=picture.fact_id,
                title=picture.title,
                image_id=picture.image_id,
                link=f"{base}/{picture.name}.png",
            )
            for picture in pictures_of(draft)
        )
    )


@router.get("/{study_id}/evidence/{name}.png", response_class=Response, responses={**_PNG, **documented(404, 422, 503)})
async def get_evidence(
    study_id: StudyId, name: Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,120}$")], rooms: WithRooms
) -> Response:
    """Return one picture: mask, box or heat map over the film."""
    picture = await asyncio.to_thread(_picture, rooms, study_id, name)
    return Response(picture, media_type="image/png")


@router.get("/{study_id}/specialist-results", responses=documented(404, 422, 503))
async def get_specialist_results(study_id: StudyId, rooms: WithRooms) -> tuple[SpecialistResult, ...]:
    """Return what each specialist answered, before reconciling."""
    return await asyncio.to_thread(rooms.records.specialist_results, study_id)


def _add_format(name: str, wanted: _Format) -> None:
    media_type = wanted.media_type.partition(";")[0]
    responses: Responses = {200: {"content": {media_type: {}}}, **documented(404, 422, 503)}

    @router.get(
        f"/{{study_id}}/draft/{name}",
        response_class=Response,
        responses=responses,
        name=f"get_draft_as_{name}",
        summary=f"The draft as {name}, marked as a draft by AI; it names the patient.",
    )
    async def export(study_id: StudyId, rooms: WithRooms) -> Response:
        content = await asyncio.to_thread(lambda: wanted.render(_wanted(rooms, study_id)))
        return Response(content, media_type=wanted.media_type)


for _name, _wanted_format in _FORMATS.items():
    _add_format(_name, _wanted_format)


def _wanted(rooms: Rooms, study_id: str) -> _Wanted:
    draft, study = rooms.records.draft(study_id), rooms.records.study(study_id)
    return _Wanted(draft, study, rooms.settings.store)


@lru_cache(maxsize=8)
def _pdf(store: FilePath, draft_json: str, study_json: str) -> bytes:
    """Laid out once for the three exports that hold it; known again by all it is made of."""
    draft, study = DraftReport.model_validate_json(draft_json), Study.model_validate_json(study_json)
    return render_pdf(release_of_draft(draft), study, read_arrays(draft, study, store))


def _picture(rooms: Rooms, study_id: str, name: str) -> bytes:
    wanted = _wanted(rooms, study_id)
    drawn = draw_evidence(wanted.draft, wanted.study, wanted.arrays, name)
    if not drawn:
        raise NotFound("the draft has no such picture; see /evidence for those it has")
    return drawn[f"{name}.png"]
