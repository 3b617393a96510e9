"""One DICOM file to one array: the first frame, its values as specialists read them, and its header.

Runs in a decoding process only. What pydicom and the codecs raise on a malformed file is not caught
here: the process dies and its parent answers with a typed error.
"""

from __future__ import annotations

import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset, read_file_meta_info
from pydicom.multival import MultiValue
from pydicom.pixels import apply_color_lut, apply_modality_lut, get_decoder
from pydicom.pixels.decoders.base import Decoder
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from orchestrator.errors import TooLarge, UnreadableImage, UnsupportedImage
from orchestrator.ingest.codestream import declared_size, refuse_beyond
from orchestrator.ingest.decoded import Caveat, HeaderFacts
from orchestrator.ingest.header import read_header
from orchestrator.ingest.jpeg_frames import SYNTAXES as JPEG_SYNTAXES
from orchestrator.ingest.jpeg_frames import decode_frame
from orchestrator.ingest.limits import IngestLimits
from orchestrator.ingest.values import Grey, StoredRange, grey_if_colourless, shift_to_unsigned, window_in_values
from services.contract import LimitationReason, Window

MALFORMED = (
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    IndexError,
    LookupError,
    OverflowError,
    RuntimeError,
    EOFError,
    OSError,
    NotImplementedError,
    struct.error,
    zlib.error,
)
"""What pydicom raises when a header is not what it claims to be."""
EXPECTED_SYNTAXES = "uncompressed, RLE, JPEG, JPEG-LS or JPEG 2000"
INFLATED_PIECE = 8_000_000
JPEG_2000 = (JPEG2000Lossless, JPEG2000)
NATIVE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
GREY = ("MONOCHROME1", "MONOCHROME2")
PREFERRED = ("pylibjpeg", "pyjpegls", "pillow")
"""Decoders in the order they are tried; the first that this transfer syntax has is used."""
FIRST_FRAME = Caveat(
    what="frames after the first",
    reason=LimitationReason.UNSUPPORTED_IMAGE,
    detail="The image has several frames; only the first was read.",
)


