"""Train boxes of lung opacities, and publish them with what they measure.

::

    python -m services.detection.train_lung_opacities --data DIR --out DIR [--seed N] [--resume] [--config FILE]

``DIR`` of ``--data`` holds your own ``films.csv`` (see :mod:`services.training.opacity_films`) or the set
``covid_gb_seg`` with the films of ``nih``. Training sees the split ``train``, the choice among steps and the operating
points ``val``, and the figures reported come from ``test``. The finished weights, with manifest, card and free-response
curve, lie in ``OUT/lung-opacities``: copy that folder to where ``WETREAD_WEIGHTS`` points.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import structlog
import torch
from safetensors.torch import load_file

from services.contract import Fact
from services.detection.chest_anatomy_boxes import scores_of_coarsest_level
from services.detection.evaluate_lung_opacities import evaluated, mark_films, normal_films
from services.detection.lung_opacities import BOXED, DESIGN, detector_of
from services.detection.network import Design, RetinaNetDetector, build_network
from services.detection.publication import OPACITY_SET, opacity_publication
from services.detection.train_chest_anatomy_boxes import Target
from services.operating_points import LIKELY
from services.training.augmentation import augment
from services.training.command import ask_training
from services.training.free_response import MarkedFilm, mean_share_found, share_found, threshold_at
from services.training.opacity_films import NORMAL_FILMS, OpacityFilm, read_opacities
from services.training.release import WEIGHTS_FILE, Trained, publish, save_weights
from services.training.run import Plan, State, fit, read_validation
from services.training.tables import Grey
from services.weights import Floats, record_self_test

log = structlog.get_logger()

SELF_TEST_SEED = 2018
SMALLEST = 8
"""An opacity that the crop left fewer rows or columns of is no target, px."""
SHOWN_AT, LIKELY_AT = 0.5, 0.1
"""False marks a validation film at which boxes begin to be shown, and an opacity to be likely."""
EARNED = 0.5
"""Share of the validation opacities that has to be found at the second price, or nothing is ever called likely."""


class Recipe(Fact):
    """What can be chosen about a training."""

    steps: int = 700
    peak_rate: float = 1e-3
    batch: int = 4
    box_weight: float = 1.5
    """How much the place of a box counts beside its class."""
    normal: float = 0.3
    """Share of the films that show no opacity."""
    start: Path | None = None
    """A folder of weights whose layers are taken over where they fit."""
    validate_every: int = 100


def targets_of(parts: Grey) -> Target:
    """Return the boxes ``(n, 4)`` of the parts ``(rows, columns, n)`` as top, left, bottom, right, all of class 0."""
    corners = []
    for part in np.moveaxis(parts, -1, 0):
        rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        if min(rows.size, columns.size) >= SMALLEST:
            corners.append([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1])
    return {
        "boxes": torch.tensor(np.array(corners, np.float32).reshape(-1, 4)),
        "labels": torch.zeros(len(corners), dtype=torch.int64),
    }


def draw_batch(
    films: list[OpacityFilm], recipe: Recipe, size: int, seed: int, step: int
) -> tuple[list[torch.Tensor], list[Target]]:
    """Return inputs ``(1, size, size)`` and their boxes; the same for the same seed and step.

    Films are mirrored too: an opacity is one on either side, and no side is told by these boxes.
    """
    random = np.random.default_rng([seed, step])
    ill, others = [film for film in films if film.ill], [film for film in films if not film.ill]
    inputs, targets = [], []
    for _ in range(recipe.batch):
        pool = others if others and (not ill or random.random() < recipe.normal) else ill
        film = pool[int(random.integers(len(pool)))]
        grid, parts = augment(film.pixels, film.parts, size, random)
        if random.random() < 0.5:
            grid, parts = grid[:, ::-1].copy(), parts[:, ::-1]
        inputs.append(torch.from_numpy(grid[None]))
        targets.append(targets_of(parts))
    return inputs, targets


def detector_for_training(design: Design) -> RetinaNetDetector:
    """Return the untrained detector with MONAI's ATSS matching and hard negatives."""
    detector = detector_of(build_network(design), design)
    detector.set_atss_matcher(num_candidates=6)
    detector.set_hard_negative_sampler(batch_size_per_image=64, positive_fraction=0.4, min_neg=16, pool_size=20)
    return detector


def take_over(network: torch.nn.Module, folder: Path) -> None:
    """Begin with the layers of other weights that have the same name and shape: edges on films are edges."""
    own = network.state_dict()
    earlier = load_file(folder / WEIGHTS_FILE)
    network.load_state_dict(own | {n: v.float() for n, v in earlier.items() if n in own and v.shape == own[n].shape})


def with_weights(design: Design, weights: State) -> RetinaNetDetector:
    """Return a detector that reads films with these weights."""
    network = build_network(design)
    network.load_state_dict(weights)
    return detector_of(network, design).eval()


def operating_points(validation: list[MarkedFilm]) -> dict[str, float]:
    """Return from which score on boxes are shown, by false marks on validation films.

    And from which on an opacity is likely: only where half of the opacities are found at that price.
    """
    shown, likely = (threshold_at(validation, rate) for rate in (SHOWN_AT, LIKELY_AT))
    points = {BOXED: shown}
    if share_found(validation, likely) >= EARNED:
        points[LIKELY] = max(shown, likely)
    return {name: math.ceil(point * 1e4) / 1e4 for name, point in points.items()}


def main() -> None:
    """Train what is still missing, measure, and write the folder of weights."""
    asked = ask_training(__doc__ or "", Recipe, seed=20065)
    recipe, design = asked.recipe, DESIGN
    training, held = read_opacities(asked.data, "train"), read_opacities(asked.data, "val")
    log.info("films", train=len(training.films), val=len(held.films))
    torch.manual_seed(asked.seed)
    detector = detector_for_training(design).train()
    if recipe.start:
        take_over(detector.network, recipe.start)

    def loss_of(step: int) -> torch.Tensor:
        losses = detector(*draw_batch(training.films, recipe, design.size, asked.seed, step))
        total: torch.Tensor = losses["classification"] + recipe.box_weight * losses["box_regression"]
        return total

    def validate(weights: State) -> dict[str, float]:
        return {"mean": mean_share_found(mark_films(with_weights(design, weights), design.size, held.films, "val"))}

    plan = Plan(asked.out, recipe.steps, recipe.peak_rate, recipe.validate_every)
    best = fit(detector.network, loss_of, validate, plan)
    folder = asked.out / "lung-opacities"
    reader = with_weights(design, save_weights(best, folder))

    def answer(grids: Floats) -> Floats:
        with torch.inference_mode():
            return scores_of_coarsest_level(tuple(one.numpy() for one in reader.network(torch.from_numpy(grids))))

    points = operating_points(mark_films(reader, design.size, held.films, "val"))
    test = read_opacities(asked.data, "test")
    marks = mark_films(reader, design.size, test.films, f"{test.name} test")
    figures = evaluated(marks, points, normal_films(reader, design.size, asked.data), folder)
    trained = Trained(asked.seed, recipe.steps, len(training.films), read_validation(asked.out), recipe)
    self_test = record_self_test(answer, SELF_TEST_SEED, (1, 1, design.size, design.size), tolerance=0.01)
    normal = NORMAL_FILMS["train"] if training.name == OPACITY_SET else 0
    text = opacity_publication(design, len(training.films) - normal, training.terms, training.name, normal)
    publish(folder, text, trained, figures=figures, operating_points=points, self_test=self_test)


if __name__ == "__main__":
    main()
