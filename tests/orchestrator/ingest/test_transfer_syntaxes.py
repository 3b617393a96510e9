"""The same film gives the same pixels, however it was stored and sent."""

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from orchestrator.errors import UnsupportedImage
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
    content = dicom_bytes(radiograph_dataset(film.pixels), JPEGBaseline8Bit)
    lossless = content.replace(JPEGBaseline8Bit.encode(), JPEGLosslessSV1.encode())
    assert lossless != content
    with pytest.raises(UnsupportedImage, match="transfer syntax JPEG Lossless"):
        await take_in(lossless)


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
