"""The HTTP application without its decoding processes: for tests that upload nothing and start in a moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from orchestrator.hospital import Hospital
from orchestrator.http.rooms import Rooms
from orchestrator.ingest.child import Children
from orchestrator.ingest.limits import limits_from
from orchestrator.knowledge import Library
from orchestrator.main import create_app
from orchestrator.reading_room.board import WorklistBoard
from orchestrator.settings import Settings
from orchestrator.wiring import (
    open_conversations,
    open_doorkeeper,
    open_language,
    open_queue,
    open_records,
    open_specialists,
)


@asynccontextmanager
async def quick_app(settings: Settings) -> AsyncIterator[FastAPI]:
    """Give an application whose parts are real, but for decoding processes, which are never started."""
    app = create_app(settings)
    records, jobs, language = open_records(settings), open_queue(settings), open_language(settings)
    rooms = Rooms(
        settings=settings,
        hospital=Hospital(),
        records=records,
        jobs=jobs,
        specialists=open_specialists(settings),
        language=language,
        children=Children(limits_from(settings)),
        conversations=open_conversations(settings, jobs, language),
        library=Library(()),
        worklist=WorklistBoard(records),
    )
    app.state.rooms, app.state.records = rooms, records
    app.state.doorkeeper = open_doorkeeper(settings, records)
    try:
        yield app
    finally:
        await rooms.specialists.close()
        await jobs.close()
        records.close()


def caller(app: FastAPI, address: str = "127.0.0.1", host: str = "wetread", **headers: str) -> httpx.AsyncClient:
    """Return a client that calls from an address."""
    transport = httpx.ASGITransport(app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers)
