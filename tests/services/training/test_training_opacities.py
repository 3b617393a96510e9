"""A person with films, masks of opacities and a table of their own trains the detector, and serves the result."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.contract import Presence, Subject
from services.detection.lung_opacities import LungOpacities
from services.pixels import Pixels
from services.settings import ROOT
from services.store import Store
from services.training.opacity_films import read_opacities
from services.training.outlined import OWN
from services.training.release import Metrics
from tests.phantoms import draw_chest
from tests.services.tiny import put_image, settings_for

SPLITS = ("train", "train", "train", "val", "val", "test", "test")


def draw_opacities(folder: Path) -> Path:
    """Write films of which every third shows nothing, the masks of the others, and the table."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / OWN).open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(("file", "mask", "patient_id", "split"))
        for number, split in enumerate(SPLITS):
            pixels = (draw_chest(seed=number, rows=240, columns=200).pixels // 16).astype(np.uint8)
            mask = np.zeros_like(pixels)
            if number % 3:
                cv2.ellipse(mask, (60 + 70 * (number % 2), 130), (22, 34), 0, 0, 360, 255, -1)
                pixels = np.where(mask > 0, np.maximum(pixels, 170), pixels).astype(np.uint8)
                cv2.imwrite(str(folder / f"{number}-mask.png"), mask)
            cv2.imwrite(str(folder / f"{number}.png"), pixels)
            writer.writerow((f"{number}.png", f"{number}-mask.png" if number % 3 else "", f"patient-{number}", split))
    return folder


def run(verb: str, *options: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"services.detection.{verb}_lung_opacities", *map(str, options)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "WETREAD_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_opacities(tmp_path_factory.mktemp("films"))


def test_the_trained_weights_serve_and_are_measured_again_alike(own: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("steps = 2\nbatch = 2\nvalidate_every = 1\n")
    run("train", "--data", own, "--out", tmp_path / "run", "--config", recipe)
    folder = tmp_path / "run" / "lung-opacities"
    specialist = LungOpacities(folder, settings_for(tmp_path, backend="torch"))
    specialist.load()
    film = Pixels(put_image(tmp_path, draw_chest(rows=240, columns=200).pixels), Store(tmp_path, fsync=False))
    said = specialist.analyze([film], Subject(age_years=50))
    assert all(one.presence is not Presence.ABSENT for one in said.findings)
    metrics = Metrics.model_validate_json((folder / "metrics.json").read_bytes())
    assert {one.films for one in metrics.figures} == {"own films test"}
    run("evaluate", "--data", own, "--out", tmp_path / "again", "--weights", folder)
    assert Metrics.model_validate_json((tmp_path / "again" / "metrics.json").read_bytes()).figures == metrics.figures
    assert (tmp_path / "again" / "MODEL_CARD.md").read_text() == (folder / "MODEL_CARD.md").read_text()


def test_a_film_without_a_mask_shows_no_opacity(own: Path) -> None:
    films = read_opacities(own, "train").films
    assert [film.ill for film in films] == [False, True, True]
    assert films[1].parts.shape == (*films[1].pixels.shape, 1)


def test_a_patient_in_two_splits_is_refused(tmp_path: Path) -> None:
    folder = draw_opacities(tmp_path)
    (folder / OWN).write_text((folder / OWN).read_text().replace("patient-5", "patient-0"))
    with pytest.raises(ValueError, match="more than one split"):
        read_opacities(folder, "train")
