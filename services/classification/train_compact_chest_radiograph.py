"""Train the compact classifier: ``python -m services.classification.train_compact_chest_radiograph``.

Trains the networks of the bundled recipes, for adults and for children, one after the other, or the one of the recipe
that ``--config`` names (TOML, see :mod:`services.classification.recipe`). Each run has a folder of its own in
``--out``: ``checkpoint.pt`` is written every few minutes and ``--resume`` goes on from it; ``run.json`` holds the
recipe and the validation curve. ``python -m services.classification.evaluate_compact_chest_radiograph --run OUT``
calibrates and measures the runs and writes weights from them.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from services.classification.efficient_network import EfficientNetwork, begin_from_imagenet
from services.classification.figures import area, area_within
from services.classification.films import REFUSED, UnusableData
from services.classification.learning import follow, set_rate
from services.classification.preparation import standardise, to_side
from services.classification.recipe import Recipe, bundled_recipes, read_recipe
from services.classification.squares import Squares, draw, load_squares

log = logging.getLogger("train_compact_chest_radiograph")

SAVED_EVERY, VALIDATED_EVERY = 50, 150
"""Steps between two checkpoints, and between two looks at validation films."""


def loss_of(logits: torch.Tensor, truth: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the sum over heads of the mean of what is known, as the heads weigh."""
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return ((each * weights).sum(0) / (weights > 0).sum(0).clamp(min=1)).sum()


@torch.inference_mode()
def logits_of(network: torch.nn.Module, pixels: NDArray[np.uint8], side: int) -> NDArray[np.float64]:
    """Return ``(films, heads)`` logits of kept squares: the mean of a film and its mirror image, as it is served."""
    network.eval()
    device, found = next(network.parameters()).device, []
    for start in range(0, len(pixels), 32):
        squares = [standardise(to_side(square, side)) for square in pixels[start : start + 32]]
        batch = torch.from_numpy(np.stack(squares)[:, None]).to(device, memory_format=torch.channels_last)
        both = network(batch) + network(batch.flip(-1))
        found.append((both / 2).double().cpu().numpy())
    return np.concatenate(found)


@torch.inference_mode()
def logits_of_images(network: torch.nn.Module, images: list[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return ``(images, heads)`` logits of standardised images ``(side, side)``."""
    network.eval()
    device, found = next(network.parameters()).device, []
    for start in range(0, len(images), 32):
        batch = torch.from_numpy(np.stack(images[start : start + 32])[:, None])
        found.append(network(batch.to(device, memory_format=torch.channels_last)).double().cpu().numpy())
    return np.concatenate(found)


def areas_of(squares: Squares, logits: NDArray[np.float64], recipe: Recipe) -> dict[str, float]:
    """Return the area under the curve of every head, and the same within set and view."""
    strata = np.array([f"{film.source} {film.view}" for film in squares.films])
    areas = {}
    for column, head in enumerate(recipe.heads):
        known = ~np.isnan(squares.truth[:, column])
        truth = squares.truth[known, column] == 1
        areas[head.name] = round(area(logits[known, column], truth), 4)
        areas[f"{head.name}, within view"] = round(area_within(logits[known, column], truth, strata[known]), 4)
    return areas


def new_network(recipe: Recipe) -> EfficientNetwork:
    """Return the network before its first step: from ImageNet where the recipe says so and the weights are had."""
    network = EfficientNetwork(len(recipe.heads), recipe.dropout)
    if recipe.imagenet and begin_from_imagenet(network):
        network.freeze(recipe.frozen)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def train(data: Path, out: Path, recipe: Recipe, seed: int, *, resume: bool) -> None:
    """Train with a rising and falling rate; the averaged weights at the end are kept.

    Validation is written down and chooses nothing here: it is too small to pick a step by.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(recipe.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training, validation = load_squares(data, "train", recipe, out), load_squares(data, "val", recipe, out)
    network = new_network(recipe).to(device)
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(
        (p for p in network.parameters() if p.requires_grad), lr=recipe.peak, weight_decay=0.05
    )
    start, curve = 0, []
    if resume and (out / "checkpoint.pt").exists():
        state = torch.load(out / "checkpoint.pt", weights_only=False, map_location=device)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        start, curve = state["step"], state["curve"]
        log.info("going on from step %d", start)
    clock = time.monotonic()
    for step in range(start, recipe.steps):
        network.train()
        set_rate(optimiser, recipe.peak, step, recipe.steps)
        batch = draw(training, recipe, np.random.default_rng((seed, step)))
        images, truth, share = (part.to(device) for part in batch)
        loss = loss_of(network(images), truth, share)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        follow(average, network, min(0.99, (step + 1) / (step + 10)))
        done = step + 1
        if done % 25 == 0:
            pace = (time.monotonic() - clock) / (done - start)
            log.info("step %d of %d, loss %.3f, %.2f s a step", done, recipe.steps, loss.item(), pace)
        if done % VALIDATED_EVERY == 0 or done == recipe.steps:
            areas = areas_of(validation, logits_of(average, validation.pixels, recipe.side), recipe)
            curve.append({"step": done, "loss": loss.item(), **areas})
            log.info("validation %s", json.dumps(curve[-1]))
        if done % SAVED_EVERY == 0 or done == recipe.steps:
            parts: dict[str, torch.nn.Module | torch.optim.Optimizer] = {
                "network": network,
                "average": average,
                "optimiser": optimiser,
            }
            states = {name: part.state_dict() for name, part in parts.items()}
            _save(out, recipe, seed, {**states, "step": done, "curve": curve})


def _save(out: Path, recipe: Recipe, seed: int, state: dict[str, object]) -> None:
    """Write the checkpoint whole or not at all, and the curve in words."""
    torch.save(state, out / "checkpoint.part")
    (out / "checkpoint.part").replace(out / "checkpoint.pt")
    written = {"seed": seed, "recipe": recipe.model_dump(mode="json"), "curve": state["curve"]}
    (out / "run.json").write_text(json.dumps(written, indent=1))


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chest_radiographs.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoints in --out")
    parser.add_argument("--config", type=Path, help="a recipe (TOML); without it the bundled ones are followed")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        for recipe in (read_recipe(given.config),) if given.config else bundled_recipes():
            folder = given.out / recipe.name
            folder.mkdir(parents=True, exist_ok=True)
            train(given.data, folder, recipe, given.seed, resume=given.resume)
    except (UnusableData, FileNotFoundError) as error:
        parser.exit(REFUSED, f"{error}\n")


if __name__ == "__main__":
    main()
