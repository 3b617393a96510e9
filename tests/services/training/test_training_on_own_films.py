"""A person with a folder of films, masks and a table of their own trains and evaluates, and serves the result."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from services.contract import Subject
from services.detection.chest_anatomy_boxes import ChestAnatomyBoxes
from services.pixels import Pixels
from services.segmentation.chest_anatomy import ChestAnatomy
from services.settings import ROOT
from services.store import Store
from services.training.outlined import OWN, read_outlined
from services.training.release import Metrics
from tests.phantoms import draw_chest
from tests.services.tiny import put_image, settings_for
from tests.services.training.own_films import draw_own_films

RECIPES = {
    "segmentation": "steps = 4\nsize = 64\nsmall_size = 48\nchannels = [8, 8, 8]\nvalidate_every = 2\n",
    "detection": "steps = 2\nbatch = 2\nvalidate_every = 1\n",
}
MODULES = {"segmentation": "chest_anatomy", "detection": "chest_anatomy_boxes"}
FOLDERS = {"segmentation": "chest-anatomy", "detection": "chest-anatomy-boxes"}


def command(room: str, verb: str, *options: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a training or an evaluation as the command line does."""
    done = subprocess.run(
        [sys.executable, "-m", f"services.{room}.{verb}_{MODULES[room]}", *map(str, options)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "WETREAD_BACKEND": "torch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_own_films(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="module", params=["segmentation", "detection"])
def trained(request: pytest.FixtureRequest, own: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    room, out = request.param, tmp_path_factory.mktemp("run")
    recipe = out / "recipe.toml"
    recipe.write_text(RECIPES[room])
    command(room, "train", "--data", own, "--out", out / "run", "--seed", 5, "--config", recipe)
    return room, out / "run"


def test_the_trained_weights_serve_and_their_card_was_written_by_the_run(
    trained: tuple[str, Path], tmp_path: Path
) -> None:
    room, out = trained
    folder = out / FOLDERS[room]
    specialist = {"segmentation": ChestAnatomy, "detection": ChestAnatomyBoxes}[room](
        folder, settings_for(tmp_path, backend="torch")
    )
    specialist.load()
    film = Pixels(put_image(tmp_path, draw_chest(rows=240, columns=200).pixels), Store(tmp_path, fsync=False))
    assert specialist.analyze([film], Subject(age_years=50)).specialist == specialist.name
    metrics = Metrics.model_validate_json((folder / "metrics.json").read_bytes())
    card = (folder / "MODEL_CARD.md").read_text()
    assert {one.films for one in metrics.figures} == {"own films test"}
    assert all(one.text in card for one in metrics.figures)
    assert (metrics.seed, metrics.training_films) == (5, 3)
    assert [one["step"] for one in metrics.validation][-1] == metrics.steps


def test_an_unfinished_run_is_only_touched_with_resume(trained: tuple[str, Path], own: Path) -> None:
    room, out = trained
    refused = command(room, "train", "--data", own, "--out", out, check=False)
    assert refused.returncode == 2
    assert "--resume" in refused.stderr


def test_an_evaluation_leaves_tables_plots_and_a_card(trained: tuple[str, Path], own: Path, tmp_path: Path) -> None:
    room, out = trained
    command(room, "evaluate", "--data", own, "--out", tmp_path, "--weights", out / FOLDERS[room])
    with (tmp_path / "films.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert {row["patient_id"] for row in rows} == {"patient-4", "patient-5"}
    assert "own films test" in (tmp_path / "evaluation.md").read_text()
    assert [plot for plot in tmp_path.glob("*.svg") if "<circle" in plot.read_text()]
    before = Metrics.model_validate_json((out / FOLDERS[room] / "metrics.json").read_bytes())
    again = Metrics.model_validate_json((tmp_path / "metrics.json").read_bytes())
    assert again.figures == before.figures, "the same weights on the same films"
    assert (tmp_path / "MODEL_CARD.md").read_text() == (out / FOLDERS[room] / "MODEL_CARD.md").read_text()


def test_a_recipe_with_an_unknown_name_is_refused(own: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("epochs = 3\n")
    refused = command(
        "segmentation", "train", "--data", own, "--out", tmp_path, "--config", tmp_path / "recipe.toml", check=False
    )
    assert refused.returncode == 2
    assert "epochs" in refused.stderr
    assert "steps" in refused.stderr, "what a recipe knows"


def test_a_patient_in_two_splits_is_refused(tmp_path: Path) -> None:
    folder = draw_own_films(tmp_path, ("train", "test"))
    text = (folder / OWN).read_text().replace("patient-1", "patient-0")
    (folder / OWN).write_text(text)
    with pytest.raises(ValueError, match="more than one split"):
        read_outlined(folder, "train")


def test_a_spacing_that_is_stated_makes_millimetres(tmp_path: Path) -> None:
    (film,) = read_outlined(draw_own_films(tmp_path, ("test",), spacing_mm="0.4"), "test").films
    assert film.spacing_mm == 0.4
    drawn = draw_chest(seed=0, rows=240, columns=200)
    assert film.cardiothoracic_ratio == pytest.approx(drawn.cardiothoracic_ratio, abs=0.03)
    assert film.masks.shape == (*film.pixels.shape, 5)
    assert np.array_equal(np.unique(film.masks), [0, 1])


def test_a_run_that_goes_on_does_the_missing_steps_only(own: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    options = ("--data", own, "--seed", 3, "--config", recipe)
    recipe.write_text(RECIPES["segmentation"].replace("steps = 4", "steps = 2"))
    command("segmentation", "train", *options, "--out", tmp_path / "a")
    recipe.write_text(RECIPES["segmentation"])
    command("segmentation", "train", *options, "--out", tmp_path / "a", "--resume")
    steps = json.loads((tmp_path / "a" / "chest-anatomy" / "metrics.json").read_text())["validation"]
    assert [one["step"] for one in steps] == [2, 4]
