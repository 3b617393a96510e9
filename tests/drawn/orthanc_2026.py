"""Files and requests in the manner of the nine weaknesses of Orthanc 1.12.10 (CVE-2026-5437 to -5445, CERT/CC 2026).

Orthanc's are faults of its own C++; here each class of input is made anew, from the public descriptions, and must
meet a typed refusal, or be read within its own bounds.
"""

from __future__ import annotations

import gzip
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

import numpy as np
from pydicom.dataset import Dataset

from tests.drawn.bombs import zip_of
from tests.drawn.dicom import dicom_bytes, radiograph_dataset


def meta_header_beyond_the_file() -> bytes:
    """CVE-2026-5437: the file meta information claims lengths that reach beyond what there is."""
    content = bytearray(_film())
    content[140:144] = struct.pack("<I", 0xFFFFFFF0)
    at = content.index(b"\x02\x00\x02\x00UI") + 6
    content[at : at + 2] = b"\xfe\xff"
    return bytes(content[:200])


def gzip_bomb() -> bytes:
    """CVE-2026-5438: a body with Content-Encoding gzip that inflates to two gigabytes."""
    piece = gzip.compress(bytes(20_000_000), 9)
    return piece * 100


def zip_that_lies_about_its_sizes() -> bytes:
    """CVE-2026-5439: the directory of an archive claims members of four gigabytes."""
    content = bytearray(zip_of(("film.dcm", _film())))
    local, central = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    content[local + 22 : local + 26] = content[central + 24 : central + 28] = struct.pack("<I", 0xFFFFFFF0)
    return bytes(content)


def zip_that_says_less_than_it_holds() -> bytes:
    """CVE-2026-5439: the directory claims ten bytes, and the member inflates to six hundred megabytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("film.dcm", bytes(600_000_000))
    content = bytearray(buffer.getvalue())
    central = content.index(b"PK\x01\x02")
    content[central + 24 : central + 28] = content[22:26] = struct.pack("<I", 10)
    return bytes(content)


def philips_rle_cut_off() -> bytes:
    """CVE-2026-5441: Philips' private PMSCT_RLE1 pixels whose runs reach beyond their end."""
    dataset = _dataset(PixelData=None)
    dataset.add_new(0x07A10010, "LO", "ELSCINT1")
    dataset.add_new(0x07A11011, "CS", "PMSCT_RLE1")
    dataset.add_new(0x07A1100A, "OB", b"\xa5\xff\xff\x5a\x01\xa5\xff")
    return dicom_bytes(dataset)


def size_as_unsigned_long() -> bytes:
    """CVE-2026-5442: Rows and Columns as UL, whose product in 32 bits is almost nothing."""
    content = _film()
    for element, value in ((0x0010, 0x00010001), (0x0011, 0x0000FFFF)):
        begins = content.index(struct.pack("<HH2s", 0x0028, element, b"US"))
        content = content[:begins] + struct.pack("<HH2sHI", 0x0028, element, b"UL", 4, value) + content[begins + 10 :]
    return content


def palette_beyond_32_bits() -> bytes:
    """CVE-2026-5443: a palette image of 65535 x 65535."""
    return dicom_bytes(_palette(entries=256, Rows=65535, Columns=65535))


def portable_arbitrary_map() -> bytes:
    """CVE-2026-5444: a PAM picture whose size overflows 32 bits, as the pixels of a DICOM object."""
    picture = b"P7\nWIDTH 65536\nHEIGHT 65537\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + bytes(64)
    return dicom_bytes(_dataset(PixelData=picture, Rows=65535, Columns=65535))


def bare_portable_arbitrary_map() -> bytes:
    """CVE-2026-5444: the same picture as a file."""
    return b"P7\nWIDTH 65536\nHEIGHT 65537\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + bytes(64)


def palette_index_beyond_its_table() -> bytes:
    """CVE-2026-5445: pixels that point behind a palette of four entries, all of one colour."""
    return dicom_bytes(_palette(entries=4))


FILES: dict[str, Callable[[], bytes]] = {
    "CVE-2026-5437": meta_header_beyond_the_file,
    "CVE-2026-5439": zip_that_lies_about_its_sizes,
    "CVE-2026-5439, too little": zip_that_says_less_than_it_holds,
    "CVE-2026-5441": philips_rle_cut_off,
    "CVE-2026-5442": size_as_unsigned_long,
    "CVE-2026-5443": palette_beyond_32_bits,
    "CVE-2026-5444": portable_arbitrary_map,
    "CVE-2026-5444, bare": bare_portable_arbitrary_map,
    "CVE-2026-5445": palette_index_beyond_its_table,
}
"""What each is like. 5438 and 5440 are requests, not files: a compressed body, and a length of four gigabytes."""


def _film() -> bytes:
    return dicom_bytes(_dataset())


def _dataset(**attributes: object) -> Dataset:
    pixels = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)
    return radiograph_dataset(pixels, modality="CR", **attributes)


def _palette(entries: int, **attributes: object) -> Dataset:
    dataset = _dataset()
    pixels = (np.arange(64 * 48) % 256).astype(np.uint8)
    dataset.PhotometricInterpretation, dataset.PixelData = "PALETTE COLOR", pixels.tobytes()
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    for colour in ("Red", "Green", "Blue"):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [entries, 0, 16])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", struct.pack("<H", 0x7700) * entries)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset
