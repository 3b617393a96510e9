"""Train the bundled boxes of lungs, heart and clavicles on the JSRT films.

::

    python -m services.detection.train_chest_anatomy_boxes --data DIR --out DIR

``DIR`` of ``--data`` holds ``jsrt/jsrt.csv``. A run that was stopped goes on from its checkpoint. Training
sees the split ``train`` only, the choice among steps ``val``, and the figures reported come from ``test``.
The finished weights lie in ``OUT/chest-anatomy-boxes``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog
import torch

from services.anatomy import CHEST_STRUCTURES
from services.detection.measure_chest_anatomy_boxes import measure, measure_film, true_boxes
from services.detection.network import SIZE, RetinaNetDetector, build_detector, build_network
from services.detection.release_chest_anatomy_boxes import release
from services.training.augmentation import augment
from services.training.jsrt import OutlinedFilm, read_jsrt
from services.training.release import Trained, save_weights
from services.training.run import Plan, State, fit, read_validation

log = structlog.get_logger()

BATCH = 4
PEAK_RATE = 1e-3
SMALLEST = 8
"""A structure that the crop left fewer rows or columns of is no target, px."""

Target = dict[str, torch.Tensor]


def targets_of(masks: npt.NDArray[np.uint8]) -> Target:
    """Return the boxes ``(n, 4)`` as top, left, bottom, right, and their classes ``(n,)``."""
    boxes = true_boxes(masks, SMALLEST)
    corners = [[box.top, box.left, box.bottom, box.right] for box in boxes.values()]
    labels = [CHEST_STRUCTURES.index(structure) for structure in boxes]
    return {
        "boxes": torch.tensor(corners, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor(labels, dtype=torch.int64),
    }


def draw_batch(films: list[OutlinedFilm], seed: int, step: int) -> tuple[list[torch.Tensor], list[Target]]:
    """Return four inputs ``(1, 256, 256)`` and their boxes; the same for the same seed and step."""
    random = np.random.default_rng([seed, step])
    inputs, targets = [], []
    for index in random.choice(len(films), BATCH, replace=False):
        grid, masks = augment(films[index].pixels, films[index].masks, SIZE, random)
        inputs.append(torch.from_numpy(grid[None]))
        targets.append(targets_of(masks))
    return inputs, targets


def detector_for_training() -> RetinaNetDetector:
    """Return the untrained detector with MONAI's ATSS matching and hard negatives."""
    detector = build_detector(build_network())
    detector.set_atss_matcher(num_candidates=6)
    detector.set_hard_negative_sampler(batch_size_per_image=64, positive_fraction=0.4, min_neg=16, pool_size=20)
    return detector


def with_weights(weights: State) -> RetinaNetDetector:
    """Return a detector that reads films with these weights."""
    network = build_network()
    network.load_state_dict(weights)
    return build_detector(network).eval()


def validate(weights: State, films: list[OutlinedFilm]) -> dict[str, float]:
    """Return the mean overlap of each structure, by its place in ``CHEST_STRUCTURES``, and the ratio's error."""
    detector = with_weights(weights)
    measured = [measure_film(detector, film) for film in films]
    mean = np.mean([overlaps for overlaps, _ in measured], axis=0)
    error = float(np.mean([one for _, one in measured]))
    return {f"iou_{i}": float(one) for i, one in enumerate(mean)} | {"mean": float(mean.mean()), "ratio_error": error}


def main() -> None:
    """Train what is still missing, measure, and write the folder of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--seed", type=int, default=20062)
    asked = parser.parse_args()
    films, held = read_jsrt(asked.data, "train"), read_jsrt(asked.data, "val")
    log.info("films", train=len(films), val=len(held))
    torch.manual_seed(asked.seed)
    detector = detector_for_training().train()

    def loss_of(step: int) -> torch.Tensor:
        losses = detector(*draw_batch(films, asked.seed, step))
        total: torch.Tensor = losses["classification"] + 2.0 * losses["box_regression"]
        return total

    plan = Plan(asked.out, asked.steps, PEAK_RATE)
    best = fit(detector.network, loss_of, lambda weights: validate(weights, held), plan)
    folder = asked.out / "chest-anatomy-boxes"
    reader = with_weights(save_weights(best, folder))
    trained = Trained(asked.seed, asked.steps, len(films), read_validation(asked.out))
    release(folder, reader, measure(reader, asked.data), trained)


if __name__ == "__main__":
    main()
