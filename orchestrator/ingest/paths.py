"""Files, folders and zips of this machine, taken in the same way as an upload."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from orchestrator.errors import TooLarge, UnreadableImage
from orchestrator.ingest.assemble import assemble
from orchestrator.ingest.child import Children
from orchestrator.ingest.limits import IngestLimits, limits_from
from orchestrator.ingest.received import OrderRequest, ReceivedFile
from orchestrator.ingest.store import Original
from orchestrator.settings import Settings
from orchestrator.study import Study

CHUNK = 1 << 20


async def study_from_paths(
    paths: Sequence[Path],
    settings: Settings,
    order: OrderRequest | None = None,
    children: Children | None = None,
    study_id: str | None = None,
) -> Study:
    """Return the one study that these files, folders and zips make.

    Raises
    ------
    UnreadableImage
        If a path does not exist, or nothing in them can be decoded.
    RefusedInput
        As :func:`orchestrator.ingest.assemble.assemble` says.
    """
    files = await asyncio.to_thread(_copy, list(files_in(paths)), settings.originals, limits_from(settings))
    return await assemble(files, order, settings, children, study_id)


def files_in(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are meant: each file itself, and every visible file in a folder, in order of name.

    Raises
    ------
    UnreadableImage
        If a path does not exist. The message does not hold it, since a file name can name a patient.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(sorted(inner for inner in path.rglob("*") if _visible_file(inner, path)))
        elif path.is_file():
            found.append(path)
        else:
            raise UnreadableImage("there is no such file or folder")
    return found


def _visible_file(inner: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in inner.relative_to(folder).parts)
    return inner.is_file() and not hidden and inner.name != "DICOMDIR"


def _copy(paths: Sequence[Path], originals: Path, limits: IngestLimits) -> list[ReceivedFile]:
    if len(paths) > limits.upload_files:
        raise TooLarge(f"more than {limits.upload_files} files in one study")
    if sum(path.stat().st_size for path in paths) > limits.upload_bytes:
        raise TooLarge(f"more than {limits.upload_bytes // 1_000_000} MB in one study")
    return [_copy_one(path, originals) for path in paths]


def _copy_one(path: Path, originals: Path) -> ReceivedFile:
    original = Original(originals)
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                original.write(chunk)
        original.seal()
        return original.keep()
    finally:
        original.close()
