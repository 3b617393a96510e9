"""Files made to do harm: small when sent, huge when opened, and nothing that anybody would miss."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from tests.drawn.dicom import dicom_bytes, jpeg_bytes, radiograph_dataset


def png_of(rows: int, columns: int, depth: int = 8) -> bytes:
    """A PNG of zeros of any size, which itself is small."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(1)
    line = bytes(1 + columns * depth // 8)
    body = b"".join(packer.compress(line) for _ in range(min(rows, 2000))) + packer.flush()
    header = struct.pack(">IIBBBBB", columns, rows, depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def zip_of(*members: tuple[str, bytes]) -> bytes:
    """A deflated zip of these names and contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def deflated_of(megabytes: int) -> bytes:
    """A deflated DICOM file whose data set grows to so many megabytes of zeros."""
    small = dicom_bytes(radiograph_dataset(np.zeros((8, 8), np.uint16)), DeflatedExplicitVRLittleEndian)
    start = 144 + int.from_bytes(small[140:144], "little")
    plain = zlib.decompress(small[start:], -15)
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    zeros = bytes(1_000_000)
    body = packer.compress(plain) + b"".join(packer.compress(zeros) for _ in range(megabytes)) + packer.flush()
    return small[:start] + body


def jpeg_claiming(rows: int, columns: int) -> bytes:
    """A JPEG of a few pixels that says it is huge."""
    content = bytearray(jpeg_bytes(np.zeros((64, 64), np.uint16)))
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", rows, columns)
    return bytes(content)


def rle_bomb() -> bytes:
    """A header that claims a huge image over a few bytes of run lengths."""
    content = dicom_bytes(radiograph_dataset(np.zeros((64, 64), np.uint16)), RLELossless)
    for element in (b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x11\x00US\x02\x00"):
        content = content.replace(element + b"\x40\x00", element + b"\xff\xff")
    return content


def codestream_bomb(syntax: str) -> bytes:
    """A small header over a compressed stream that says it is huge."""
    content = bytearray(dicom_bytes(radiograph_dataset(np.zeros((64, 64), np.uint16)), syntax))
    if syntax == JPEG2000Lossless:
        at = content.index(b"\xff\x4f\xff\x51") + 8
        content[at : at + 8] = struct.pack(">II", 60000, 60000)
    else:
        at = content.index(b"\xff\xf7") + 5
        content[at : at + 4] = struct.pack(">HH", 60000, 60000)
    return bytes(content)


BOMBS: dict[str, Callable[[], bytes]] = {
    "png 30000 x 30000": lambda: png_of(30000, 30000),
    "png 16 bit 30000 x 30000": lambda: png_of(30000, 30000, 16),
    "jpeg 65000 x 65000": lambda: jpeg_claiming(65000, 65000),
    "deflated data set": lambda: deflated_of(600),
    "rle": rle_bomb,
    "jpeg 2000 stream": lambda: codestream_bomb(JPEG2000Lossless),
    "jpeg-ls stream": lambda: codestream_bomb(JPEGLSLossless),
    "zip": lambda: zip_of(("a.dcm", bytes(600_000_000))),
    "zip of many": lambda: zip_of(*((f"{n}.png", b"x") for n in range(600))),
}
"""What each is, and how it is made; every one has to be refused as too large."""
