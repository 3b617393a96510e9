"""The draft of a study, and what it rests on."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from orchestrator.http.problems import documented
from orchestrator.http.rooms import WithRooms
from orchestrator.http.studies import StudyId
from orchestrator.report import DraftReport
from services.contract import SpecialistResult

router = APIRouter(prefix="/v1/studies", tags=["drafts"])


@router.get("/{study_id}/draft", responses=documented(404, 422, 503))
async def get_draft(study_id: StudyId, rooms: WithRooms) -> DraftReport:
    """Return the draft: sections, facts with their evidence, limitations, provenance. It is not signed."""
    return await asyncio.to_thread(rooms.records.draft, study_id)


@router.get("/{study_id}/specialist-results", responses=documented(404, 422, 503))
async def get_specialist_results(study_id: StudyId, rooms: WithRooms) -> tuple[SpecialistResult, ...]:
    """Return what each specialist answered, before reconciling."""
    return await asyncio.to_thread(rooms.records.specialist_results, study_id)
