"""What the listeners share, opened once for the life of the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from orchestrator.hospital import Hospital
from orchestrator.ingest.child import Children
from orchestrator.jobs import Jobs
from orchestrator.logs import fault
from orchestrator.records import Records
from orchestrator.settings import Settings

log = structlog.get_logger()

_CANCEL_AGAIN_S = 1.0


@dataclass(frozen=True)
class Hall:
    """The parts of one installation that its listeners need."""

    settings: Settings
    hospital: Hospital
    records: Records
    jobs: Jobs
    children: Children
    """Processes that touch untrusted bytes, kept ready."""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    """What runs beside the sockets. One that ended by itself is a fault: ``/livez`` says so, and we are restarted."""

    addresses: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Where each listener listens: a port of 0 in the hospital's file becomes a free one."""

    @asynccontextmanager
    async def beside(self, name: str, work: Coroutine[object, object, None]) -> AsyncIterator[None]:
        """Do some work as long as the context is open."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_say_why)
        self.tasks.append(task)
        try:
            yield
        finally:
            self.tasks.remove(task)
            while not task.done():  # what a cancellation interrupts can swallow it, and then goes on for ever
                task.cancel()
                await asyncio.wait({task}, timeout=_CANCEL_AGAIN_S)

    @property
    def fallen(self) -> tuple[str, ...]:
        """Names of what should run and does not."""
        return tuple(task.get_name() for task in self.tasks if task.done())


def _say_why(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("listener_fell", listener=task.get_name(), **fault(error))