class DicomImage:
    """One decoded instance: what :mod:`orchestrator.ingest.decode` needs of it."""

    def __init__(self, path: Path, limits: IngestLimits) -> None:
        pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
        self.dataset = _read(path, limits)
        self.syntax = UID(str(self.dataset.file_meta.get("TransferSyntaxUID", "1.2.840.10008.1.2")))
        self.frame_count = _frame_count(self.dataset)
        _refuse_size(self.dataset, self.syntax, self.frame_count, limits)
        self.header: HeaderFacts = read_header(self.dataset)
        self.caveats = (FIRST_FRAME,) if self.frame_count > 1 else ()
        self.window: Window | None = None
        self.values, self.highest = self._values()

    def _values(self) -> tuple[Grey, int]:
        frame, meaning = self._decode()
        photometric = str(meaning["photometric_interpretation"])
        if photometric == "PALETTE COLOR":
            frame = apply_color_lut(frame, self.dataset)
            if frame.dtype != np.uint8:
                frame = (frame >> 8).astype(np.uint8)
            frame = frame[:, :, :3]
        if frame.ndim == 3:
            return self._colour(frame)
        if photometric not in {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"}:
            raise UnsupportedImage("an unknown photometric interpretation; expected grey, palette, RGB or YBR")
        return self._grey(frame, photometric == "MONOCHROME1")

    def _decode(self) -> tuple[NDArray[Any], dict[str, Any]]:
        if self.syntax in JPEG_SYNTAXES:
            return decode_frame(self.dataset, self.frame_count)
        if self.syntax in JPEG_2000 and (frame := _wavelets(self.dataset, self.frame_count)) is not None:
            return frame, {"photometric_interpretation": self.dataset.get("PhotometricInterpretation", "")}
        if (frame := _as_it_lies(self.dataset, self.syntax)) is not None:
            return frame, {"photometric_interpretation": self.dataset.get("PhotometricInterpretation", "")}
        decoder = _decoder(self.syntax)
        plugin = next((name for name in PREFERRED if name in decoder.available_plugins), "")
        try:
            frame, meaning = decoder.as_array(self.dataset, index=0, decoding_plugin=plugin)
        except NotImplementedError as error:
            raise UnsupportedImage(f"pixels in {self.syntax.name} that the decoder at hand does not read") from error
        except (ValueError, RuntimeError, AttributeError, KeyError, IndexError, TypeError, OSError) as error:
            raise UnreadableImage("the pixel data are damaged or not as the header describes them") from error
        return frame, meaning

    def _colour(self, frame: NDArray[Any]) -> tuple[Grey, int]:
        if frame.dtype not in (np.uint8, np.uint16) or frame.shape[2] != 3:
            raise UnsupportedImage("colour pixels of this kind; expected three samples of 8 or 16 bits")
        return grey_if_colourless(frame), int(np.iinfo(frame.dtype).max)

    def _grey(self, frame: NDArray[Any], inverted: bool) -> tuple[Grey, int]:
        span = self._span(inverted)
        if self.dataset.get("ModalityLUTSequence"):
            table = self.dataset.ModalityLUTSequence[0].LUTDescriptor
            frame = apply_modality_lut(frame, self.dataset)
            span = StoredRange(0, 2 ** int(table[2]) - 1, inverted=inverted)
        center, width = _first(self.dataset, "WindowCenter"), _first(self.dataset, "WindowWidth")
        if center is not None and width is not None:
            self.window = window_in_values(center, width, span)
        return shift_to_unsigned(frame, span, _padding(self.dataset)), span.width

    def _span(self, inverted: bool) -> StoredRange:
        bits = int(self.dataset.BitsStored)
        if not 1 <= bits <= 16:
            raise UnsupportedImage("pixels of more than 16 bits; expected at most 16")
        signed = int(self.dataset.get("PixelRepresentation", 0)) == 1
        lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        slope, intercept = _rescale(self.dataset)
        return StoredRange(lowest, highest, slope or 1.0, intercept, inverted)


def _as_it_lies(dataset: Dataset, syntax: UID) -> NDArray[Any] | None:
    """Return the first frame of an uncompressed, grey, unsigned 16-bit image without copying it.

    ``None`` for every other image, and where values use more bits than the header says: pydicom clears those.
    """
    bits, size = int(dataset.get("BitsStored", 0)), int(dataset.Rows) * int(dataset.Columns)
    plain = syntax in NATIVE and sys.byteorder == "little" and str(dataset.get("PhotometricInterpretation")) in GREY
    held = (dataset.get("SamplesPerPixel"), dataset.get("BitsAllocated"), dataset.get("PixelRepresentation"))
    if not plain or held != (1, 16, 0) or dataset.get("HighBit") != bits - 1 or len(dataset.PixelData) < 2 * size:
        return None
    frame = np.frombuffer(dataset.PixelData, np.uint16, count=size).reshape(int(dataset.Rows), int(dataset.Columns))
    return frame if int(frame.max()) < 2**bits else None


def _wavelets(dataset: Dataset, frame_count: int) -> NDArray[Any] | None:
    """Decode one grey, unsigned JPEG 2000 frame on every core; ``None`` where it is none, or nothing comes of it.

    It is the same OpenJPEG and gives the same values as the plugins of pydicom, which use one core.
    """
    if int(dataset.get("SamplesPerPixel", 1)) != 1 or int(dataset.get("PixelRepresentation", 0)) != 0:
        return None
    stream = np.frombuffer(get_frame(dataset.PixelData, 0, number_of_frames=frame_count), np.uint8)
    try:
        frame: NDArray[Any] | None = cv2.imdecode(stream, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    described = frame is not None and frame.shape == (int(dataset.Rows), int(dataset.Columns))
    return frame if described else None


def _read(path: Path, limits: IngestLimits) -> Dataset:
    """Read the whole file; a deflated one under a limit, since pydicom would inflate without one."""
    if path.stat().st_size > limits.array_bytes:
        raise TooLarge(f"more than {limits.array_bytes // 1_000_000} MB in one DICOM file")
    with path.open("rb") as file:
        framed = file.read(132)[128:] == b"DICM"
    try:
        meta = read_file_meta_info(path) if framed else FileMetaDataset()
        if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
            return read_deflated(path, meta, limits)
        dataset = pydicom.dcmread(path, force=not framed)
    except (InvalidDicomError, BytesLengthException, *MALFORMED) as error:
        raise UnreadableImage("the file is cut off or its header is damaged") from error
    if "SOPClassUID" not in dataset and "Rows" not in dataset:
        raise UnreadableImage("the file begins as DICOM but holds no image")
    return dataset


def read_deflated(path: Path, meta: FileMetaDataset, limits: IngestLimits) -> Dataset:
    """Inflate the data set (PS3.5 A.5) as far as the limits allow."""
    data = path.read_bytes()
    length = meta.get("FileMetaInformationGroupLength")
    if length is None:
        raise UnreadableImage("a deflated DICOM file without the length of its file meta information")
    plain = _inflate(data[144 + int(length) :], limits)
    dataset = read_dataset(BytesIO(plain), is_implicit_VR=False, is_little_endian=True)
    dataset.file_meta = meta
    return dataset


def _inflate(packed: bytes, limits: IngestLimits) -> bytearray:
    """Inflate piece by piece, and stop as soon as it is too much for its size."""
    inflate, plain, size = zlib.decompressobj(-zlib.MAX_WBITS), bytearray(), len(packed)
    while not inflate.eof and (piece := inflate.decompress(packed, INFLATED_PIECE)):
        packed = inflate.unconsumed_tail
        plain += piece
        beyond = len(plain) > limits.free_inflated_bytes and len(plain) > limits.inflation_ratio * size
        if len(plain) > limits.inflated_bytes or beyond:
            raise TooLarge("the deflated data set grows beyond the limits")
    return plain


def _refuse_size(dataset: Dataset, syntax: UID, frame_count: int, limits: IngestLimits) -> None:
    """Refuse before decoding what is too large, or says one size outside and another inside."""
    if "PixelData" not in dataset:
        raise UnsupportedImage("a DICOM object without pixel data of at most 16 bits; expected an image")
    try:
        rows, columns = int(dataset.Rows), int(dataset.Columns)
        if not isinstance(dataset.PixelData, bytes) or not dataset.PixelData:
            raise UnreadableImage("the pixel data are missing")
        refuse_beyond(limits.pixels, rows, columns)
        if syntax.is_encapsulated and syntax != RLELossless:
            if syntax not in JPEG_SYNTAXES:
                _decoder(syntax)
            stream = get_frame(dataset.PixelData, 0, number_of_frames=frame_count)
            inside = declared_size(stream)
            refuse_beyond(limits.pixels, *inside)
            if inside != (rows, columns):
                raise UnreadableImage("the compressed stream has another size than the header says")
    except MALFORMED as error:
        raise UnreadableImage("the header does not describe its pixel data") from error


def _decoder(syntax: UID) -> Decoder:
    """Return the decoder of a transfer syntax.

    Raises
    ------
    UnsupportedImage
        If nothing here decodes it; the message names the syntax when DICOM defines it.
    """
    name = syntax.name if syntax.is_transfer_syntax and not syntax.is_private else "that DICOM does not define"
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise UnsupportedImage(f"transfer syntax {name}: no decoder; send {EXPECTED_SYNTAXES}") from error
    if not decoder.is_available:
        raise UnsupportedImage(f"transfer syntax {name}: no decoder; send {EXPECTED_SYNTAXES}")
    return decoder


def _frame_count(dataset: Dataset) -> int:
    value = _first(dataset, "NumberOfFrames")
    return int(value) if value is not None and 1 <= value <= 1_000_000 else 1


def _rescale(dataset: Dataset) -> tuple[float, float]:
    """Slope and intercept, of the first frame where frames have their own (PS3.3 C.7.6.16.2.9)."""
    holder = dataset
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for group in (dataset.get(groups) or [])[:1]:
            for transformation in (group.get("PixelValueTransformationSequence") or [])[:1]:
                holder = transformation
    return _first(holder, "RescaleSlope") or 1.0, _first(holder, "RescaleIntercept") or 0.0


def _padding(dataset: Dataset) -> tuple[int, int] | None:
    """Stored values that mean *no image here* (PS3.3 C.7.5.1.1.2)."""
    one, other = _first(dataset, "PixelPaddingValue"), _first(dataset, "PixelPaddingRangeLimit")
    if one is None:
        return None
    ends = sorted((int(one), int(one if other is None else other)))
    return ends[0], ends[1]


def _first(dataset: Dataset, keyword: str) -> float | None:
    """Return the first value of a numeric attribute, ``None`` when absent or malformed."""
    try:
        value = dataset.get(keyword)
        if isinstance(value, MultiValue):
            value = value[0]
        number = float(value)
    except (TypeError, *MALFORMED):
        return None
    return number if np.isfinite(number) else None
