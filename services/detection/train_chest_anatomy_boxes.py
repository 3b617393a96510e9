"""Train boxes of lungs, heart and clavicles, and publish them with what they measure.

::

    python -m services.detection.train_chest_anatomy_boxes --data DIR --out DIR [--seed N] [--resume] [--config FILE]

``DIR`` of ``--data`` holds your own ``films.csv`` (see :mod:`services.training.outlined`) or the JSRT films. Training
sees the split ``train``, the choice among steps ``val``, and the figures reported come from ``test``. The finished
weights, with manifest and card, lie in ``OUT/chest-anatomy-boxes``: copy that folder to where ``WETREAD_WEIGHTS``
points.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog
import torch
from safetensors.torch import load_file

from services.anatomy import CHEST_STRUCTURES, HEART
from services.contract import Fact
from services.detection.box_report import UNCERTAINTY
from services.detection.chest_anatomy_boxes import scores_of_coarsest_level
from services.detection.evaluate_chest_anatomy_boxes import RATIO_ERROR, measure, measure_film, true_boxes
from services.detection.network import Design, RetinaNetDetector, build_detector, build_network
from services.detection.publication import publication
from services.training.augmentation import augment, widen
from services.training.command import ask_training
from services.training.evaluation import figures_of, write_evaluation
from services.training.outlined import OutlinedFilm, read_outlined
from services.training.release import WEIGHTS_FILE, Trained, figure, publish, save_weights
from services.training.run import Plan, State, fit, read_validation
from services.weights import Floats, record_self_test

log = structlog.get_logger()

SELF_TEST_SEED = 2017
SMALLEST = 8
"""A structure that the crop left fewer rows or columns of is no target, px."""

Target = dict[str, torch.Tensor]


class Recipe(Fact):
    """What can be chosen about a training."""

    steps: int = 1600
    peak_rate: float = 1e-3
    batch: int = 4
    box_weight: float = 2.0
    """How much the place of a box counts beside its class."""
    widened: float = 0.5
    """Share of the films whose heart is widened or narrowed first, so that its width is looked at, not assumed."""
    start: Path | None = None
    """A folder of weights to go on from."""
    validate_every: int = 300


def targets_of(masks: npt.NDArray[np.uint8]) -> Target:
    """Return the boxes ``(n, 4)`` as top, left, bottom, right, and their classes ``(n,)``."""
    boxes = true_boxes(masks, SMALLEST)
    corners = [[box.top, box.left, box.bottom, box.right] for box in boxes.values()]
    labels = [CHEST_STRUCTURES.index(structure) for structure in boxes]
    return {
        "boxes": torch.tensor(corners, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor(labels, dtype=torch.int64),
    }


def draw_batch(
    films: list[OutlinedFilm], recipe: Recipe, size: int, seed: int, step: int
) -> tuple[list[torch.Tensor], list[Target]]:
    """Return inputs ``(1, size, size)`` and their boxes; the same for the same seed and step."""
    random = np.random.default_rng([seed, step])
    inputs, targets = [], []
    for index in random.choice(len(films), recipe.batch, replace=len(films) < recipe.batch):
        pixels, masks = films[index].pixels, films[index].masks
        if random.random() < recipe.widened:
            pixels, masks = widen(pixels, masks, CHEST_STRUCTURES.index(HEART), random)
        grid, moved = augment(pixels, masks, size, random)
        inputs.append(torch.from_numpy(grid[None]))
        targets.append(targets_of(moved))
    return inputs, targets


def detector_for_training(design: Design) -> RetinaNetDetector:
    """Return the untrained detector with MONAI's ATSS matching and hard negatives."""
    detector = build_detector(build_network(design), design)
    detector.set_atss_matcher(num_candidates=6)
    detector.set_hard_negative_sampler(batch_size_per_image=64, positive_fraction=0.4, min_neg=16, pool_size=20)
    return detector


def with_weights(design: Design, weights: State) -> RetinaNetDetector:
    """Return a detector that reads films with these weights."""
    network = build_network(design)
    network.load_state_dict(weights)
    return build_detector(network, design).eval()


def validate(design: Design, weights: State, films: list[OutlinedFilm]) -> dict[str, float]:
    """Return the mean figures on the validation films; ``mean``, of the overlaps, chooses the best step."""
    detector = with_weights(design, weights)
    figures = {
        one.name: one.value for one in figures_of([measure_film(detector, design.size, f, "val") for f in films])
    }
    return figures | {"mean": float(np.mean([value for name, value in figures.items() if name.startswith("overlap")]))}


def main() -> None:
    """Train what is still missing, measure, and write the folder of weights."""
    asked = ask_training(__doc__ or "", Recipe, seed=20062)
    recipe, design = asked.recipe, Design()
    training, held = read_outlined(asked.data, "train"), read_outlined(asked.data, "val")
    log.info("films", train=len(training.films), val=len(held.films))
    torch.manual_seed(asked.seed)
    detector = detector_for_training(design).train()
    if recipe.start:
        detector.network.load_state_dict({n: v.float() for n, v in load_file(recipe.start / WEIGHTS_FILE).items()})

    def loss_of(step: int) -> torch.Tensor:
        losses = detector(*draw_batch(training.films, recipe, design.size, asked.seed, step))
        total: torch.Tensor = losses["classification"] + recipe.box_weight * losses["box_regression"]
        return total

    plan = Plan(asked.out, recipe.steps, recipe.peak_rate, recipe.validate_every)
    best = fit(detector.network, loss_of, lambda weights: validate(design, weights, held.films), plan)
    folder = asked.out / "chest-anatomy-boxes"
    reader = with_weights(design, save_weights(best, folder))

    def answer(grids: Floats) -> Floats:
        with torch.inference_mode():
            return scores_of_coarsest_level(tuple(one.numpy() for one in reader.network(torch.from_numpy(grids))))

    measured = measure(reader, design.size, asked.data)
    trained = Trained(asked.seed, recipe.steps, len(training.films), read_validation(asked.out), recipe)
    figures = figures_of(measured)
    points = {UNCERTAINTY: figure(figures, RATIO_ERROR, f"{training.name} test").value}
    self_test = record_self_test(answer, SELF_TEST_SEED, (1, 1, design.size, design.size), tolerance=0.01)
    text = publication(design, len(training.films), training.terms, training.name)
    publish(folder, text, trained, figures=figures, operating_points=points, self_test=self_test)
    write_evaluation(asked.out, text.title, measured, ("overlap (IoU)",))


if __name__ == "__main__":
    main()
