"""Train the bundled compact classifier: ``python -m services.classification.train_compact_chest_radiograph``.

Seeded; writes ``checkpoint.pt`` every few minutes and goes on from it; ``run.json`` holds the validation curve.
The weights become the bundled ones through ``python -m services.classification.measure_compact_chest_radiograph``.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from services.classification import augmentation
from services.classification.figures import area, area_within
from services.classification.films import Film, read_films, read_grey
from services.classification.heads import CANDIDATES, HEADS
from services.classification.network import ResidualNetwork, follow, set_rate
from services.classification.preparation import squash, standardise

log = logging.getLogger("train_compact_chest_radiograph")

SIDE = 112
KEPT_SIDE = 176
"""Squares are kept a little larger than they are trained, so that turning them loses nothing."""
WIDTHS, BLOCKS, DROPOUT = (24, 48, 96, 192), (1, 2, 2, 2), 0.3
DRAWN = {"kermany": 11, "nih": 12, "nih64": 4, "tb_shenzhen": 5}
"""Films of each set in a batch."""
PEAK = 2.5e-3
"""Highest learning rate."""


@dataclass(frozen=True)
class Squares:
    """Films of one split as arrays."""

    films: list[Film]
    pixels: NDArray[np.uint8]
    """``(films, side, side)``"""
    truth: NDArray[np.float32]
    """``(films, heads)`` 1, 0, or nan where nothing is known or the set may not teach the head."""


def load_squares(data: Path, split: str, side: int, cache: Path) -> Squares:
    """Return the prepared films of one split; the pixels are kept in ``cache`` between runs."""
    films = [film for film in read_films(data) if film.split == split and film.frontal and film.source in DRAWN]
    kept = cache / f"{split}_{side}.npy"
    if not kept.exists():
        log.info("preparing %d films of %s", len(films), split)
        np.save(kept, np.stack([squash(read_grey(data / film.file), side)[0] for film in films]))
    return Squares(films, np.load(kept), truth_of(films))


def truth_of(films: list[Film]) -> NDArray[np.float32]:
    """Return what each head may learn from each film."""
    truth = np.full((len(films), len(HEADS)), np.nan, np.float32)
    for row, film in enumerate(films):
        for column, head in enumerate(HEADS):
            value = film.labels.get(head.column)
            if value is not None and film.source in head.sets:
                truth[row, column] = float(value != (head.column == "no_finding"))
    return truth


def weights_of(films: list[Film], truth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return weights under which both values of a label are equally common in every set and view.

    The view of an adult's film can be read from it and goes with how ill the person is; without this the view
    is learnt instead of the finding.
    """
    strata = np.array([f"{film.source} {film.view}" for film in films])
    weights = np.zeros_like(truth)
    for stratum in np.unique(strata):
        inside = strata == stratum
        for column in range(truth.shape[1]):
            known = inside & ~np.isnan(truth[:, column])
            for value in (0, 1):
                cell = known & (truth[:, column] == value)
                if cell.any():
                    weights[cell, column] = min(known.sum() / (2 * cell.sum()), 6.0)
    return weights


def vary(square: NDArray[np.uint8], source: str, random: np.random.Generator) -> NDArray[np.float32]:
    """Return a standardised ``(SIDE, SIDE)`` variation of a square."""
    varied = augmentation.vary_pose(square, SIDE, random)
    if random.random() < 0.3:
        varied = np.ascontiguousarray(varied[:, ::-1])
    if random.random() < 0.8:
        varied = augmentation.vary_grey(varied, random)
    if source != "nih64" and random.random() < (0.4 if source == "nih" else 0.2):
        varied = augmentation.lose_detail(varied, random, coarse=64)
    if random.random() < 0.3:
        varied = augmentation.add_noise(varied, random)
    if random.random() < 0.2:
        varied = augmentation.compress(varied, random)
    if random.random() < 0.4:
        varied = augmentation.cut_holes(varied, random)
    return standardise(varied)


