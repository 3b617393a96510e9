"""A watched folder: what somebody puts there is taken once it stands still, and moved where it can be seen.

A file that was taken goes to ``done``, one that nothing here reads to ``failed``; a file is moved only after it is
on our disk and in the database. Names are kept as they are and used for nothing.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from orchestrator.errors import OutOfRoom, Unavailable
from orchestrator.gateway.arrival_desk import ArrivalDesk
from orchestrator.gateway.hall import Hall
from orchestrator.gateway.tables import FolderWatch
from orchestrator.ingest.kind import Kind, kind_of
from orchestrator.ingest.store import Original
from orchestrator.logs import fault

log = structlog.get_logger()

CHUNK = 1 << 20
_BACK_OFF_S = 5.0


class Look(NamedTuple):
    """A file as it was last seen."""

    size: int
    modified_ns: int
    since: float


@asynccontextmanager
async def watching(hall: Hall) -> AsyncIterator[None]:
    """Take what is put into the folder."""
    table = hall.hospital.folder
    assert table is not None
    watch = Watch(table, ArrivalDesk(hall.settings, hall.records, hall.children))
    await asyncio.to_thread(watch.make_folders)
    async with hall.beside("folder", watch.run()):
        yield


class Watch:
    """One folder, looked at again and again: a network drive tells nobody of a new file."""

    def __init__(self, table: FolderWatch, desk: ArrivalDesk) -> None:
        self._table, self._desk = table, desk
        self._done = table.done or table.path / "done"
        self._failed = table.failed or table.path / "failed"
        self._seen: dict[Path, Look] = {}

    def make_folders(self) -> None:
        """Make the folders that are not there."""
        for folder in (self._table.path, self._done, self._failed):
            folder.mkdir(parents=True, exist_ok=True)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                for path in await asyncio.to_thread(lambda: list(self._stable())):
                    await self._take(path)
            except (OSError, OutOfRoom, Unavailable) as error:
                log.warning("folder_waits", **fault(error))
                await asyncio.sleep(_BACK_OFF_S)
            await asyncio.sleep(min(self._table.stable_s / 4, 2.0))

    def _stable(self) -> Iterator[Path]:
        """Yield the files whose size and time have not changed for long enough."""
        now = time.monotonic()
        looks: dict[Path, Look] = {}
        for path in self._files():
            with suppress(FileNotFoundError):
                status = path.stat()
                before = self._seen.get(path)
                same = before is not None and before[:2] == (status.st_size, status.st_mtime_ns)
                look = before if same and before else Look(status.st_size, status.st_mtime_ns, now)
                looks[path] = look
                if now - look.since >= self._table.stable_s:
                    yield path
        self._seen = looks

    def _files(self) -> Iterator[Path]:
        for path in sorted(self._table.path.rglob("*")):
            inside = path.relative_to(self._table.path)
            hidden = any(part.startswith(".") for part in inside.parts)
            if not hidden and not path.is_symlink() and path.is_file() and not self._ours(path):
                yield path

    def _ours(self, path: Path) -> bool:
        return path.is_relative_to(self._done) or path.is_relative_to(self._failed)

    async def _take(self, path: Path) -> None:
        original = self._desk.open()
        try:
            kind = await asyncio.to_thread(_copy, path, original, self._desk.limits.array_bytes)
            if kind is Kind.OTHER:
                await asyncio.to_thread(self._move, path, self._failed)
                return
            registered = await self._desk.take(original, "folder")
        finally:
            original.close()
        readable = registered.indexed is not None or kind is not Kind.DICOM
        await asyncio.to_thread(self._move, path, self._done if readable else self._failed)

    def _move(self, path: Path, folder: Path) -> None:
        """Move a file under its own name, or the next one that is free."""
        target = folder / path.name
        number = 1
        while target.exists():
            target = folder / f"{path.stem}-{number}{path.suffix}"
            number += 1
        shutil.move(path, target)
        self._seen.pop(path, None)


def _copy(path: Path, original: Original, limit_bytes: int) -> Kind:
    """Copy a file as far as it may be read, and say what it is; one that is too large is of no kind."""
    head, size = b"", 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            head = head or chunk[:256]
            size += len(chunk)
            if size > limit_bytes:
                return Kind.OTHER
            original.write(chunk)
    return kind_of(head)
