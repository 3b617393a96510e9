"""Orders that may be meant and name another patient: people look, and say whose study it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Path, Query
from pydantic import Field

from orchestrator.acceptance import queue
from orchestrator.http.acting import WithPerson
from orchestrator.http.problems import documented
from orchestrator.http.rooms import WithRooms
from orchestrator.http.states import StudyState, state_of
from orchestrator.records.meetings import Decision
from orchestrator.records.orders import Mismatch
from orchestrator.signing import signature_of
from services.contract import Fact

router = APIRouter(prefix="/v1/mismatches", tags=["orders"])
log = structlog.get_logger()

MismatchId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


class MismatchList(Fact):
    """What waits for people, oldest first. It names patients."""

    mismatches: tuple[Mismatch, ...]


class Deciding(Fact):
    """What a person says of a mismatch."""

    decision: Literal["same_patient", "not_this_order"]
    """``same_patient``: the order is this study's, which takes the identity that the order names.
    ``not_this_order``: the study goes on without it."""
    name: Annotated[str | None, Field(max_length=200)] = None
    """Who decides; needed where no authentication is on, ignored elsewhere."""


@router.get("", responses=documented(401, 403, 422, 503))
async def list_mismatches(rooms: WithRooms, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> MismatchList:
    """Return every study that is held because an order with its number names another patient."""
    return MismatchList(mismatches=await asyncio.to_thread(rooms.records.orders.mismatches, limit))


@router.post("/{mismatch_id}/resolve", responses=documented(400, 401, 403, 404, 409, 422, 503))
async def resolve_mismatch(mismatch_id: MismatchId, said: Deciding, rooms: WithRooms, person: WithPerson) -> StudyState:
    """Record what a person says, and let the study go on. Only a person can, and only once."""
    signature = signature_of(person, said.name, datetime.now(UTC))
    by = f"{signature.name} ({signature.subject})"
    record = await asyncio.to_thread(rooms.records.orders.decide, mismatch_id, Decision(said.decision), by, person)
    log.info("mismatch_decided", study_id=record.study_id, decision=said.decision)
    await queue(record, rooms.jobs)
    return state_of(record)
