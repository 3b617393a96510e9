"""However a film was stored and sent, the same is found: every score within .01 of the uncompressed original."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from services.classification.compact_chest_radiograph import CompactChestRadiograph
from services.classification.image_kind import ImageKindSpecialist
from services.contract import Subject
from services.pixels import Pixels
from services.store import Store
from tests.drawn.chest import Abnormality, draw_chest
from tests.drawn.dicom import dicom_bytes, jpeg_bytes, png_bytes, radiograph_dataset
from tests.orchestrator.ingest.test_transfer_syntaxes import DCMTK, by_dcmtk

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOSSLESS_WITHIN, LOSSY_WITHIN = 0.01, 0.03
"""Largest difference of any score; lossy is JPEG of quality 95."""
FILM = draw_chest(Abnormality("consolidation-left"), seed=6, rows=900, columns=760, extent=0.7).pixels
PLAIN = radiograph_dataset(FILM)

LOSSLESS = {
    "implicit": lambda: dicom_bytes(PLAIN, ImplicitVRLittleEndian),
    "big endian": lambda: dicom_bytes(PLAIN, ExplicitVRBigEndian),
    "deflated": lambda: dicom_bytes(PLAIN, DeflatedExplicitVRLittleEndian),
    "RLE": lambda: dicom_bytes(PLAIN, RLELossless),
    "JPEG-LS": lambda: dicom_bytes(PLAIN, JPEGLSLossless),
    "JPEG 2000": lambda: dicom_bytes(PLAIN, JPEG2000Lossless),
    "MONOCHROME1": lambda: dicom_bytes(radiograph_dataset(FILM, photometric="MONOCHROME1")),
    "16 bits": lambda: dicom_bytes(radiograph_dataset(FILM * 16, bits_stored=16)),
    "8 bits": lambda: png_bytes(FILM, 8),
    "PNG of 16 bits": lambda: png_bytes(FILM, 16),
}
LOSSY = {
    "JPEG Baseline": lambda: dicom_bytes(PLAIN, JPEGBaseline8Bit),
    "JPEG file": lambda: jpeg_bytes(FILM, quality=95),
}


@pytest.fixture(scope="module")
def readers():
    specialists = (CompactChestRadiograph(), ImageKindSpecialist())
    for specialist in specialists:
        specialist.load()
    return specialists


@pytest.fixture
def scores_of(take_in, settings, readers):
    """Return a function from the bytes of a file to every score that the classification service gives."""

    async def read(content: bytes) -> np.ndarray:
        compact, gate = readers
        image = (await take_in(content)).series[0].instances[0].image
        pixels = Pixels(image, Store(settings.store, fsync=False))
        found = [one for age in (3, 50) for one in compact.analyze([pixels], Subject(age_years=age)).findings]
        (seen,) = gate.analyze([pixels], Subject()).images
        assert seen.quality is not None
        return np.array([*(one.evidence[0].score for one in found), seen.probability, seen.quality.state_probability])

    return read


@pytest.mark.parametrize("name", list(LOSSLESS))
async def test_nothing_lost_nothing_changed(scores_of, name):
    expected, read = await scores_of(dicom_bytes(PLAIN)), await scores_of(LOSSLESS[name]())
    assert len(expected) > 3
    np.testing.assert_allclose(read, expected, atol=LOSSLESS_WITHIN)


@pytest.mark.parametrize("name", list(DCMTK))
async def test_old_archives_jpeg_too(scores_of, tmp_path, name):
    expected = await scores_of(dicom_bytes(PLAIN))
    read = await scores_of(by_dcmtk(dicom_bytes(PLAIN), DCMTK[name][1], tmp_path))
    np.testing.assert_allclose(read, expected, atol=LOSSY_WITHIN if "Extended" in name else LOSSLESS_WITHIN)


@pytest.mark.parametrize("name", list(LOSSY))
async def test_lossy_at_quality_95_stays_close(scores_of, name):
    expected, read = await scores_of(dicom_bytes(PLAIN)), await scores_of(LOSSY[name]())
    np.testing.assert_allclose(read, expected, atol=LOSSY_WITHIN)
