"""The same film gives the same pixels, however it was stored and sent."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from orchestrator.errors import UnreadableImage, UnsupportedImage
from tests.drawn.dicom import dicom_bytes, jpeg_bytes, png_bytes, radiograph_dataset
from tests.orchestrator.ingest.conftest import pixels_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOSSLESS = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "RLE": RLELossless,
    "JPEG-LS": JPEGLSLossless,
    "JPEG 2000": JPEG2000Lossless,
}


@pytest.mark.parametrize("syntax", LOSSLESS.values(), ids=LOSSLESS.keys())
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
async def test_lossless_syntaxes_give_the_very_same_pixels(take_in, settings, film, syntax, photometric):
    dataset = radiograph_dataset(film.pixels, photometric=photometric)
    study = await take_in(dicom_bytes(dataset, syntax))
    image = study.series[0].instances[0].image
    assert np.array_equal(pixels_of(settings, study), film.pixels)
    assert (image.dtype, image.minimum_value, image.maximum_value) == ("uint16", 0, 4095)
    assert study.limitations == ()


async def test_a_baseline_jpeg_stays_within_a_few_greys(take_in, settings, film):
    study = await take_in(dicom_bytes(radiograph_dataset(film.pixels), JPEGBaseline8Bit))
    difference = np.abs(pixels_of(settings, study).astype(int) - (film.pixels >> 4))
    assert difference.mean() < 3
    assert study.series[0].instances[0].image.maximum_value == 255


async def test_a_syntax_without_a_decoder_is_named(take_in, film):
    content = dicom_bytes(radiograph_dataset(film.pixels), JPEG2000Lossless)
    progressive = content.replace(JPEG2000Lossless.encode(), b"1.2.840.10008.1.2.4.55")
    assert progressive != content
    with pytest.raises(UnsupportedImage, match="transfer syntax JPEG Full Progression"):
        await take_in(progressive)


DCMTK = {
    "JPEG Lossless": (JPEGLossless, ("+el", "+sv", "4")),
    "JPEG Lossless SV1": (JPEGLosslessSV1, ("+e1",)),
    "JPEG Extended of 12 bits": (JPEGExtended12Bit, ("+ee", "+q", "95", "+sr")),
}


def by_dcmtk(content: bytes, options: tuple[str, ...], folder: Path) -> bytes:
    """Compress a DICOM file with dcmtk, or skip where it is not installed; CI installs it."""
    program = shutil.which("dcmcjpeg")
    if program is None:
        pytest.skip("dcmcjpeg is not installed (Debian package dcmtk)")
    (folder / "plain.dcm").write_bytes(content)
    subprocess.run([program, *options, folder / "plain.dcm", folder / "jpeg.dcm"], check=True, timeout=60)
    return (folder / "jpeg.dcm").read_bytes()


@pytest.mark.parametrize("name", list(DCMTK))
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
async def test_jpeg_as_old_archives_send_it(take_in, settings, film, tmp_path, name, photometric):
    syntax, options = DCMTK[name]
    plain = dicom_bytes(radiograph_dataset(film.pixels, photometric=photometric))
    content = by_dcmtk(plain, options, tmp_path)
    assert syntax.encode() in content
    read = pixels_of(settings, await take_in(content)).astype(int)
    difference = np.abs(read - film.pixels)
    if syntax == JPEGExtended12Bit:
        assert difference.mean() < 0.01 * 4095
    else:
        assert not difference.any()


async def test_a_damaged_lossless_jpeg_is_refused_in_words(take_in, film, tmp_path):
    content = bytearray(by_dcmtk(dicom_bytes(radiograph_dataset(film.pixels)), DCMTK["JPEG Lossless SV1"][1], tmp_path))
    content[len(content) // 2 :] = b"\0" * (len(content) - len(content) // 2)
    with pytest.raises(UnreadableImage):
        await take_in(bytes(content))


async def test_a_lossless_jpeg_that_is_cut_off_is_refused(take_in, film, tmp_path):
    whole = by_dcmtk(dicom_bytes(radiograph_dataset(film.pixels)), DCMTK["JPEG Lossless SV1"][1], tmp_path)
    dataset = pydicom.dcmread(BytesIO(whole))
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    dataset.PixelData = encapsulate([frame[: len(frame) // 2]])
    buffer = BytesIO()
    dataset.save_as(buffer)
    with pytest.raises(UnreadableImage, match="cut off"):
        await take_in(buffer.getvalue())


@pytest.mark.parametrize("bits", [8, 16])
async def test_png_holds_the_film(take_in, settings, film, bits):
    study = await take_in(png_bytes(film.pixels, bits))
    expected = film.pixels >> 4 if bits == 8 else film.pixels << 4
    assert np.array_equal(pixels_of(settings, study), expected)


async def test_a_grey_film_saved_in_colour_is_grey_again(take_in, settings, film):
    grey = (film.pixels >> 4).astype(np.uint8)
    study = await take_in(png_bytes(np.dstack([grey, grey, grey])))
    assert np.array_equal(pixels_of(settings, study), grey)


async def test_jpeg_holds_the_film(take_in, settings, film):
    study = await take_in(jpeg_bytes(film.pixels))
    assert np.abs(pixels_of(settings, study).astype(int) - (film.pixels >> 4)).mean() < 3


async def test_the_very_same_bytes_make_the_very_same_array(take_in, settings, film):
    content = dicom_bytes(radiograph_dataset(film.pixels))
    one, other = await take_in(content), await take_in(content)
    assert one.series == other.series
    assert one.study_id != other.study_id
