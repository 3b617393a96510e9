"""A person with a folder and a table of their own trains and evaluates, in a few seconds on a tiny drawn set."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.classification.films import read_films
from tests.phantoms import Abnormality, draw_chest

ROOT = Path(__file__).parents[3]
RECIPE = """
name = "own"
title = "drawn films"
side = 64
kept_side = 72
steps = {steps}
imagenet = false
[drawn]
own = 6
[[heads]]
name = "effusion"
label = "pleural effusion"
column = "effusion"
sets = ["own"]
population = "drawn adults"
youngest = 16
floor = 0.0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty drawn films and a table with nothing but files, persons, a label, and some ages."""
    folder = tmp_path_factory.mktemp("own")
    with (folder / "chest_radiographs.csv").open("w", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(["file", "patient_id", "effusion", "sex", "age"])
        for number in range(60):
            ill = number % 2 == 1
            kind = Abnormality("effusion-left" if ill else "none")
            film = draw_chest(kind, seed=number, rows=120, columns=100, extent=1.0).pixels
            cv2.imwrite(str(folder / f"{number}.png"), (film // 16).astype(np.uint8))
            rows.writerow([f"{number}.png", f"person-{number // 2}", int(ill), "FM"[number % 2], 20 + number])
    (folder / "recipe.toml").write_text(RECIPE.format(steps=4))
    return folder


def program(module: str, *options: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", f"services.classification.{module}", *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=200)


def test_a_table_of_files_and_labels_is_enough(folder: Path) -> None:
    films = read_films(folder)
    assert len(films) == 60
    assert {film.source for film in films} == {"own"}
    assert all(film.frontal and set(film.labels) == {"effusion"} for film in films)
    assert {film.split for film in films} == {"train", "val", "test"}
    for person in {film.patient for film in films}:
        assert len({film.split for film in films if film.patient == person}) == 1, "a person is in one split"
    assert films[0].age_band == "18 to 39"


def test_own_films_become_weights_with_a_card_that_the_specialist_loads(folder: Path, tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "compact_chest_radiograph"
    common = ("--data", folder, "--config", folder / "recipe.toml", "--seed", "3")
    trained = program("train_compact_chest_radiograph", *common, "--out", run)
    assert trained.returncode == 0, trained.stderr[-2000:]
    curve = json.loads((run / "own" / "run.json").read_text())["curve"]
    assert curve[-1]["step"] == 4
    measured = program("evaluate_compact_chest_radiograph", *common, "--run", run, "--out", out)
    assert measured.returncode == 0, measured.stderr[-2000:]
    evaluation = json.loads((out / "evaluation.json").read_text())
    groups = {row["group"] for row in evaluation["rows"]}
    assert "all" in groups
    assert {"head", "area", "low", "high", "calibration_error", "sensitivity"} <= set(evaluation["rows"][0])
    card = (out / "MODEL_CARD.md").read_text()
    assert "effusion" in card
    assert (out / "reliability-effusion-own.svg").read_text().startswith("<svg")


def test_a_run_that_was_stopped_goes_on(folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "longer.toml"
    common = ("--data", folder, "--seed", "3", "--out", tmp_path / "run", "--config", recipe)
    recipe.write_text(RECIPE.format(steps=2))
    assert program("train_compact_chest_radiograph", *common).returncode == 0
    recipe.write_text(RECIPE.format(steps=3))
    resumed = program("train_compact_chest_radiograph", *common, "--resume")
    assert resumed.returncode == 0
    assert "going on from step 2" in resumed.stderr


def test_a_folder_without_a_table_is_refused_in_words(tmp_path: Path) -> None:
    refused = program("train_compact_chest_radiograph", "--data", tmp_path, "--out", tmp_path / "run")
    assert refused.returncode == 3
    assert "chest_radiographs.csv" in refused.stderr


def test_a_recipe_that_says_something_unknown_is_refused(folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "wrong.toml"
    recipe.write_text("epochs = 90\n" + RECIPE.format(steps=1))
    refused = program("train_compact_chest_radiograph", "--data", folder, "--out", tmp_path / "run", "--config", recipe)
    assert refused.returncode == 3
    assert "epochs" in refused.stderr
