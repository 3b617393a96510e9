"""The bundled boxes: the weights are the ones described, and they agree with people's outlines."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from services.anatomy import LEFT_LUNG, RIGHT_LUNG
from services.contract import Box, Label, Laterality, LimitationReason, Subject, coded
from services.detection.chest_anatomy_boxes import WEIGHTS, ChestAnatomyBoxes
from services.detection.evaluate_chest_anatomy_boxes import RATIO_ERROR, overlap, true_boxes
from services.errors import WeightsDamaged
from services.pixels import Pixels
from services.store import Store
from services.training.release import Metrics
from tests.phantoms import draw_chest
from tests.services.held_out import held_out_films
from tests.services.tiny import put_image, settings_for

ADULT = Subject(age_years=50)
TEST = "jsrt test"


@pytest.fixture(scope="module")
def specialist(tmp_path_factory: pytest.TempPathFactory) -> ChestAnatomyBoxes:
    loaded = ChestAnatomyBoxes(settings=settings_for(tmp_path_factory.mktemp("run"), backend="torch"))
    loaded.load()
    return loaded


def film(folder: Path, pixels: np.ndarray, bits: int = 0) -> Pixels:
    reference = put_image(folder, np.ascontiguousarray(pixels), bits=bits)
    return Pixels(reference.model_copy(update={"view_position": "PA"}), Store(folder, fsync=False))


def test_weights_that_were_touched_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / WEIGHTS.name
    shutil.copytree(WEIGHTS, folder)
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-100] ^= 0xFF
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(WeightsDamaged, match="SHA-256"):
        ChestAnatomyBoxes(folder, settings_for(tmp_path, backend="torch")).load()


def test_held_out_films_give_the_figures_of_the_card(specialist: ChestAnatomyBoxes, tmp_path: Path) -> None:
    metrics = Metrics.model_validate_json((WEIGHTS / "metrics.json").read_bytes())
    overlaps, errors = [], []
    for number, one in enumerate(held_out_films(6)):
        said = specialist.analyze([film(tmp_path / str(number), one.pixels)], ADULT)
        truth = true_boxes(one.masks)
        lungs = {found.laterality: found.evidence.regions[0] for found in said.structures}
        for side, structure in ((Laterality.RIGHT, RIGHT_LUNG), (Laterality.LEFT, LEFT_LUNG)):
            box = next(
                found.evidence.regions[0]
                for found in said.structures
                if found.code == coded(Label.LUNG) and found.laterality is side
            )
            assert isinstance(box, Box)
            overlaps.append(overlap(box, truth[structure]))
        assert len(lungs) == 3, "right, left and the heart without a side"
        errors.append(abs(said.measurements[0].value - one.cardiothoracic_ratio))
    expected = np.mean([metrics.figure(f"overlap (IoU), {one} lung", TEST).value for one in ("right", "left")])
    assert np.mean(overlaps) == pytest.approx(expected, abs=0.05)
    assert np.mean(errors) < 3 * metrics.figure(RATIO_ERROR, TEST).value


def test_the_phantom_has_its_right_lung_on_the_pictures_left(specialist: ChestAnatomyBoxes, tmp_path: Path) -> None:
    said = specialist.analyze([film(tmp_path, draw_chest(rows=1000, columns=820).pixels, bits=12)], ADULT)
    lungs = {one.laterality: one.evidence.regions[0] for one in said.structures if one.code == coded(Label.LUNG)}
    right, left = lungs[Laterality.RIGHT], lungs[Laterality.LEFT]
    assert isinstance(right, Box)
    assert isinstance(left, Box)
    assert right.left + right.right < left.left + left.right


def test_an_image_without_contrast_is_said_to_be_one(specialist: ChestAnatomyBoxes, tmp_path: Path) -> None:
    said = specialist.analyze([film(tmp_path, np.full((300, 300), 700, np.uint16))], ADULT)
    assert [one.reason for one in said.limitations] == [LimitationReason.POOR_QUALITY]
