"""Films of one split as arrays of one size, and the batches that are drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from services.classification import augmentation
from services.classification.films import Film, UnusableData, read_films, read_grey
from services.classification.preparation import squash, standardise
from services.classification.recipe import Recipe


@dataclass(frozen=True)
class Squares:
    """Films of one split as arrays."""

    films: list[Film]
    pixels: NDArray[np.uint8]
    """``(films, kept side, kept side)``"""
    truth: NDArray[np.float32]
    """``(films, heads)`` 1, 0, or nan where nothing is known or the set may not teach the head."""


def load_squares(data: Path, split: str, recipe: Recipe, cache: Path, sets: tuple[str, ...] = ()) -> Squares:
    """Return the prepared films of one split; the pixels are kept in ``cache`` between runs.

    Parameters
    ----------
    sets
        Which sets; all that the recipe draws from where none is named.

    Raises
    ------
    UnusableData
        If there is no film of this split.
    """
    wanted = sets or tuple(recipe.drawn)
    films = [film for film in read_films(data) if film.split == split and film.frontal and film.source in wanted]
    if not films:
        raise UnusableData(f"no film of the split {split} in the sets {', '.join(wanted)}; expected at least one")
    kept = cache / f"{split}_{recipe.kept_side}_{'_'.join(sorted(wanted))}.npy"
    if not kept.exists():
        np.save(kept, np.stack([squash(read_grey(data / film.file), recipe.kept_side)[0] for film in films]))
    return Squares(films, np.load(kept), truth_of(films, recipe))


def truth_of(films: list[Film], recipe: Recipe) -> NDArray[np.float32]:
    """Return what each head may learn from each film."""
    truth = np.full((len(films), len(recipe.heads)), np.nan, np.float32)
    for row, film in enumerate(films):
        for column, head in enumerate(recipe.heads):
            value = film.labels.get(head.column)
            if value is not None and film.source in head.sets:
                truth[row, column] = float(value != (head.column == "no_finding"))
    return truth


def vary(square: NDArray[np.uint8], source: str, side: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Return a standardised ``(side, side)`` variation of a square."""
    varied = augmentation.vary_pose(square, side, random, degrees=10.0)
    if random.random() < 0.5:
        varied = np.ascontiguousarray(varied[:, ::-1])
    if random.random() < 0.8:
        varied = augmentation.vary_grey(varied, random)
    if source != "nih64" and random.random() < 0.3:
        varied = augmentation.lose_detail(varied, random, coarse=64)
    elif random.random() < 0.3:
        varied = augmentation.sharpen(varied, random)
    if random.random() < 0.3:
        varied = augmentation.add_noise(varied, random)
    if random.random() < 0.3:
        varied = augmentation.compress(varied, random)
    if random.random() < 0.4:
        varied = augmentation.cut_holes(varied, random)
    return standardise(varied)


def draw(squares: Squares, recipe: Recipe, random: np.random.Generator) -> tuple[torch.Tensor, ...]:
    """Return one batch: images, truth and weights; of every second set, pairs of films are mixed (Zhang 2018)."""
    sources = np.array([film.source for film in squares.films])
    images, truths, shares = [], [], []
    balance = np.array([head.weight for head in recipe.heads], np.float32)
    for source, count in recipe.drawn.items():
        own = np.flatnonzero(sources == source)
        rows = random.choice(own, count, replace=count > len(own))
        image = np.stack([vary(squares.pixels[row], source, recipe.side, random) for row in rows])
        truth = squares.truth[rows]
        if random.random() < 0.5:
            share, order = float(random.beta(0.4, 0.4)), random.permutation(count)
            image = share * image + (1 - share) * image[order]
            truth = share * truth + (1 - share) * truth[order]
        images.append(image)
        truths.append(truth)
        shares.append(np.where(np.isnan(truth), 0, balance))
    batch = torch.from_numpy(np.concatenate(images).astype(np.float32))[:, None]
    return (
        batch.contiguous(memory_format=torch.channels_last),
        torch.from_numpy(np.nan_to_num(np.concatenate(truths)).astype(np.float32)),
        torch.from_numpy(np.concatenate(shares).astype(np.float32)),
    )
