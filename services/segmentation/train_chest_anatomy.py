"""Train outlines of lungs, heart and clavicles, and publish them with what they measure.

::

    python -m services.segmentation.train_chest_anatomy --data DIR --out DIR [--seed N] [--resume] [--config FILE.toml]

``DIR`` of ``--data`` holds your own ``films.csv`` (see :mod:`services.training.outlined`) or the public sets. Training
sees the split ``train``, the choice among steps ``val``, and the figures reported come from ``test``. Where children's
and adults' lung fields lie beside them (:mod:`services.training.lung_fields`) a sixth output learns those; for the five
structures only what lies outside a field is taken from them, as no convention calls that lung. The finished weights,
with manifest and card, lie in ``OUT/chest-anatomy``: copy that folder to where ``WETREAD_WEIGHTS`` points.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import structlog
import torch
from safetensors.torch import load_file

from services.contract import Fact
from services.heart_size import operating_points
from services.segmentation.evaluate_chest_anatomy import RATIO_ERROR, Network, field_dice, measure, measure_film
from services.segmentation.network import Design, build_network
from services.segmentation.outlines import LUNG_FIELD
from services.segmentation.publication import publication
from services.training.augmentation import augment
from services.training.command import ask_training
from services.training.evaluation import figures_of, write_evaluation
from services.training.lung_fields import LungFilm, read_adults, read_children
from services.training.outlined import OutlinedFilm, read_outlined
from services.training.release import WEIGHTS_FILE, Trained, figure, publish, save_weights
from services.training.run import Plan, State, fit, read_validation
from services.weights import Floats, record_self_test

log = structlog.get_logger()

SELF_TEST_SEED = 2006
CHOSEN_BY = 20
"""So many films of children choose among steps, beside the outlined films of the split ``val``."""
EDGE = np.ones((7, 7), np.uint8)
SURROUNDINGS = np.ones((5, 5), np.uint8)


class Recipe(Fact):
    """What can be chosen about a training."""

    steps: int = 3000
    peak_rate: float = 1.5e-3
    outlined: int = 3
    """Films with five outlines in a batch."""
    size: int = 320
    """Side of the square the network sees, px; a multiple of 16."""
    small_size: int = 240
    small_share: float = 0.30
    """The first share of the steps sees smaller films: most of what is to be learnt, at half the time."""
    channels: tuple[int, ...] = (16, 32, 64, 128, 256)
    edge_weight: float = 3.0
    """How much more a pixel near an outline counts."""
    start: Path | None = None
    """A folder of weights to go on from; outputs it does not have begin anew."""
    validate_every: int = 300
    until: int | None = None
    """Stop after this step of the schedule of ``steps``."""
    adults: float = 0.4
    """Share of adults among the films with a lung field, where there are children and adults."""


class Batch(NamedTuple):
    """Films with five outlines first, then at most one with a lung field."""

    inputs: torch.Tensor
    """``(n, 1, size, size)``."""
    outlines: torch.Tensor
    """``(outlined, 5, size, size)``, 0 or 1."""
    field: torch.Tensor
    """``(0 or 1, 1, size, size)``, 0 or 1."""


class Collection(NamedTuple):
    """The films that are trained on."""

    outlined: list[OutlinedFilm]
    fields: tuple[list[LungFilm], ...]
    """Children, then adults, with lung fields; perhaps one of them or none."""


def draw_batch(films: Collection, recipe: Recipe, size: int, seed: int, step: int) -> Batch:
    """Return a batch; the same for the same seed and step."""
    random = np.random.default_rng([seed, step])
    inputs, outlines, fields = [], [], []
    few = len(films.outlined) < recipe.outlined
    for index in random.choice(len(films.outlined), recipe.outlined, replace=few):
        grid, masks = augment(films.outlined[index].pixels, films.outlined[index].masks, size, random)
        inputs.append(grid[None])
        outlines.append(np.moveaxis(masks, -1, 0).astype(np.float32))
    if films.fields:
        chosen = films.fields[int(random.random() < recipe.adults) if len(films.fields) > 1 else 0]
        film = chosen[int(random.integers(len(chosen)))]
        grid, mask = augment(film.pixels, film.lungs.astype(np.uint8)[..., None], size, random)
        inputs.append(grid[None])
        fields.append(np.moveaxis(mask, -1, 0).astype(np.float32))
    field = np.stack(fields) if fields else np.zeros((0, 1, size, size), np.float32)
    return Batch(torch.from_numpy(np.stack(inputs)), torch.from_numpy(np.stack(outlines)), torch.from_numpy(field))


def edges_of(targets: torch.Tensor) -> torch.Tensor:
    """Return 1 within three pixels of an outline, of ``(n, structures, rows, columns)``, and 0 elsewhere."""
    masks = targets.numpy().astype(np.uint8)
    edges = [cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, EDGE) for film in masks for mask in film]
    return torch.from_numpy(np.stack(edges).reshape(masks.shape).astype(np.float32))


def outline_loss(logits: torch.Tensor, targets: torch.Tensor, edge_weight: float) -> torch.Tensor:
    """Cross-entropy of every pixel, more near an outline, plus soft Dice of every structure."""
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    likely = torch.sigmoid(logits)
    shared = (likely * targets).sum(dim=(2, 3))
    dice = (2 * shared + 1) / (likely.sum(dim=(2, 3)) + targets.sum(dim=(2, 3)) + 1)
    weighted: torch.Tensor = (entropy * (1 + edge_weight * edges_of(targets))).mean()
    return weighted + (1 - dice).mean()


def loss_of_batch(logits: torch.Tensor, batch: Batch, recipe: Recipe) -> torch.Tensor:
    """The five structures where they are outlined; the lung field where that is, and no lung outside of it."""
    drawn = len(batch.outlines)
    loss = outline_loss(logits[:drawn, :LUNG_FIELD], batch.outlines, recipe.edge_weight)
    if len(batch.field):
        field = outline_loss(logits[drawn:, LUNG_FIELD:], batch.field, recipe.edge_weight)
        outside = 1 - torch.from_numpy(cv2.dilate(batch.field[0, 0].numpy(), SURROUNDINGS))
        never = (torch.nn.functional.softplus(logits[drawn:, :2]) * outside).mean()
        loss = loss + 0.25 * field + 0.5 * never
    return loss


def network_of(design: Design, weights: State) -> Network:
    """Return plain fp32 inference with these weights."""
    module = build_network(design).eval()
    module.load_state_dict(weights)

    def run(grids: Floats) -> Floats:
        with torch.inference_mode():
            return torch.sigmoid(module(torch.from_numpy(grids))).numpy()

    return Network(run, design.size)


def go_on_from(network: torch.nn.Module, folder: Path) -> None:
    """Take over weights; where this network has more outputs, those keep their fresh weights."""
    own = network.state_dict()
    for name, value in load_file(folder / WEIGHTS_FILE).items():
        own[name][tuple(slice(0, side) for side in value.shape)] = value.float()
    network.load_state_dict(own)


def validation(
    design: Design, held: list[OutlinedFilm], children: list[LungFilm]
) -> Callable[[State], dict[str, float]]:
    """Return what measures averaged weights: ``mean`` of the Dice of the five structures chooses the best step."""

    def validate(weights: State) -> dict[str, float]:
        network = network_of(design, weights)
        measured = figures_of([measure_film(network, film, "val", distances=False) for film in held])
        figures = {one.name: one.value for one in measured}
        mean = float(np.mean([value for name, value in figures.items() if name.startswith("Dice")]))
        fields = [one for one in (field_dice(network, film) for film in children) if one is not None]
        return figures | {"mean": mean} | ({"Dice, lung field": float(np.mean(fields))} if fields else {})

    return validate


def main() -> None:
    """Train what is still missing, measure, and write the folder of weights."""
    asked = ask_training(__doc__ or "", Recipe, seed=20061)
    recipe = asked.recipe
    training, held = read_outlined(asked.data, "train"), read_outlined(asked.data, "val")
    fields = tuple(one for one in (read_children(asked.data, "train"), read_adults(asked.data, "train")) if one)
    films, children = Collection(training.films, fields), read_children(asked.data, "choose")[:CHOSEN_BY]
    log.info("films", train=len(films.outlined), val=len(held.films), fields=[len(one) for one in fields])
    design = Design(channels=recipe.channels, size=recipe.size, outputs=LUNG_FIELD + bool(fields))
    torch.manual_seed(asked.seed)
    network = build_network(design).train()
    if recipe.start:
        go_on_from(network, recipe.start)

    def loss_of(step: int) -> torch.Tensor:
        size = recipe.small_size if step < recipe.small_share * recipe.steps else recipe.size
        batch = draw_batch(films, recipe, size, asked.seed, step)
        return loss_of_batch(network(batch.inputs), batch, recipe)

    plan = Plan(asked.out, recipe.steps, recipe.peak_rate, recipe.validate_every, recipe.until)
    best = fit(network, loss_of, validation(design, held.films, children), plan)
    folder = asked.out / "chest-anatomy"
    served = network_of(design, save_weights(best, folder))
    measured = measure(served, asked.data)
    trained = Trained(asked.seed, recipe.until or recipe.steps, len(films.outlined), read_validation(asked.out), recipe)
    figures = figures_of(measured)
    points = operating_points(figure(figures, RATIO_ERROR, f"{training.name} test").value)
    self_test = record_self_test(served.run, SELF_TEST_SEED, (1, 1, design.size, design.size), tolerance=0.01)
    text = publication(design, len(films.outlined), training.terms, training.name)
    publish(folder, text, trained, figures=figures, operating_points=points, self_test=self_test)
    write_evaluation(asked.out, text.title, measured, ("Dice", "95 % surface distance"))


if __name__ == "__main__":
    main()
