"""Open every listener of this installation, and say whether they live: ``python -m orchestrator.gateway``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from orchestrator.background import serve
from orchestrator.gateway.hall import Hall
from orchestrator.gateway.listeners import LISTENERS, Listener, open_listeners
from orchestrator.hospital import read_hospital
from orchestrator.ingest.child import Children
from orchestrator.ingest.limits import limits_from
from orchestrator.ingest.store import remove_leftovers
from orchestrator.settings import Settings
from orchestrator.wiring import open_queue, open_records

log = structlog.get_logger()


@asynccontextmanager
async def open_hall(settings: Settings) -> AsyncIterator[Hall]:
    """Open what the listeners share, and close it at the end."""
    hospital = read_hospital(settings.hospital)
    await asyncio.to_thread(remove_leftovers, settings.originals, settings.store)
    async with Children(limits_from(settings)) as children:
        records, jobs = await asyncio.to_thread(open_records, settings), open_queue(settings)
        try:
            yield Hall(settings, hospital, records, jobs, children)
        finally:
            await jobs.close()
            records.close()


def create_app(settings: Settings, listeners: Sequence[Listener] = LISTENERS) -> FastAPI:
    """Return the application that says how the listeners are; they are open as long as it lives."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_hall(settings) as hall, open_listeners(hall, listeners):
            app.state.hall = hall
            log.info("gateway_started")
            yield
        log.info("gateway_stopped")

    app = FastAPI(title="wetread gateway", openapi_url=None, lifespan=lifespan)

    @app.get("/livez")
    async def livez(response: Response) -> dict[str, str]:
        """Every listener lives; one that fell is a reason to start this process anew."""
        fallen = app.state.hall.fallen
        response.status_code = 503 if fallen else 200
        return {"status": f"fallen: {', '.join(fallen)}" if fallen else "alive"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, str]:
        """Every listener is open: this answers only after they are."""
        return await livez(response)

    @app.get("/metrics")
    async def metrics() -> Response:
        """Counters and histograms in Prometheus' text format."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


def main() -> None:
    """Listen until SIGTERM or SIGINT."""
    serve("orchestrator.gateway", "Take in what the hospital sends.", 8010, create_app)


if __name__ == "__main__":
    main()
