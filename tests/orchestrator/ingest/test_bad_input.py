"""What is cut off, mislabelled or made to do harm: a typed refusal within five seconds, in bounded memory."""

import io
import os
import random
import resource
import struct
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from orchestrator.errors import RefusedInput, TooLarge, UnreadableImage, UnsupportedImage
from orchestrator.ingest.assemble import assemble
from orchestrator.ingest.child import Children, remove, scratch_folder
from orchestrator.ingest.decoded import Answer, Job
from orchestrator.ingest.limits import IngestLimits
from tests.drawn.dicom import dicom_bytes, jpeg_bytes, png_bytes, radiograph_dataset
from tests.orchestrator.ingest.conftest import kept

FIVE_SECONDS = 5.0

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


def jpeg_claiming(rows: int, columns: int, film) -> bytes:
    content = bytearray(jpeg_bytes(film.pixels))
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


@pytest.fixture(scope="module")
def bombs():
    film = type("Film", (), {"pixels": np.zeros((64, 64), np.uint16)})
    return {
        "png 30000 x 30000": png_of(30000, 30000),
        "png 16 bit 30000 x 30000": png_of(30000, 30000, 16),
        "jpeg 65000 x 65000": jpeg_claiming(65000, 65000, film),
        "deflated data set": deflated_of(600),
        "rle": rle_bomb(),
        "jpeg 2000 stream": codestream_bomb(JPEG2000Lossless),
        "jpeg-ls stream": codestream_bomb(JPEGLSLossless),
        "zip": zip_of(("a.dcm", bytes(600_000_000))),
        "zip of many": zip_of(*((f"{n}.png", b"x") for n in range(600))),
    }


@pytest.mark.parametrize(
    "name",
    [
        "png 30000 x 30000",
        "png 16 bit 30000 x 30000",
        "jpeg 65000 x 65000",
        "deflated data set",
        "rle",
        "jpeg 2000 stream",
        "jpeg-ls stream",
        "zip",
        "zip of many",
    ],
)
async def test_a_bomb_is_refused_in_time_and_in_little_memory(take_in, bombs, film, name):
    await take_in(png_bytes(film.pixels))
    before, began = resident_bytes(), time.monotonic()
    with pytest.raises(TooLarge):
        await take_in(bombs[name])
    assert time.monotonic() - began < FIVE_SECONDS
    assert resident_bytes() - before < 60_000_000
    await take_in(png_bytes(film.pixels))


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def decode_under(limits: IngestLimits, settings, content: bytes) -> Answer:
    file = kept(settings, content)
    scratch = scratch_folder(settings.store)
    job = Job(task="decode", path=file.path, sha256=file.sha256, root=settings.store, scratch=scratch, limits=limits)
    async with Children(limits) as children:
        try:
            return await children.ask(job)
        finally:
            remove(scratch)


async def test_a_child_out_of_memory_is_a_refusal_and_leaves_nothing(settings):
    with pytest.raises(RefusedInput):
        await decode_under(IngestLimits(memory_bytes=20_000_000), settings, png_of(2000, 30000))
    assert not list((settings.store / ".incoming").iterdir())


async def test_a_child_that_takes_too_long_is_given_up_and_leaves_nothing(settings):
    with pytest.raises(TooLarge, match="more time"):
        await decode_under(IngestLimits(wall_clock_s=0.001), settings, png_of(2000, 30000))
    assert not list((settings.store / ".incoming").iterdir())


async def test_a_child_that_keeps_the_processor_busy_is_given_up(settings):
    noise = np.random.default_rng(0).integers(0, 4096, (2500, 2500), dtype=np.uint16)
    content = dicom_bytes(radiograph_dataset(noise), JPEG2000Lossless)
    with pytest.raises(TooLarge, match="more time"):
        await decode_under(IngestLimits(processor_s=1), settings, content)


async def test_a_decoding_program_that_was_shot_is_started_again(settings, film):
    async with Children(IngestLimits()) as children:
        children._program.kill()
        children._program.wait()
        await study_of_bytes(png_bytes(film.pixels), settings, children)


