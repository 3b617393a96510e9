"""Where every object is taken in, whichever way it came: written, synced, looked into, recorded.

When :meth:`ArrivalDesk.take` returns, the bytes are on disk and the database knows them and when their study is due:
that is what an acknowledgement stands for.
"""

from __future__ import annotations

import asyncio
import shutil
from typing import NamedTuple

import structlog

from orchestrator.errors import OutOfRoom, RefusedInput
from orchestrator.ingest.child import Children
from orchestrator.ingest.decoded import Indexed, Job
from orchestrator.ingest.limits import MB, IngestLimits, limits_from
from orchestrator.ingest.received import ReceivedFile
from orchestrator.ingest.store import Original
from orchestrator.metrics import ARRIVALS
from orchestrator.records import Records
from orchestrator.records.arrivals import Arrival, ArrivalState, Taken
from orchestrator.settings import Settings

log = structlog.get_logger()

LOOK_S = 2
"""Processor time that looking into one header may take."""
UNREAD = "file:"
"""Begins the key of what has no UID of its own."""


class Registered(NamedTuple):
    """One object that is safe."""

    taken: Taken
    study_key: str
    indexed: Indexed | None
    """What its header says, ``None`` when that cannot be read."""


class ArrivalDesk:
    """Takes objects in for one installation.

    Parameters
    ----------
    free_disk_mb
        With less room than this nothing more is taken.
    """

    def __init__(self, settings: Settings, records: Records, children: Children, free_disk_mb: int = 1024) -> None:
        self._settings, self._records, self._children = settings, records, children
        self._free_bytes = free_disk_mb * MB
        self._limits = limits_from(settings).model_copy(update={"processor_s": LOOK_S})

    @property
    def limits(self) -> IngestLimits:
        """What one object may use."""
        return self._limits

    def refuse_without_room(self) -> None:
        """Raise :class:`OutOfRoom` if the disk is too full to take more."""
        self._settings.originals.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._settings.originals).free < self._free_bytes:
            raise OutOfRoom("the disk is too full to take more objects; make room, then send again")

    def open(self) -> Original:
        """Return a new file on its way in.

        Raises
        ------
        OutOfRoom
            If the disk is too full to take more.
        """
        self.refuse_without_room()
        return Original(self._settings.originals)

    async def take(self, original: Original, how: str, among: str | None = None) -> Registered:
        """Sync a file that has come whole, look into it, keep it and record it."""
        await asyncio.to_thread(original.seal)
        indexed = await self.look(original)
        return await self.record(await asyncio.to_thread(original.keep), indexed, how, among)

    async def look(self, original: Original) -> Indexed | None:
        """Return what the header of a sealed file says, ``None`` when it cannot be read."""
        root = self._settings.originals.absolute()
        job = Job(task="index", path=original.path.absolute(), sha256="", root=root, scratch=root, limits=self._limits)
        try:
            return (await self._children.ask(job)).indexed
        except RefusedInput:
            return None

    async def record(
        self, file: ReceivedFile, indexed: Indexed | None, how: str, among: str | None = None
    ) -> Registered:
        """Record a file that is kept.

        Parameters
        ----------
        how
            The way it came in.
        among
            The study whose objects it came with, for one whose header cannot be read.

        Raises
        ------
        RecordsUnavailable
            If the database does not answer: the sender must not be told that it is safe.
        """
        own = f"{UNREAD}{file.sha256}"
        if indexed is None:
            study_key, state = among or own, ArrivalState.UNREADABLE if among else ArrivalState.KEPT
        else:
            study_key, state = str(indexed.header.study_instance_uid), ArrivalState.KEPT
        arrival = Arrival(
            study_key=study_key,
            instance_key=str(indexed.header.sop_instance_uid) if indexed else own,
            data_sha256=indexed.data_sha256 if indexed else file.sha256,
            file_sha256=file.sha256,
            size_bytes=file.size_bytes,
            how=how,
            state=state,
        )
        taken = await asyncio.to_thread(self._records.arrivals.take, arrival)
        ARRIVALS.labels(how, taken.state if taken.new else "known").inc()
        return Registered(taken, study_key, indexed)
