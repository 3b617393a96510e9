"""The size that a compressed stream declares of itself, read without decoding it."""

from __future__ import annotations

import struct

from orchestrator.errors import TooLarge, UnreadableImage

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
JPEG_2000 = b"\xff\x4f\xff\x51"
BOXED_JPEG_2000 = b"\x00\x00\x00\x0cjP"
FRAMES = frozenset([0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7])
"""Start of frame markers of JPEG (ITU-T T.81) and JPEG-LS (T.87)."""
STANDALONE = frozenset([0x01, 0xD8, *range(0xD0, 0xD8)])


def declared_size(stream: bytes) -> tuple[int, int]:
    """Return rows and columns of a PNG, JPEG, JPEG-LS or JPEG 2000 stream.

    Raises
    ------
    UnreadableImage
        If the stream does not begin as such a stream does, or ends before it says its size.
    """
    try:
        if stream.startswith(PNG):
            columns, rows = struct.unpack_from(">II", stream, 16)
            return rows, columns
        if stream.startswith(BOXED_JPEG_2000):
            stream = stream[stream.index(JPEG_2000) :]
        if stream.startswith(JPEG_2000):
            right, bottom, left, top = struct.unpack_from(">IIII", stream, 8)
            return bottom - top, right - left
        if stream.startswith(b"\xff\xd8"):
            return _jpeg_size(stream)
    except (struct.error, IndexError, ValueError) as error:
        raise UnreadableImage("a compressed stream ends before its size") from error
    raise UnreadableImage("the pixel data do not begin as their transfer syntax says")


def refuse_beyond(limit_pixels: int, rows: int, columns: int) -> None:
    """Refuse a size before anything is allocated for it.

    Raises
    ------
    TooLarge
        If there are more pixels than the limit.
    UnreadableImage
        If there are none.
    """
    if rows < 1 or columns < 1:
        raise UnreadableImage("the image has no rows or no columns")
    if rows * columns > limit_pixels or max(rows, columns) > 65535:
        raise TooLarge(f"more than {limit_pixels // 1_000_000} million pixels in one image")


def _jpeg_size(stream: bytes) -> tuple[int, int]:
    position = 2
    while True:
        if stream[position] != 0xFF:
            raise UnreadableImage("a JPEG stream is damaged before its size")
        marker = stream[position + 1]
        if marker == 0xFF:
            position += 1
        elif marker in STANDALONE:
            position += 2
        elif marker in FRAMES:
            rows, columns = struct.unpack_from(">HH", stream, position + 5)
            return rows, columns
        else:
            position += 2 + struct.unpack_from(">H", stream, position + 2)[0]
