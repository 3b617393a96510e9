"""What the header says of the image: side up, spacing, age, view. Nothing is guessed."""

import numpy as np
import pytest

from orchestrator.ingest.received import OrderRequest
from tests.drawn.dicom import dicom_bytes, png_bytes, radiograph_dataset
from tests.drawn.others import draw_ct
from tests.orchestrator.ingest.conftest import pixels_of
from tests.phantoms import ct_dataset

pytestmark = pytest.mark.asyncio(loop_scope="session")


def only_image(study):
    (series,) = study.series
    (instance,) = series.instances
    return instance.image


async def image_of(take_in, film, **attributes):
    return only_image(await take_in(dicom_bytes(radiograph_dataset(film.pixels, **attributes))))


async def test_a_detector_spacing_alone_calibrates_nothing(take_in, film):
    image = await image_of(take_in, film, ImagerPixelSpacing=[0.2, 0.2])
    assert image.spacing_mm is None and image.spacing_source is None


async def test_a_pixel_spacing_equal_to_the_detector_calibrates_nothing(take_in, film):
    image = await image_of(take_in, film, ImagerPixelSpacing=[0.2, 0.2], PixelSpacing=[0.2, 0.2])
    assert image.spacing_mm is None


@pytest.mark.parametrize(
    "attributes",
    [
        {"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.18, 0.18]},
        {"ImagerPixelSpacing": None, "PixelSpacing": [0.18, 0.18], "PixelSpacingCalibrationType": "FIDUCIAL"},
    ],
)
async def test_a_corrected_pixel_spacing_calibrates(take_in, film, attributes):
    image = await image_of(take_in, film, **attributes)
    assert image.spacing_mm == (0.18, 0.18)
    assert image.spacing_source == "PixelSpacing"


async def test_a_known_magnification_corrects_the_detector_spacing(take_in, film):
    image = await image_of(
        take_in, film, ImagerPixelSpacing=[0.22, 0.22], EstimatedRadiographicMagnificationFactor="1.1"
    )
    assert image.spacing_mm == pytest.approx((0.2, 0.2))


async def test_a_slice_is_calibrated_by_its_pixel_spacing(take_in):
    image = only_image(await take_in(dicom_bytes(ct_dataset(draw_ct()))))
    assert image.spacing_mm == (0.7, 0.7)


async def test_absent_view_position_is_not_guessed(take_in, film):
    assert (await image_of(take_in, film, ViewPosition=None)).view_position is None
    assert (await image_of(take_in, film, ViewPosition="")).view_position is None
    assert (await image_of(take_in, film, ViewPosition="AP")).view_position == "AP"


async def test_the_order_says_the_view_only_where_the_header_does_not(take_in, film):
    order = OrderRequest(view_position="PA", age_years=95, sex="F")
    study = await take_in(png_bytes(film.pixels), order=order)
    assert only_image(study).view_position == "PA"
    assert (study.subject.age_years, study.subject.sex) == (90, "F")
    study = await take_in(dicom_bytes(radiograph_dataset(film.pixels, view_position="AP")), order=order)
    assert only_image(study).view_position == "AP"
    assert study.subject.sex == "O"


@pytest.mark.parametrize(
    ("attributes", "age"),
    [
        ({"PatientAge": "056Y"}, 56),
        ({"PatientAge": "006M"}, 0.5),
        ({"PatientAge": "094Y"}, 90),
        ({"PatientAge": None, "PatientBirthDate": "19600301", "StudyDate": "20260228"}, 65),
        ({"PatientAge": None, "PatientBirthDate": "19300301", "StudyDate": "20260228"}, 90),
        ({"PatientAge": None, "PatientBirthDate": None}, None),
        ({"PatientAge": "ABC", "PatientBirthDate": "19993399"}, None),
    ],
)
async def test_age(take_in, film, attributes, age):
    study = await take_in(dicom_bytes(radiograph_dataset(film.pixels, **attributes)))
    assert study.subject.age_years == age


async def test_rescale_slope_turns_the_film_over_when_negative(take_in, settings, film):
    dataset = radiograph_dataset(film.pixels, RescaleSlope="-1", RescaleIntercept="4095")
    assert np.array_equal(pixels_of(settings, await take_in(dicom_bytes(dataset))), 4095 - film.pixels)


async def test_a_modality_table_is_applied(take_in, settings, film):
    from pydicom.dataset import Dataset

    item = Dataset()
    item.LUTDescriptor = [4096, 0, 16]
    item["LUTDescriptor"].VR = "US"
    item.ModalityLUTType = "US"
    item.LUTData = [min(65535, value * 16) for value in range(4096)]
    item["LUTData"].VR = "US"
    dataset = radiograph_dataset(film.pixels, modality="CR", ModalityLUTSequence=[item])
    study = await take_in(dicom_bytes(dataset))
    assert np.array_equal(pixels_of(settings, study), film.pixels * 16)
    assert only_image(study).maximum_value == 65535


async def test_padding_is_dark(take_in, settings, film):
    pixels = film.pixels.copy()
    pixels[:50] = 4095
    study = await take_in(dicom_bytes(radiograph_dataset(pixels, PixelPaddingValue=4095)))
    assert pixels_of(settings, study)[:50].max() == 0


async def test_the_window_is_kept_and_not_applied(take_in, settings, film):
    dataset = radiograph_dataset(film.pixels, photometric="MONOCHROME1", WindowCenter=1000, WindowWidth=500)
    study = await take_in(dicom_bytes(dataset))
    window = only_image(study).window
    assert (window.center, window.width) == (3095, 500)
    assert np.array_equal(pixels_of(settings, study), film.pixels)


async def test_signed_values_start_at_zero(take_in, settings):
    hounsfield = draw_ct()
    dataset = ct_dataset(hounsfield, PixelRepresentation=1, BitsStored=16, HighBit=15, RescaleIntercept="0")
    dataset.PixelData = hounsfield.astype("<i2").tobytes()
    study = await take_in(dicom_bytes(dataset))
    assert np.array_equal(pixels_of(settings, study).astype(int) - 32768, hounsfield)


async def test_only_the_first_of_several_frames_is_read_and_that_is_said(take_in, settings, film):
    dataset = radiograph_dataset(film.pixels, NumberOfFrames="3")
    dataset.PixelData = dataset.PixelData + bytes(2 * len(dataset.PixelData))
    study = await take_in(dicom_bytes(dataset))
    assert np.array_equal(pixels_of(settings, study), film.pixels)
    assert study.series[0].instances[0].frame_count == 3
    assert [limitation.what for limitation in study.limitations] == ["frames after the first"]
