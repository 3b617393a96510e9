"""PNG and JPEG files to one array. Runs in a decoding process only."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from orchestrator.errors import UnreadableImage
from orchestrator.ingest.codestream import PNG, declared_size, refuse_beyond
from orchestrator.ingest.limits import IngestLimits
from orchestrator.ingest.values import Grey, grey_if_colourless


def read_picture(path: Path, limits: IngestLimits) -> tuple[Grey, int]:
    """Return the pixels of a PNG or JPEG, and the highest value that they can have.

    Returns
    -------
    tuple
        ``(rows, columns)`` or, where there is colour, ``(rows, columns, 3)`` RGB; uint8, or uint16 for a
        16-bit PNG.

    Raises
    ------
    TooLarge
        If the declared size is beyond the limits; nothing was decoded then.
    UnreadableImage
        If the file is cut off or damaged.
    """
    data = path.read_bytes()
    refuse_beyond(limits.pixels, *declared_size(data))
    if data.startswith(PNG):
        _refuse_cut_off_png(data)
    deep = data.startswith(PNG) and data[24] == 16
    pixels = _sixteen_bit(data) if deep else _eight_bit(path)
    grey = grey_if_colourless(pixels)
    return grey, int(np.iinfo(grey.dtype).max)


def _eight_bit(path: Path) -> NDArray[Any]:
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as opened:
            opened.load()
            picture = ImageOps.exif_transpose(opened)
            if picture.mode in {"1", "L", "LA"}:
                return np.asarray(picture.convert("L"))
            if picture.mode in {"RGBA", "PA"} or "transparency" in picture.info:
                backed = Image.new("RGBA", picture.size, (0, 0, 0, 255))
                picture = Image.alpha_composite(backed, picture.convert("RGBA"))
            return np.asarray(picture.convert("RGB"))
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        KeyError,
        IndexError,
        TypeError,
    ) as error:
        raise UnreadableImage("the picture is cut off or damaged") from error
    except (struct.error, zlib.error, OverflowError, RuntimeError, AttributeError) as error:
        raise UnreadableImage("the picture is cut off or damaged") from error


def _sixteen_bit(data: bytes) -> NDArray[Any]:
    """Read a 16-bit PNG without losing a bit, which Pillow does for grey ones only."""
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise UnreadableImage("the picture is cut off or damaged") from error
    if pixels is None or pixels.dtype != np.uint16:
        raise UnreadableImage("the picture is cut off or damaged")
    return pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[:, :, 2::-1])


def _refuse_cut_off_png(data: bytes) -> None:
    """Walk the chunks: each must be whole and agree with its check sum, the last must be IEND.

    Decoders fill what is missing with zeros, and black lungs are no finding.
    """
    position, view = len(PNG), memoryview(data)
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data) or zlib.crc32(view[position + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            break
        if kind == b"IEND":
            return
        position = end
    raise UnreadableImage("the picture is cut off or damaged")
