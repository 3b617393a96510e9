"""Train the bundled outlines of lungs, heart and clavicles on the JSRT films.

::

    python -m services.segmentation.train_chest_anatomy --data DIR --out DIR

``DIR`` of ``--data`` holds ``jsrt/jsrt.csv`` (and, for a second opinion, ``tb_shenzhen/tb_shenzhen.csv``). A run
that was stopped goes on from its checkpoint. Training sees the split ``train`` only, the choice among steps
``val``, and the figures reported come from ``test``. The finished weights lie in ``OUT/chest-anatomy``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import structlog
import torch

from services.segmentation.measure_chest_anatomy import Run, measure, measure_film
from services.segmentation.network import SIZE, build_network
from services.segmentation.release_chest_anatomy import release
from services.training.augmentation import augment
from services.training.jsrt import OutlinedFilm, read_jsrt
from services.training.release import Trained, save_weights
from services.training.run import Plan, State, fit, read_validation
from services.weights import Floats

log = structlog.get_logger()

BATCH = 4
PEAK_RATE = 2e-3
SMALL_SIZE = 160
SMALL_SHARE = 0.45
"""The first share of the steps sees smaller films: most of what is to be learnt, at four tenths of the time."""


def draw_batch(films: list[OutlinedFilm], size: int, seed: int, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ``(4, 1, size, size)`` inputs and ``(4, 5, size, size)`` targets; the same for the same seed and step."""
    random = np.random.default_rng([seed, step])
    inputs, targets = [], []
    for index in random.choice(len(films), BATCH, replace=False):
        grid, masks = augment(films[index].pixels, films[index].masks, size, random)
        inputs.append(grid[None])
        targets.append(np.moveaxis(masks, -1, 0).astype(np.float32))
    return torch.from_numpy(np.stack(inputs)), torch.from_numpy(np.stack(targets))


def outline_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of every pixel plus soft Dice of every structure."""
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)
    likely = torch.sigmoid(logits)
    shared = (likely * targets).sum(dim=(2, 3))
    dice = (2 * shared + 1) / (likely.sum(dim=(2, 3)) + targets.sum(dim=(2, 3)) + 1)
    return entropy + (1 - dice).mean()


def runner(weights: State) -> Run:
    """Return plain fp32 inference with these weights."""
    network = build_network().eval()
    network.load_state_dict(weights)

    def run(grids: Floats) -> Floats:
        with torch.inference_mode():
            return torch.sigmoid(network(torch.from_numpy(grids))).numpy()

    return run


def validate(weights: State, films: list[OutlinedFilm]) -> dict[str, float]:
    """Return the mean Dice of each structure, by its place in ``CHEST_STRUCTURES``, and the error of the ratio."""
    run = runner(weights)
    measured = [measure_film(run, film) for film in films]
    mean = np.mean([overlaps for overlaps, _ in measured], axis=0)
    error = float(np.mean([one for _, one in measured]))
    return {f"dice_{i}": float(one) for i, one in enumerate(mean)} | {"mean": float(mean.mean()), "ratio_error": error}


def main() -> None:
    """Train what is still missing, measure, and write the folder of weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--seed", type=int, default=20061)
    asked = parser.parse_args()
    films, held = read_jsrt(asked.data, "train"), read_jsrt(asked.data, "val")
    log.info("films", train=len(films), val=len(held))
    torch.manual_seed(asked.seed)
    network = build_network().train()

    def loss_of(step: int) -> torch.Tensor:
        size = SMALL_SIZE if step < SMALL_SHARE * asked.steps else SIZE
        inputs, targets = draw_batch(films, size, asked.seed, step)
        return outline_loss(network(inputs), targets)

    best = fit(network, loss_of, lambda weights: validate(weights, held), Plan(asked.out, asked.steps, PEAK_RATE))
    folder = asked.out / "chest-anatomy"
    run = runner(save_weights(best, folder))
    trained = Trained(asked.seed, asked.steps, len(films), read_validation(asked.out))
    release(folder, run, measure(run, asked.data), trained)


if __name__ == "__main__":
    main()
