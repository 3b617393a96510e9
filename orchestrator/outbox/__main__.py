"""Deliver what waits to leave, and say how it stands: ``python -m orchestrator.outbox``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from orchestrator.background import GRACE_S, serve
from orchestrator.errors import RecordsUnavailable
from orchestrator.hospital import read_hospital
from orchestrator.metrics import OUTBOX, OUTBOX_WAITING_SECONDS
from orchestrator.outbox.couriers import courier_for
from orchestrator.outbox.delivery import Deliverer
from orchestrator.records import Records
from orchestrator.settings import Settings
from orchestrator.wiring import open_records, tell_destinations

log = structlog.get_logger()


@asynccontextmanager
async def open_outbox(settings: Settings) -> AsyncIterator[tuple[Records, list[asyncio.Task[None]]]]:
    """Tell the record who receives what, and deliver until the end."""
    hospital = read_hospital(settings.hospital)
    records = await asyncio.to_thread(open_records, settings)
    await asyncio.to_thread(tell_destinations, records, settings)
    deliverers = [
        Deliverer(records, one, courier_for(one, hospital.outbox), hospital.outbox, settings.store)
        for one in hospital.destinations
    ]
    running = [asyncio.create_task(one.run()) for one in deliverers]
    try:
        yield records, running
    finally:
        for one in deliverers:
            one.stop()
        _, late = await asyncio.wait(running, timeout=GRACE_S) if running else (set(), set())
        for task in late:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        records.close()


def create_app(settings: Settings) -> FastAPI:
    """Return the application that says how the outbox stands; messages are delivered as long as it lives."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_outbox(settings) as (records, running):
            app.state.records, app.state.running = records, running
            log.info("outbox_started", destinations=len(running))
            yield
        log.info("outbox_stopped")

    app = FastAPI(title="wetread outbox", openapi_url=None, lifespan=lifespan)

    @app.get("/livez")
    async def livez(response: Response) -> dict[str, str]:
        """Every loop lives; one that fell is a reason to start this process anew."""
        fallen = sum(task.done() for task in app.state.running)
        response.status_code = 503 if fallen else 200
        return {"status": f"{fallen} destinations are not served" if fallen else "alive"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, str]:
        """The record knows every destination: this answers only after it does."""
        return await livez(response)

    @app.get("/metrics")
    async def metrics() -> Response:
        """Counters, and how many messages stand where."""
        try:
            await asyncio.to_thread(_measure, app.state.records)
        except RecordsUnavailable:
            log.warning("outbox_not_measured")
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


def _measure(records: Records) -> None:
    OUTBOX.clear()
    OUTBOX_WAITING_SECONDS.clear()
    for (destination, state), number in records.outbox.counts().items():
        OUTBOX.labels(destination, state).set(number)
    for destination, seconds in records.outbox.oldest_waiting_s().items():
        OUTBOX_WAITING_SECONDS.labels(destination).set(seconds)


def main() -> None:
    """Deliver until SIGTERM or SIGINT."""
    serve("orchestrator.outbox", "Deliver what waits to leave.", 8011, create_app)


if __name__ == "__main__":
    main()
