"""What is cut off, mislabelled or made to do harm: a typed refusal within five seconds, in bounded memory."""

import os
import random
import resource
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from orchestrator.errors import RefusedInput, TooLarge, UnreadableImage, UnsupportedImage
from orchestrator.ingest.assemble import assemble
from orchestrator.ingest.child import Children, remove, scratch_folder
from orchestrator.ingest.decoded import Answer, Job
from orchestrator.ingest.limits import IngestLimits
from tests.drawn.bombs import BOMBS, png_of, zip_of
from tests.drawn.dicom import dicom_bytes, jpeg_bytes, png_bytes, radiograph_dataset
from tests.orchestrator.ingest.conftest import kept

FIVE_SECONDS = 5.0

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_in_time_and_in_little_memory(take_in, film, name):
    await take_in(png_bytes(film.pixels))
    bomb = BOMBS[name]()
    before, began = resident_bytes(), time.monotonic()
    with pytest.raises(TooLarge):
        await take_in(bomb)
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
