"""The HTTP door. Run ``python -m orchestrator.main --port 8000``, or ``uvicorn orchestrator.main:app``.

The first closes connections that never finish their header; the second leaves that to a proxy.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from orchestrator.access.doorkeeper import is_loopback
from orchestrator.gateway.retention import forgetting
from orchestrator.hospital import read_hospital
from orchestrator.http import (
    conversation,
    drafts,
    events,
    feedback,
    fetch,
    fhir,
    health,
    mismatches,
    page,
    reports,
    session,
    signed,
    stow,
    studies,
    viewing,
    worklist,
)
from orchestrator.http.counted import Counted
from orchestrator.http.gate import Gate
from orchestrator.http.patience import patient_protocol
from orchestrator.http.problems import speak_problems
from orchestrator.http.rooms import Rooms
from orchestrator.ingest.child import Children
from orchestrator.ingest.limits import limits_from
from orchestrator.ingest.store import remove_leftovers
from orchestrator.logs import log_to_stderr
from orchestrator.provenance import software_version
from orchestrator.reading_room.board import WorklistBoard
from orchestrator.settings import Settings, settings_from_environment
from orchestrator.wiring import (
    open_conversations,
    open_doorkeeper,
    open_language,
    open_library,
    open_queue,
    open_records,
    open_specialists,
    tell_destinations,
)

log = structlog.get_logger()

_HEADER_BYTES = 64 * 1024
_KEEP_ALIVE_S = 5
_GRACE_S = 5


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the HTTP application.

    Parameters
    ----------
    settings
        Read from the environment at start when not given.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_rooms(settings or settings_from_environment()) as rooms:
            app.state.rooms, app.state.records = rooms, rooms.records
            app.state.doorkeeper = open_doorkeeper(rooms.settings, rooms.records)
            log.info("api_started")
            yield

    app = FastAPI(
        title="wetread",
        version=software_version(),
        description="Studies in, draft reports out. Research software, not a medical device: a person signs.",
        lifespan=lifespan,
    )
    app.add_middleware(Gate)
    app.add_middleware(Counted)
    app.add_middleware(fhir.Outcomes)
    speak_problems(app)
    for part in (
        studies,
        stow,
        fetch,
        events,
        drafts,
        reports,
        signed,
        viewing,
        worklist,
        mismatches,
        fhir,
        feedback,
        conversation,
        session,
        health,
        page,
    ):
        app.include_router(part.router)
    app.mount("/reading-room", page.PageFiles(directory=page.PAGE), name="reading-room")
    return app


@asynccontextmanager
async def open_rooms(settings: Settings) -> AsyncIterator[Rooms]:
    """Open everything the routes work with, and close it at the end."""
    log_to_stderr(settings.log_level)
    await asyncio.to_thread(remove_leftovers, settings.originals, settings.store)
    async with Children(limits_from(settings)) as children:
        jobs, language = open_queue(settings), open_language(settings)
        records = await asyncio.to_thread(open_records, settings)
        await asyncio.to_thread(tell_destinations, records, settings)
        rooms = Rooms(
            settings=settings,
            hospital=read_hospital(settings.hospital),
            records=records,
            jobs=jobs,
            specialists=open_specialists(settings),
            language=language,
            children=children,
            conversations=open_conversations(settings, jobs, language),
            library=await asyncio.to_thread(open_library, settings),
            worklist=WorklistBoard(records),
        )
        retention = asyncio.create_task(forgetting(records, rooms.hospital.messages))
        try:
            yield rooms
        finally:
            retention.cancel()
            await rooms.specialists.close()
            await rooms.jobs.close()
            rooms.records.close()


app = create_app()


def _is_this_machine_alone(host: str) -> bool:
    return host == "localhost" or is_loopback(host)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="orchestrator.main", description="Serve the HTTP API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args()
    settings = settings_from_environment()
    if settings.access != "on" and not _is_this_machine_alone(chosen.host):
        parser.error(
            f"--host {chosen.host} would answer other machines, and nobody is asked who he is. Set WETREAD_ACCESS=on "
            "and make keys (wetread keys add), or stay on 127.0.0.1."
        )
    uvicorn.run(
        app,
        host=chosen.host,
        port=chosen.port,
        http=patient_protocol(settings.header_timeout_s),
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