def draw(squares: Squares, weights: NDArray[np.float32], random: np.random.Generator) -> tuple[torch.Tensor, ...]:
    """Return one batch: images, truth and weights, some pairs of the same set mixed."""
    sources = np.array([film.source for film in squares.films])
    images, truths, shares = [], [], []
    for source, count in DRAWN.items():
        rows = random.choice(np.flatnonzero(sources == source), count, replace=False)
        image = np.stack([vary(squares.pixels[row], source, random) for row in rows])
        truth, weight = squares.truth[rows], weights[rows]
        if random.random() < 0.5:
            share, order = float(random.beta(0.4, 0.4)), random.permutation(count)
            image = share * image + (1 - share) * image[order]
            weight = share * weight + (1 - share) * weight[order]
            truth = share * truth + (1 - share) * truth[order]
        images.append(image)
        truths.append(truth)
        shares.append(np.where(np.isnan(truth), 0, weight))
    batch = torch.from_numpy(np.concatenate(images).astype(np.float32))[:, None]
    return (
        batch.contiguous(memory_format=torch.channels_last),
        torch.from_numpy(np.nan_to_num(np.concatenate(truths)).astype(np.float32)),
        torch.from_numpy(np.concatenate(shares).astype(np.float32)),
    )


def loss_of(logits: torch.Tensor, truth: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the sum over heads of the weighted mean of what is known; targets a little softened."""
    soft = truth * 0.96 + 0.02
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, soft, reduction="none")
    by_head = (each * weights).sum(0) / (weights > 0).sum(0).clamp(min=1)
    return (by_head * torch.tensor([head.weight for head in HEADS])).sum()


@torch.inference_mode()
def logits_of(network: ResidualNetwork, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return ``(films, heads)`` logits of prepared squares of any side."""
    network.eval()
    found = []
    for start in range(0, len(pixels), 64):
        batch = np.stack([standardise(square) for square in pixels[start : start + 64]])[:, None]
        found.append(network(torch.from_numpy(batch).contiguous(memory_format=torch.channels_last)).double().numpy())
    return np.concatenate(found)


def areas_of(squares: Squares, logits: NDArray[np.float64]) -> dict[str, float]:
    """Return the area under the curve of every head, within set and view."""
    strata = np.array([f"{film.source} {film.view}" for film in squares.films])
    areas = {}
    for column, head in enumerate(HEADS):
        known = ~np.isnan(squares.truth[:, column])
        truth = squares.truth[known, column] == 1
        areas[head.name] = round(area_within(logits[known, column], truth, strata[known]), 4)
        areas[f"{head.name}, any view"] = round(area(logits[known, column], truth), 4)
    return areas


def new_network() -> ResidualNetwork:
    """Return an untrained network of the bundled shape."""
    network = ResidualNetwork(WIDTHS, BLOCKS, len(HEADS), DROPOUT)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def train(data: Path, out: Path, steps: int, seed: int) -> None:
    """Train with a falling rate; the averaged weights at the end are kept.

    Validation is written down and chooses nothing here: it is too small to pick a step by.
    """
    torch.manual_seed(seed)
    training, validation = (load_squares(data, "train", KEPT_SIDE, out), load_squares(data, "val", SIDE, out))
    weights = weights_of(training.films, training.truth)
    network = new_network()
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05)
    start, curve = 0, []
    if (out / "checkpoint.pt").exists():
        state = torch.load(out / "checkpoint.pt", weights_only=False)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        start, curve = state["step"], state["curve"]
        log.info("going on from step %d", start)
    clock = time.monotonic()
    for step in range(start, steps):
        network.train()
        set_rate(optimiser, PEAK, step, steps)
        images, truth, share = draw(training, weights, np.random.default_rng((seed, step)))
        loss = loss_of(network(images), truth, share)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        follow(average, network, min(0.998, (step + 1) / (step + 10)))
        if (step + 1) % 50 == 0:
            log.info("step %d of %d, loss %.3f, %.2f s a step", step + 1, steps, loss.item(), _pace(clock, step, start))
        if (step + 1) % 200 == 0 or step + 1 == steps:
            areas = areas_of(validation, logits_of(average, validation.pixels))
            mean = float(np.mean([areas[name] for name in CANDIDATES]))
            curve.append({"step": step + 1, "loss": loss.item(), "mean": mean, **areas})
            log.info("validation %s", json.dumps(curve[-1]))
            torch.save(
                {
                    "network": network.state_dict(),
                    "average": average.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step + 1,
                    "curve": curve,
                },
                out / "checkpoint.pt",
            )
            (out / "run.json").write_text(json.dumps({"seed": seed, "steps": steps, "curve": curve}, indent=1))


def _pace(clock: float, step: int, start: int) -> float:
    return (time.monotonic() - clock) / (step + 1 - start)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chest_radiographs.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and the curve")
    parser.add_argument("--steps", type=int, default=2200)
    parser.add_argument("--seed", type=int, default=20)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given.out.mkdir(parents=True, exist_ok=True)
    train(given.data, given.out, given.steps, given.seed)


if __name__ == "__main__":
    main()
