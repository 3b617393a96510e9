"""Two folders of files that are named by what they hold.

*Originals* keep received bytes in the identified zone, mode 0600, under their SHA-256. *The store* keeps
de-identified arrays under ``<first two hex>/<sha256>.npy``, where services read them. Files appear whole
or not at all: a temporary file in ``.incoming`` is synced and renamed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from orchestrator.ingest.received import ReceivedFile

INCOMING = ".incoming"


class Original:
    """One file on its way into the originals, hashed while it is written.

    What is not kept is removed on ``close``.
    """

    def __init__(self, root: Path, scratch: Path | None = None) -> None:
        descriptor, name = tempfile.mkstemp(dir=scratch or _folder(root / INCOMING, 0o700))
        self._root, self._path = root, Path(name)
        self._file = os.fdopen(descriptor, "wb")
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def close(self) -> None:
        """Remove the file unless it was kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    @property
    def path(self) -> Path:
        """Where it lies until it is kept."""
        return self._path

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes."""
        self._file.write(data)
        self._hash.update(data)
        self.size_bytes += len(data)

    def seal(self) -> None:
        """Sync the bytes to disk; nothing more may be written. Once is enough."""
        if self._file.closed:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def keep(self) -> ReceivedFile:
        """Give the sealed bytes their name and return the file."""
        digest = self._hash.hexdigest()
        target = original_path(self._root, digest)
        _folder(target.parent, 0o700)
        self._path.rename(target)
        _sync(target.parent)
        return ReceivedFile(path=target, sha256=digest, size_bytes=self.size_bytes)


def original_path(root: Path, sha256: str) -> Path:
    """Return where received bytes lie."""
    return root / sha256[:2] / sha256


def put_array(
    root: Path, array: NDArray[np.uint8] | NDArray[np.uint16], scratch: Path | None = None
) -> tuple[str, str]:
    """Write one array into the store.

    Parameters
    ----------
    array
        ``(rows, columns)`` or ``(rows, columns, 3)``, C-contiguous.
    scratch
        Where the unfinished file lies; on the same file system as the store.

    Returns
    -------
    tuple of str
        Location relative to the root, and SHA-256 of the file's bytes.
    """
    whole = np.ascontiguousarray(array)
    descriptor, name = tempfile.mkstemp(dir=scratch or _folder(root / INCOMING, 0o755))
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            hashed = _Hashing(file.fileno())
            npy.write_array_header_1_0(hashed, npy.header_data_from_array_1_0(whole))
            hashed.write(whole.data)
            os.fsync(file.fileno())
        digest = hashed.digest.hexdigest()
        location = f"{digest[:2]}/{digest}.npy"
        path.chmod(0o644)
        path.rename(_folder(root / digest[:2], 0o755) / f"{digest}.npy")
        _sync(root / digest[:2])
    finally:
        path.unlink(missing_ok=True)
    return location, digest


def remove_leftovers(*roots: Path, older_than_s: float = 3600.0) -> int:
    """Remove unfinished files that a killed process left behind, and return how many.

    Only what nobody has touched for ``older_than_s`` goes: an upload that is still coming stays.
    """
    removed = 0
    for left in (left for root in roots for left in (root / INCOMING).glob("*")):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > older_than_s:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
                removed += 1
    return removed


class _Hashing:
    """A file that hashes what is written to it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.digest = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data).cast("B")
        self.digest.update(view)
        while view:
            view = view[os.write(self._descriptor, view) :]


def _folder(path: Path, mode: int) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=mode)
    return path


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
