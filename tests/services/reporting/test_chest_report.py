"""The specialist that writes about a film, with a tiny real checkpoint of the same format."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from services.contract import LimitationReason, Subject
from services.errors import WeightsDamaged, WeightsForbidden, WeightsMissing
from services.manifest import read_manifest, write_manifest
from services.pixels import Pixels
from services.reporting.chest_report import ChestReport
from services.store import Store
from tests.services.reporting.small_writer import FILMS, film, save_writer
from tests.services.tiny import put_image, settings_for


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "chest_report"
    save_writer(folder)
    return folder


@pytest.fixture
def weights(checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the site's weights that a test may spoil."""
    shutil.copytree(checkpoint, tmp_path / "weights" / "chest_report")
    return tmp_path / "weights"


def loaded(weights: Path, tmp_path: Path, **changes: object) -> ChestReport:
    writer = ChestReport(settings_for(tmp_path, weights=weights, **changes))
    writer.load()
    return writer


def pixels(tmp_path: Path, image: np.ndarray, image_id: str = "image-1") -> Pixels:
    return Pixels(put_image(tmp_path / "store", image, image_id), Store(tmp_path / "store"))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("side", FILMS)
def test_each_film_gets_the_text_that_belongs_to_it_whatever_its_bit_depth(weights, tmp_path, side, bits):
    writer = loaded(weights, tmp_path)
    result = writer.analyze((pixels(tmp_path, film(side, bits)),), Subject())
    assert [text.text for text in result.texts] == [FILMS[side]]
    assert result.texts[0].algorithm.weights_sha256 == read_manifest(weights / "chest_report").sha256
    assert (result.findings, result.limitations) == ((), ())


def test_several_films_are_told_apart_and_the_same_film_gets_the_same_text(weights, tmp_path):
    writer = loaded(weights, tmp_path)
    films = [pixels(tmp_path, film(side), f"image-{side}") for side in ("left", "right", "left")]
    texts = writer.analyze(films, Subject()).texts
    assert [text.text for text in texts] == [FILMS["left"], FILMS["right"], FILMS["left"]]


def test_an_image_without_contrast_is_not_written_about(weights, tmp_path):
    blank = pixels(tmp_path, np.full((64, 64), 7, np.uint8))
    result = loaded(weights, tmp_path).analyze((blank,), Subject())
    assert result.texts == ()
    assert [one.reason for one in result.limitations] == [LimitationReason.POOR_QUALITY]


def test_without_a_checkpoint_of_the_site_it_is_not_in_force(tmp_path):
    with pytest.raises(WeightsMissing):
        loaded(tmp_path / "nothing", tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "preprocessor_config.json"])
def test_a_file_that_was_changed_is_refused(weights, tmp_path, name):
    file = weights / "chest_report" / name
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(WeightsDamaged, match=name.replace(".", r"\.")):
        loaded(weights, tmp_path)


def test_a_manifest_that_leaves_a_file_out_is_refused(weights, tmp_path):
    folder = weights / "chest_report"
    manifest = read_manifest(folder)
    kept = tuple(file for file in manifest.files if file.name != "tokenizer.json")
    write_manifest(folder, manifest.model_copy(update={"files": kept}))
    with pytest.raises(WeightsDamaged, match=r"tokenizer\.json"):
        loaded(weights, tmp_path)


def test_a_checkpoint_that_answers_otherwise_than_its_manifest_says_is_refused(weights, tmp_path):
    folder = weights / "chest_report"
    manifest = read_manifest(folder)
    assert manifest.self_test is not None
    wrong = manifest.self_test.model_copy(update={"expected": tuple(v + 1 for v in manifest.self_test.expected)})
    write_manifest(folder, manifest.model_copy(update={"self_test": wrong}))
    with pytest.raises(WeightsDamaged, match="self-test"):
        loaded(weights, tmp_path)


def test_a_non_commercial_checkpoint_is_not_used_in_a_clinical_deployment(weights, tmp_path):
    folder = weights / "chest_report"
    manifest = read_manifest(folder)
    write_manifest(folder, manifest.model_copy(update={"licence": "CC BY-NC 4.0", "commercial_use": False}))
    with pytest.raises(WeightsForbidden, match="CC BY-NC"):
        loaded(weights, tmp_path, deployment="clinical")


def test_the_card_says_that_a_text_is_no_finding(weights, tmp_path):
    card = loaded(weights, tmp_path).card()
    assert card.assesses == () and "no finding" in card.not_assessed[0]
    assert card.licence == "Apache-2.0"
