"""The list of listeners: which there are, when each is asked for, and how it is opened.

A listener is an async context manager over the :class:`~orchestrator.gateway.hall.Hall`: open, it takes things
in; when the context ends it takes no more, finishes what is at hand and is gone. What it does beside its sockets
runs in ``hall.beside(name, work)``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import structlog

from orchestrator.gateway import folder
from orchestrator.gateway.dimse import door as dicom_door
from orchestrator.gateway.fetch.fetching import fetching
from orchestrator.gateway.fhir import polling as fhir_polling
from orchestrator.gateway.hall import Hall
from orchestrator.gateway.hl7 import door as hl7_door
from orchestrator.gateway.study_timer import timing
from orchestrator.hospital import Hospital

log = structlog.get_logger()


class Listener(NamedTuple):
    """One way in."""

    name: str
    asked_for: Callable[[Hospital], bool]
    open: Callable[[Hall], AbstractAsyncContextManager[None]]


LISTENERS: tuple[Listener, ...] = (
    Listener("study timer", lambda hospital: hospital.listens, timing),
    Listener("dicom", lambda hospital: hospital.dicom is not None, dicom_door.listening),
    Listener("fetching", lambda hospital: bool(hospital.sources), fetching),
    Listener("folder", lambda hospital: hospital.folder is not None, folder.watching),
    Listener("fhir", lambda hospital: bool(hospital.fhir), fhir_polling.polling),
    Listener("hl7", lambda hospital: bool(hospital.hl7), hl7_door.listening),
)


@asynccontextmanager
async def open_listeners(hall: Hall, listeners: Sequence[Listener] = LISTENERS) -> AsyncIterator[None]:
    """Open what the hospital's file asks for; the last one opened is the first one closed."""
    async with AsyncExitStack() as stack:
        for listener in listeners:
            if listener.asked_for(hall.hospital):
                await stack.enter_async_context(listener.open(hall))
                log.info("listening", listener=listener.name)
        yield
