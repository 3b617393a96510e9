"""The bundled outlines: the weights are the ones described, and they see what they claim to see."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from services.contract import ImageKind, Label, Laterality, LimitationReason, Mask, Subject, coded
from services.errors import WeightsDamaged
from services.pixels import Pixels
from services.segmentation.chest_anatomy import WEIGHTS, ChestAnatomy
from services.segmentation.evaluate_chest_anatomy import RATIO_ERROR, Network, measure_film, outline_film
from services.store import Store
from services.training.evaluation import figures_of
from services.training.release import Metrics, figure
from tests.phantoms import draw_chest, draw_knee, draw_noise
from tests.services.held_out import held_out_films
from tests.services.tiny import put_image, settings_for

ADULT = Subject(age_years=50)
TEST = "jsrt test"


@pytest.fixture(scope="module")
def specialist(tmp_path_factory: pytest.TempPathFactory) -> ChestAnatomy:
    loaded = ChestAnatomy(settings=settings_for(tmp_path_factory.mktemp("run"), backend="torch"))
    loaded.load()
    return loaded


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return Metrics.model_validate_json((WEIGHTS / "metrics.json").read_bytes())


def network(specialist: ChestAnatomy) -> Network:
    return Network(specialist.answer, specialist.size)


def film(folder: Path, pixels: np.ndarray, view: str = "PA", bits: int = 0) -> Pixels:
    reference = put_image(folder, np.ascontiguousarray(pixels), bits=bits)
    return Pixels(reference.model_copy(update={"view_position": view}), Store(folder, fsync=False))


def test_the_card_says_where_the_figures_come_from(specialist: ChestAnatomy, metrics: Metrics) -> None:
    card = specialist.card()
    assert card.accepts == (ImageKind.CHEST_FRONTAL,)
    assert card.algorithm.weights_sha256
    (heart_size,) = card.assesses
    assert set(heart_size.figures.values()) == {one.text for one in metrics.figures}
    assert "Shiraishi" in card.data[0]


def test_weights_that_were_touched_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / WEIGHTS.name
    shutil.copytree(WEIGHTS, folder)
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-100] ^= 0xFF
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(WeightsDamaged, match="SHA-256"):
        ChestAnatomy(folder, settings_for(tmp_path, backend="torch")).load()


def test_weights_that_answer_something_else_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / WEIGHTS.name
    shutil.copytree(WEIGHTS, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["self_test"]["expected"][0] += 0.5
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WeightsDamaged, match="self-test"):
        ChestAnatomy(folder, settings_for(tmp_path, backend="torch")).load()


def test_held_out_films_give_the_figures_of_the_card(specialist: ChestAnatomy, metrics: Metrics) -> None:
    measured = figures_of([measure_film(network(specialist), one, TEST, distances=False) for one in held_out_films(6)])
    for one in measured:
        if one.name.startswith("Dice"):
            assert one.value == pytest.approx(metrics.figure(one.name, TEST).value, abs=0.05)
    assert figure(measured, RATIO_ERROR, TEST).value < 3 * metrics.figure(RATIO_ERROR, TEST).value


def test_bit_depth_and_window_do_not_move_the_outlines(specialist: ChestAnatomy) -> None:
    for one in held_out_films(2):
        plain = outline_film(network(specialist), one.pixels)
        deep = outline_film(network(specialist), one.pixels.astype(np.uint16) * 257)  # type: ignore[arg-type]
        for left, right in zip(plain, deep, strict=True):
            assert (left.mask ^ right.mask).mean() < 0.002


@pytest.mark.parametrize("seed", [0, 1])
def test_the_phantom_is_a_chest_with_its_right_lung_on_the_pictures_left(
    specialist: ChestAnatomy, tmp_path: Path, seed: int
) -> None:
    chest = draw_chest(seed=seed, rows=1000, columns=820)
    image = film(tmp_path, chest.pixels, bits=12)
    said = specialist.analyze([image], ADULT)
    lungs = {one.laterality: one.evidence.regions[0] for one in said.structures if one.code == coded(Label.LUNG)}
    assert set(lungs) == {Laterality.RIGHT, Laterality.LEFT}, said.limitations
    for side, region in lungs.items():
        assert isinstance(region, Mask)
        truth = chest.masks["right_lung" if side is Laterality.RIGHT else "left_lung"]
        columns = np.flatnonzero(truth.any(axis=0)) / truth.shape[1]
        assert (columns.mean() < 0.5) == (side is Laterality.RIGHT)
    (ratio,) = (one.value for one in said.measurements if one.unit == "1")
    assert ratio == pytest.approx(chest.cardiothoracic_ratio, abs=0.08)


@pytest.mark.parametrize("draw", [draw_knee, draw_noise])
def test_what_is_no_chest_is_not_measured(specialist: ChestAnatomy, tmp_path: Path, draw: object) -> None:
    said = specialist.analyze([film(tmp_path, draw(0))], ADULT)  # type: ignore[operator]
    assert (said.findings, said.measurements, said.structures) == ((), (), ())
    assert LimitationReason.IMPLAUSIBLE_RESULT in {one.reason for one in said.limitations}


def test_an_image_without_contrast_is_said_to_be_one(specialist: ChestAnatomy, tmp_path: Path) -> None:
    said = specialist.analyze([film(tmp_path, np.full((300, 300), 700, np.uint16))], ADULT)
    assert [one.reason for one in said.limitations] == [LimitationReason.POOR_QUALITY]
    assert said.findings == ()


def test_most_mirrored_films_are_refused(specialist: ChestAnatomy, tmp_path: Path) -> None:
    films = held_out_films(8)
    mirrored = [film(tmp_path / str(number), one.pixels[:, ::-1]) for number, one in enumerate(films)]
    as_they_are = [film(tmp_path / str(number), one.pixels) for number, one in enumerate(films)]
    assert sum(not specialist.analyze([one], ADULT).structures for one in mirrored) >= 5
    assert all(specialist.analyze([one], ADULT).structures for one in as_they_are)


def test_a_film_is_outlined_and_measured_within_a_second(specialist: ChestAnatomy, tmp_path: Path) -> None:
    image = film(tmp_path, draw_chest(rows=2500, columns=2048).pixels, bits=12)
    specialist.analyze([image], ADULT)
    seconds = []
    for _ in range(3):
        started = time.process_time()
        specialist.analyze([image], ADULT)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 2.0, "processor time of two cores"
