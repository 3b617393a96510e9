"""An uncompressed film is used as it lies in the file; one that uses bits it does not declare is not."""

import numpy as np
import pytest

from tests.drawn.dicom import dicom_bytes, radiograph_dataset
from tests.orchestrator.ingest.conftest import pixels_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_overlay_in_the_unused_bits_is_not_part_of_the_film(take_in, settings, film):
    dataset = radiograph_dataset(film.pixels)
    written = film.pixels.copy()
    written[10:20, 10:20] |= 0x8000  # retired overlays lay in the bits above those stored
    dataset.PixelData = written.tobytes()
    study = await take_in(dicom_bytes(dataset))
    assert np.array_equal(pixels_of(settings, study), film.pixels)


async def test_a_film_that_is_too_short_for_its_header_is_refused(take_in, film):
    from orchestrator.errors import RefusedInput

    dataset = radiograph_dataset(film.pixels)
    dataset.PixelData = film.pixels.tobytes()[:-1000]
    with pytest.raises(RefusedInput):
        await take_in(dicom_bytes(dataset))
