"""DICOM objects of many encodings, pictures and archives; and mutations that know how a DICOM object is built."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import config, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from deploy.mutation.damage import BYTE_MUTATIONS, TELLING, Mutation

CLASS = "1.2.840.10008.5.1.4.1.1.1"
STUDY, SERIES = "2.25.100", "2.25.101"
SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
)
VRS = (b"UL", b"US", b"SQ", b"UN", b"OB", b"OW", b"DS", b"IS", b"AT", b"FD", b"OF", b"UT", b"PN", b"\x00\x00", b"ZZ")
STRANGE: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("Rows", (0, 1, 65535)),
    ("Columns", (0, 1, 65535)),
    ("BitsAllocated", (0, 1, 3, 12, 24, 64, 65535)),
    ("BitsStored", (0, 17, 255)),
    ("HighBit", (0, 99)),
    ("SamplesPerPixel", (0, 2, 3, 4, 65535)),
    ("PixelRepresentation", (1, 2)),
    ("PlanarConfiguration", (1, 7)),
    ("NumberOfFrames", ("0", "-1", "2147483647")),
    ("PhotometricInterpretation", ("RGB", "PALETTE COLOR", "YBR_FULL_422", "", "CMYK", "MONOCHROME1\\RGB")),
    ("RescaleSlope", ("0", "nan", "inf", "1e308", "-1e-308")),
    ("WindowWidth", ("0", "-1", "1\\2\\3")),
    ("SpecificCharacterSet", ("ISO 2022 IR 87", "GB18030", "nonsense", "\\\\ISO_IR 100")),
    ("StudyInstanceUID", ("", "../../etc", "1." * 30, "1.2.3")),
    ("SOPInstanceUID", ("", "1.2.3", "x" * 64)),
    ("PatientAge", ("999Y", "-01D", "")),
    ("StudyDate", ("99999999", "00000000", "2026")),
)


def case(number: int, seed: int) -> bytes:
    """Return the damaged DICOM file of one number: the same for the same seed."""
    chance = random.Random(f"dicom {seed} {number}")
    if chance.random() < 0.2:
        return strange_object(chance)
    whole = chance.choice(_objects())
    mutations: tuple[Mutation, ...] = (*BYTE_MUTATIONS, *(STRUCTURAL * 2))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        whole = chance.choice(mutations)(whole, chance) or b"\x00"
    return whole


def picture_case(number: int, seed: int) -> bytes:
    """Return the damaged PNG, JPEG or zip of one number."""
    chance = random.Random(f"picture {seed} {number}")
    damaged = chance.choice(_pictures())
    for _ in range(chance.choice((1, 1, 2, 4))):
        damaged = chance.choice(BYTE_MUTATIONS)(damaged, chance) or b"\x00"
    return damaged


def good_film(number: int) -> bytes:
    """Return a film that must be taken, another one for each number."""
    dataset = _dataset(number)
    dataset.StudyInstanceUID = f"2.25.2{number}"
    return _file(dataset, ExplicitVRLittleEndian)


def wrong_length(data: bytes, chance: random.Random) -> bytes:
    """Let an element claim another length."""
    at, _ = chance.choice(_elements(data) or [(0, 0)])
    if data[at + 4 : at + 6] in {b"OB", b"OW", b"SQ", b"UN", b"UT"}:
        return data[: at + 8] + chance.choice((*TELLING, chance.randbytes(4))) + data[at + 12 :]
    return data[: at + 6] + chance.choice((b"\xff\xff", b"\x00\x00", chance.randbytes(2))) + data[at + 8 :]


def wrong_vr(data: bytes, chance: random.Random) -> bytes:
    """Let an element be of another value representation: 'UL' where 'US' must be, and worse."""
    at, _ = chance.choice(_elements(data) or [(0, 0)])
    return data[: at + 4] + chance.choice(VRS) + data[at + 6 :]


def without_element(data: bytes, chance: random.Random) -> bytes:
    """Leave an element out."""
    at, end = chance.choice(_elements(data) or [(0, 1)])
    return data[:at] + data[end:]


def element_twice(data: bytes, chance: random.Random) -> bytes:
    """Say an element again at another place."""
    elements = _elements(data) or [(0, 1)]
    (at, end), (place, _) = chance.choice(elements), chance.choice(elements)
    return data[:place] + data[at:end] + data[place:]


def nested_without_end(data: bytes, chance: random.Random) -> bytes:
    """Put sequences into sequences, very deep, none of which ends."""
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    sequence = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    at = chance.choice(_elements(data) or [(len(data), 0)])[0]
    return data[:at] + (sequence + item) * chance.choice((3, 50, 2000, 20_000)) + data[at:]


def strange_object(chance: random.Random) -> bytes:
    """Return an object whose attributes have values that they cannot have, well written."""
    dataset = _dataset(chance.randrange(1000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword, values in chance.sample(STRANGE, chance.choice((1, 1, 2, 3))):
            setattr(dataset, keyword, chance.choice(values))
        return _file(dataset, ExplicitVRLittleEndian)


STRUCTURAL: tuple[Mutation, ...] = (
    wrong_length,
    wrong_vr,
    without_element,
    element_twice,
    nested_without_end,
)


def _elements(data: bytes) -> list[tuple[int, int]]:
    """Return where the elements of an Explicit VR Little Endian file begin and end, as far as they can be followed."""
    found, at = [], 132
    while at + 8 <= len(data) and data[128:132] == b"DICM":
        if data[at + 4 : at + 6] in {b"OB", b"OW", b"SQ", b"UN", b"UT"}:
            end = at + 12 + int.from_bytes(data[at + 8 : at + 12], "little")
        else:
            end = at + 8 + int.from_bytes(data[at + 6 : at + 8], "little")
        if end > len(data):
            break
        found.append((at, end))
        at = end
    return found


@lru_cache(maxsize=1)
def _objects() -> tuple[bytes, ...]:
    return tuple(_file(_dataset(number), syntax) for number, syntax in enumerate(SYNTAXES))


@lru_cache(maxsize=1)
def _pictures() -> tuple[bytes, ...]:
    film = _pixels(0)
    wide = (film.astype(np.uint16) << 8) | film
    colour = np.dstack([film, film // 2, film // 3])
    png, jpeg = (
        [_picture(".png", one) for one in (film, wide, colour)],
        [_picture(".jpg", one) for one in (film, colour)],
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("film.dcm", _objects()[1])
        opened.writestr("film.png", png[0])
    return (*png, *jpeg, archive.getvalue(), archive.getvalue())


def _picture(suffix: str, pixels: Any) -> bytes:
    return bytes(cv2.imencode(suffix, pixels)[1].tobytes())


def _pixels(number: int) -> NDArray[np.uint8]:
    return np.random.default_rng(number).integers(0, 255, (48, 40)).astype(np.uint8)


def _dataset(number: int) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = CLASS, f"2.25.3{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY, SERIES
    dataset.PatientName, dataset.PatientID, dataset.PatientAge = "Phantom^Drawn", "MUTATED", "050Y"
    dataset.StudyDate, dataset.StudyTime, dataset.Modality, dataset.BodyPartExamined = "20260101", "1200", "CR", "CHEST"
    dataset.ViewPosition, dataset.InstanceNumber = "PA", "1"
    dataset.WindowCenter, dataset.WindowWidth, dataset.RescaleSlope, dataset.RescaleIntercept = 128, 256, 1, 0
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "51185008", "SCT", "Chest"
    dataset.AnatomicRegionSequence = [item]
    dataset.add_new(0x00091010, "LO", "private")
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 48, 40, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = _pixels(number).tobytes()
    dataset["PixelData"].VR = "OB"
    return dataset


def _file(dataset: Dataset, syntax: str) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = CLASS, "2.25.3"
    if syntax == JPEGBaseline8Bit:
        pixels = np.frombuffer(dataset.PixelData, np.uint8).reshape(dataset.Rows, dataset.Columns)
        dataset.PixelData = encapsulate([_picture(".jpg", pixels)])
    elif syntax in {RLELossless, JPEGLSLossless, JPEG2000Lossless}:
        dataset.compress(syntax, generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = syntax
    config.settings.writing_validation_mode = config.IGNORE
    buffer = io.BytesIO()
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    dcmwrite(buffer, dataset, enforce_file_format=True, implicit_vr=implicit, little_endian=little)
    return buffer.getvalue()
