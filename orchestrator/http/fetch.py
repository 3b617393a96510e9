"""Ask the hospital's archives for a study and its priors."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from orchestrator.errors import NotFound
from orchestrator.http.problems import documented
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.records.fetches import Fetch, FetchStatus
from services.contract import Fact

router = APIRouter(prefix="/v1/fetch", tags=["fetch"])


class FetchRequest(Fact):
    """What to fetch."""

    accession_number: str = Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\\*?]+$")
    """Whole: without the wildcards of a query."""
    source: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,32}$")
    """One of the hospital's sources; all in order when not given."""


class FetchState(Fact):
    """What came of it; nothing that names a person."""

    fetch_id: str
    status: FetchStatus
    reason: str | None = None
    study_ids: tuple[str, ...] = ()
    """Studies that came, ours; priors last. One is found under /v1/studies once no more of it comes."""


@router.post("", status_code=202, responses=documented(404, 422, 503))
async def ask(wanted: FetchRequest, rooms: WithRooms, response: Response) -> FetchState:
    """Ask for a study and its priors by accession number. Answered once it is recorded; the gateway fetches."""
    if not any(wanted.source in {None, source.name} for source in rooms.hospital.sources):
        raise NotFound("no such source; the hospital's file lists them under [[sources]]")
    fetch = await asyncio.to_thread(rooms.records.fetches.ask, wanted.accession_number, wanted.source)
    response.headers["Location"] = f"/v1/fetch/{fetch.fetch_id}"
    return await asyncio.to_thread(_state, rooms, fetch)


@router.get("/{fetch_id}", responses=documented(404, 422, 503))
async def state(fetch_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")], rooms: WithRooms) -> FetchState:
    """Return what came of it."""
    fetch = await asyncio.to_thread(rooms.records.fetches.fetch, fetch_id)
    return await asyncio.to_thread(_state, rooms, fetch)


def _state(rooms: Rooms, fetch: Fetch) -> FetchState:
    studies = [rooms.records.arrivals.study(uid) for uid in fetch.study_instance_uids]
    return FetchState(
        fetch_id=fetch.fetch_id,
        status=fetch.status,
        reason=fetch.reason,
        study_ids=tuple(study.study_id for study in studies if study is not None),
    )