async def study_of_bytes(content: bytes, settings, children):
    return await assemble([kept(settings, content)], None, settings, children)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", UnreadableImage),
        (b"hello, this is text", UnsupportedImage),
        (b"%PDF-1.7" + bytes(200), UnsupportedImage),
        (b"GIF89a" + bytes(200), UnsupportedImage),
        (bytes(128) + b"DICM", UnreadableImage),
        (b"\x89PNG\r\n\x1a\n", UnreadableImage),
        (b"\xff\xd8\xff\xe0", UnreadableImage),
        (b"PK\x03\x04", UnreadableImage),
        (zip_of(), UnsupportedImage),
        (zip_of(("readme.txt", b"nothing here")), UnsupportedImage),
    ],
)
async def test_what_is_no_image_gets_its_own_refusal(take_in, content, error):
    with pytest.raises(error):
        await take_in(content)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("kind", ["dicom", "rle", "jls", "j2k", "png8", "png16", "jpeg"])
async def test_a_truncated_file_is_unreadable(take_in, film, kind, share):
    whole = samples(film)[kind]
    with pytest.raises(RefusedInput):
        await take_in(whole[: int(len(whole) * share)])


def samples(film) -> dict[str, bytes]:
    dataset = radiograph_dataset(film.pixels[::4, ::4])
    return {
        "dicom": dicom_bytes(dataset),
        "rle": dicom_bytes(dataset, RLELossless),
        "jls": dicom_bytes(dataset, JPEGLSLossless),
        "j2k": dicom_bytes(dataset, JPEG2000Lossless),
        "deflated": dicom_bytes(dataset, DeflatedExplicitVRLittleEndian),
        "png8": png_bytes(film.pixels[::4, ::4], 8),
        "png16": png_bytes(film.pixels[::4, ::4]),
        "jpeg": jpeg_bytes(film.pixels[::4, ::4]),
        "zip": zip_of(("a/b.png", png_bytes(film.pixels[::4, ::4])), ("c.dcm", dicom_bytes(dataset))),
    }


def mutated(content: bytes, source: random.Random) -> bytes:
    """Damage a file: flip, cut, double, or overwrite a few places, mostly where the header is."""
    data = bytearray(content)
    for _ in range(source.randint(1, 12)):
        span = len(data) if source.random() < 0.4 else min(len(data), 1500)
        at = source.randrange(max(span, 1))
        match source.randrange(4):
            case 0:
                data[at] ^= 1 << source.randrange(8)
            case 1:
                data[at : at + source.randint(1, 8)] = source.randbytes(source.randint(0, 12))
            case 2:
                data[at : at + 4] = struct.pack("<I", source.choice([0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]))
            case _:
                del data[at : at + source.randint(1, 64)]
        if not data:
            break
    return bytes(data)


async def test_three_hundred_damaged_files_end_in_an_image_or_a_typed_refusal(take_in, film):
    source = random.Random(20260102)
    kinds = list(samples(film).values())
    count = int(os.environ.get("WETREAD_MUTATIONS", "300"))
    read = refused = 0
    for number in range(count):
        try:
            await take_in(mutated(kinds[number % len(kinds)], source))
            read += 1
        except RefusedInput:
            refused += 1
    assert read + refused == count
    assert refused > count // 4


async def test_a_refusal_does_not_stop_the_images_beside_it(take_in, film):
    good = dicom_bytes(radiograph_dataset(film.pixels))
    study = await take_in(zip_of(("good.dcm", good), ("bad.dcm", good[:3000]), ("notes.txt", b"notes")))
    assert sum(len(series.instances) for series in study.series) == 1
    assert len(study.limitations) == 2
    assert {limitation.source for limitation in study.limitations} == {"ingest"}


async def test_a_zip_cannot_write_outside(take_in, settings, film):
    image = png_bytes(film.pixels)
    study = await take_in(
        zip_of(("../../evil.png", image), ("/tmp/wetread-evil.png", image[:-1] + b"\x82"), ("..\\evil.png", image))
    )
    root = settings.originals.parent
    assert study.series
    assert {path.relative_to(root).parts[0] for path in root.rglob("*")} == {"originals", "store"}
    assert not any("evil" in str(path) for path in root.parent.rglob("*"))
    assert not Path("/tmp/wetread-evil.png").exists()


async def test_a_zip_within_a_zip_is_passed_over(take_in, film):
    inner = zip_of(("film.png", png_bytes(film.pixels)))
    study = await take_in(zip_of(("inner.zip", inner), ("film.png", png_bytes(film.pixels, 8))))
    assert sum(len(series.instances) for series in study.series) == 1
    assert "passed over" in study.limitations[0].detail
