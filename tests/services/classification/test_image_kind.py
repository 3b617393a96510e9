"""The gate: a frontal chest film is let in, and nothing else is."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from services.classification.films import read_grey
from services.classification.gate import roughness
from services.classification.image_kind import FOLDER, ImageKindSpecialist
from services.contract import Exposure, ImageAssessment, ImageKind, PictureState, Subject
from services.errors import WeightsDamaged, WeightsMissing
from services.manifest import read_manifest
from services.pixels import letterbox
from services.weights import described_file
from tests import phantoms
from tests.services.classification.films import phantom, pixels, real_data, real_films


@pytest.fixture(scope="module")
def gate() -> ImageKindSpecialist:
    specialist = ImageKindSpecialist()
    specialist.load()
    return specialist


def assess(gate: ImageKindSpecialist, folder: Path, image: npt.NDArray[np.generic], bits: int = 0) -> ImageAssessment:
    result = gate.analyze([pixels(folder, image, bits)], Subject())
    assert result.specialist == "image_kind"
    return result.images[0]


def let_in(assessment: ImageAssessment) -> bool:
    return assessment.kind is ImageKind.CHEST_FRONTAL and assessment.in_distribution


@pytest.mark.parametrize("abnormality", [str(kind) for kind in phantoms.Abnormality])
def test_a_drawn_frontal_film_is_let_in(gate: ImageKindSpecialist, tmp_path: Path, abnormality: str) -> None:
    for seed in (3, 4):
        seen = assess(gate, tmp_path, phantom(seed, abnormality), bits=12)
        assert let_in(seen), seen


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_bit_depth_changes_nothing(gate: ImageKindSpecialist, tmp_path: Path, bits: int) -> None:
    film = (phantom(5).astype(np.float64) / 4095 * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    assert let_in(assess(gate, tmp_path, film, bits))


REFUSED: dict[str, Callable[[], npt.NDArray[np.generic]]] = {
    "lateral": lambda: phantoms.draw_lateral(7),
    "knee": lambda: phantoms.draw_knee(7),
    "CT slice": lambda: np.clip(phantoms.draw_ct(7).astype(int) + 1024, 0, 4095).astype(np.uint16),
    "fundus photograph": lambda: phantoms.draw_fundus(7),
    "noise": lambda: phantoms.draw_noise(7),
    "white noise": lambda: np.random.default_rng(1).integers(0, 256, (900, 700)).astype(np.uint8),
    "blank": phantoms.draw_blank,
    "black": lambda: np.zeros((600, 500), np.uint8),
    "slope": lambda: np.linspace(0, 255, 250_000).reshape(500, 500).astype(np.uint8),
    "chessboard": lambda: (np.indices((512, 512)).sum(0) // 64 % 2 * 255).astype(np.uint8),
    "film lying on its side": lambda: np.ascontiguousarray(np.rot90(phantom(8))),
    "film upside down": lambda: np.ascontiguousarray(np.rot90(phantom(8), 2)),
    "film with the greys inverted": lambda: 4095 - phantom(8),
    "film in colour": lambda: np.stack([phantom(8) // 16, phantom(8) // 40, phantom(8) // 99], -1).astype(np.uint8),
}


@pytest.mark.parametrize("picture", list(REFUSED))
def test_anything_else_is_refused(gate: ImageKindSpecialist, tmp_path: Path, picture: str) -> None:
    seen = assess(gate, tmp_path, REFUSED[picture]())
    assert not let_in(seen), seen


LIES = {
    "lying on its left side": (np.rot90, PictureState.TURNED_LEFT),
    "lying on its right side": (lambda film: np.rot90(film, 3), PictureState.TURNED_RIGHT),
    "upside down": (lambda film: np.rot90(film, 2), PictureState.UPSIDE_DOWN),
    "inverted": (lambda film: 4095 - film, PictureState.INVERTED),
}


@pytest.mark.parametrize("how", list(LIES))
def test_a_film_that_must_not_be_read_as_it_is_is_named(gate: ImageKindSpecialist, tmp_path: Path, how: str) -> None:
    change, state = LIES[how]
    seen = assess(gate, tmp_path, np.ascontiguousarray(change(phantom(8))), bits=12)
    assert seen.quality is not None
    assert seen.quality.state is state
    assert seen.quality.readable_when_turned_over is (state is PictureState.INVERTED)


def test_the_same_picture_is_known_again_smaller_and_compressed(gate: ImageKindSpecialist, tmp_path: Path) -> None:
    film = (phantom(8) // 16).astype(np.uint8)
    small = cv2.resize(film, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    again = cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], cv2.IMREAD_GRAYSCALE)
    first, other, stranger = (assess(gate, tmp_path, picture) for picture in (film, again, phantoms.draw_lateral(7)))
    bits = [int(one.quality.fingerprint, 16) for one in (first, other, stranger) if one.quality]
    assert (bits[0] ^ bits[1]).bit_count() <= 1
    assert (bits[0] ^ bits[2]).bit_count() > 8


def test_exposure_is_judged_by_the_grey_levels(gate: ImageKindSpecialist, tmp_path: Path) -> None:
    film = phantom(8)
    exposures = [
        assess(gate, tmp_path, picture.astype(np.uint16), bits=12).quality.exposure  # type: ignore[union-attr]
        for picture in (film, 2000 + film // 256, np.clip(film.astype(int) * 2, 0, 4095))
    ]
    assert exposures == [Exposure.GOOD, Exposure.UNDER, Exposure.CLIPPED]


def test_real_inverted_films_would_be_readable_turned_over(gate: ImageKindSpecialist, tmp_path: Path) -> None:
    films = real_films("nih", 20, frontal="1")
    seen = [assess(gate, tmp_path, 255 - film).quality for film in films]
    assert np.mean([bool(one and one.readable_when_turned_over) for one in seen]) >= 0.9


def test_a_blank_image_is_nothing_medical(gate: ImageKindSpecialist, tmp_path: Path) -> None:
    seen = assess(gate, tmp_path, np.full((300, 300), 77, np.uint8))
    assert seen.kind is ImageKind.NOT_MEDICAL
    assert not seen.in_distribution


def test_a_lateral_and_a_knee_are_named(gate: ImageKindSpecialist, tmp_path: Path) -> None:
    assert assess(gate, tmp_path, phantoms.draw_lateral(9)).kind is ImageKind.CHEST_LATERAL
    assert assess(gate, tmp_path, phantoms.draw_knee(9)).kind is ImageKind.OTHER_RADIOGRAPH


@pytest.mark.parametrize("source", ["nih", "kermany", "tb_shenzhen", "jsrt", "covid_ieee8023", "covid_hannover"])
def test_real_frontal_films_are_let_in(gate: ImageKindSpecialist, tmp_path: Path, source: str) -> None:
    films = real_films(source, 40, frontal="1")
    let = [let_in(assess(gate, tmp_path, film)) for film in films]
    assert np.mean(let) >= 0.95


def test_real_lateral_films_are_refused(gate: ImageKindSpecialist, tmp_path: Path) -> None:
    films = real_films("covid_ieee8023", 40, frontal="0")
    assert len(films) >= 5
    assert not any(let_in(assess(gate, tmp_path, film)) for film in films)


def test_real_ultrasound_is_named_however_rough_its_speckle(gate: ImageKindSpecialist, tmp_path: Path) -> None:
    with (real_data() / "us_busi" / "us_busi.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["split"] == "val" and row.get("keep", "1") == "1"]
    films = [read_grey(real_data() / row["file"]) for row in rows]
    rough = [one for one in films if gate.gate and roughness(letterbox(one, gate.side)[0]) > gate.gate.roughness_limit]
    assert rough
    assert all(assess(gate, tmp_path, one).kind is ImageKind.ULTRASOUND for one in rough)


def test_real_slices_ultrasound_and_a_leg_are_refused(gate: ImageKindSpecialist, tmp_path: Path) -> None:
    from services.classification.image_kind_pools import DICOM_SAMPLES, read_frames

    folder = real_data() / "dicom_samples"
    for split in DICOM_SAMPLES.values():
        for kind, names in split.items():
            for name in names:
                for frame in read_frames(folder / f"{name}.dcm"):
                    assert let_in(assess(gate, tmp_path, frame)) is (kind is ImageKind.CHEST_FRONTAL), name


def test_the_weights_are_those_of_the_manifest() -> None:
    manifest = read_manifest(FOLDER)
    assert [described_file(FOLDER / file.name) for file in manifest.files] == list(manifest.files)
    assert (FOLDER / "MODEL_CARD.md").is_file()
    assert (FOLDER / "evaluation.json").is_file()


def test_damaged_weights_are_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "image_kind"
    shutil.copytree(FOLDER, folder)
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 0x40
    weights.write_bytes(bytes(content))
    with pytest.raises(WeightsDamaged):
        ImageKindSpecialist(folder).load()


def test_before_it_is_loaded_it_says_nothing(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        ImageKindSpecialist().analyze([pixels(tmp_path, phantom(1))], Subject())


def test_the_same_image_gives_the_same_assessment(gate: ImageKindSpecialist, tmp_path: Path) -> None:
    assert assess(gate, tmp_path, phantom(2)) == assess(gate, tmp_path, phantom(2))
