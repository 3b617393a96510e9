"""The phantom is what it says it is."""

from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread

from tests.phantoms import Abnormality, chest_dicom, draw_chest

SMALL = {"rows": 625, "columns": 512}


def test_the_same_seed_draws_the_same_film():
    assert np.array_equal(draw_chest(seed=5, **SMALL).pixels, draw_chest(seed=5, **SMALL).pixels)
    assert not np.array_equal(draw_chest(seed=5, **SMALL).pixels, draw_chest(seed=6, **SMALL).pixels)


@pytest.mark.parametrize("ratio", [0.42, 0.5, 0.62])
def test_the_cardiothoracic_ratio_is_the_one_asked_for(ratio):
    chest = draw_chest(cardiothoracic_ratio=ratio, **SMALL)
    assert chest.cardiothoracic_ratio == pytest.approx(ratio, abs=0.012)


@pytest.mark.parametrize("kind", [kind for kind in Abnormality if kind.side])
def test_an_abnormality_lies_on_its_side_and_changes_the_film_there(kind):
    normal, ill = draw_chest(seed=2, **SMALL), draw_chest(kind, seed=2, **SMALL)
    area = ill.masks["abnormality"]
    other = {"left": "right", "right": "left"}[kind.side]
    assert area.any()
    assert not (area & ill.masks[f"{other}_lung"]).any()
    change = np.abs(ill.pixels.astype(float) - normal.pixels)
    assert change[area].mean() > 2 * change[ill.masks[f"{other}_lung"]].mean()


def test_lungs_are_darker_than_heart_and_the_right_lung_is_on_the_left():
    chest = draw_chest(**SMALL)
    lungs = chest.pixels[chest.masks["right_lung"]].mean()
    assert lungs < 0.75 * chest.pixels[chest.masks["heart"]].mean()
    right = np.flatnonzero(chest.masks["right_lung"].any(axis=0)).mean()
    assert right < np.flatnonzero(chest.masks["left_lung"].any(axis=0)).mean()


@pytest.mark.parametrize("modality", ["CR", "DX"])
def test_the_header_is_that_of_an_invented_person(modality):
    dataset = dcmread(BytesIO(chest_dicom(modality=modality)))
    assert dataset.Modality == modality
    assert dataset.PatientName == "Phantom^Drawn"
    assert (dataset.Rows, dataset.Columns) == (2500, 2048)
    assert dataset.ViewPosition == "PA"
