"""The content-addressed store, as a specialist sees it: read images, write masks and heat maps.

A file lies at ``<first two hex>/<sha256>.npy`` or ``.png`` under one root and is named after the SHA-256
of its own bytes, so that a reference can be checked and a file is never changed once it is there.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from services.contract import ArrayReference, ImageReference
from services.errors import UnreadableArray

_VERIFIED: dict[tuple[str, int, int, int], str] = {}
"""SHA-256 of files already read by this process, by path, inode, size and time of change."""
_VERIFIED_AT_MOST = 4096

Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Store:
    """A folder of files named after their content.

    Parameters
    ----------
    root
        The folder.
    fsync
        Whether a written file is forced to the disk before its reference is given out.
    """

    root: Path
    fsync: bool = True

    def open_image(self, reference: ImageReference) -> Array:
        """Return the referenced image, memory-mapped and read-only.

        The SHA-256 of the bytes is computed once per file and process; shape and type are checked each time.

        Returns
        -------
        Array
            ``(rows, columns)`` or ``(rows, columns, 3)``, uint8 or uint16, C-contiguous.

        Raises
        ------
        UnreadableArray
            If the file is missing, lies outside the store, or is not as the reference describes.
        """
        path = self._inside(reference.location)
        if path.stem != reference.sha256:
            raise UnreadableArray("location and sha256 of the reference disagree; a file is named after its SHA-256")
        try:
            if _sha256_of(path) != reference.sha256:
                raise UnreadableArray("the referenced file has changed; its bytes must have the SHA-256 of its name")
            array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise UnreadableArray("the referenced file is missing or not a NumPy array without pickle") from error
        _expect(array, reference)
        return array

    def write_mask(self, mask: npt.ArrayLike) -> ArrayReference:
        """Write a mask ``(rows, columns)`` as a 1-bit grey PNG: zero is outside, anything else inside."""
        bits = np.where(np.asarray(mask) != 0, np.uint8(255), np.uint8(0))
        return self._write_png(bits, [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 1])

    def write_heat_map(self, heat: npt.ArrayLike) -> ArrayReference:
        """Write a heat map ``(rows, columns)`` as an 8-bit grey PNG.

        Float values lie in [0, 1] and are clipped to it; not-a-number becomes 0. Uint8 is written as it is.
        """
        values = np.asarray(heat)
        if values.dtype != np.uint8:
            finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0)
            values = np.rint(np.clip(finite, 0.0, 1.0) * 255).astype(np.uint8)
        return self._write_png(values, [cv2.IMWRITE_PNG_COMPRESSION, 1])

    def _write_png(self, grey: npt.NDArray[np.uint8], options: list[int]) -> ArrayReference:
        if grey.ndim != 2 or grey.size == 0:
            raise ValueError(f"a PNG of evidence is (rows, columns), not {grey.shape}")
        _, encoded = cv2.imencode(".png", np.ascontiguousarray(grey), options)
        content = encoded.tobytes()
        sha256 = hashlib.sha256(content).hexdigest()
        location = f"{sha256[:2]}/{sha256}.png"
        self._write(self.root / location, content)
        return ArrayReference(location=location, sha256=sha256, rows=grey.shape[0], columns=grey.shape[1])

    def _write(self, path: Path, content: bytes) -> None:
        """Write under another name, then rename: a reader sees the whole file or none."""
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if self.fsync:
                os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)

    def _inside(self, location: str) -> Path:
        root = self.root.resolve()
        path = (root / location).resolve()
        if not path.is_relative_to(root):
            raise UnreadableArray("the reference leaves the store; expected <two hex>/<sha256>.npy")
        return path


def _sha256_of(path: Path) -> str:
    status = path.stat()
    key = (str(path), status.st_ino, status.st_size, status.st_mtime_ns)
    known = _VERIFIED.get(key)
    if known is None:
        with path.open("rb") as file:
            known = hashlib.file_digest(file, "sha256").hexdigest()
        if len(_VERIFIED) >= _VERIFIED_AT_MOST:
            _VERIFIED.clear()
        _VERIFIED[key] = known
    return known


def _expect(array: Array, reference: ImageReference) -> None:
    shape: tuple[int, ...] = (reference.rows, reference.columns)
    if reference.samples_per_pixel == 3:
        shape = (*shape, 3)
    if array.shape != shape or array.dtype != np.dtype(reference.dtype) or not array.flags.c_contiguous:
        raise UnreadableArray(
            f"the array is {array.dtype} {array.shape}; the reference says {reference.dtype} {shape}, C-contiguous"
        )
