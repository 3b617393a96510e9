"""Which heads of a trained network earn a place, how their scores are calibrated, and from which score which word.

All of it from validation films. Calibration and operating points use them as they are and varied as in training:
another hospital's films are not as clean as those of the set, and a network is surer of itself on the set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch.nn import Module

from services.classification.figures import area_within, interval, log_odds, operating_points, platt
from services.classification.linear_floor import linear_scores
from services.classification.recipe import Head, Recipe
from services.classification.squares import Squares, vary
from services.classification.train_compact_chest_radiograph import logits_of, logits_of_images
from services.contract import Label

CHANCE_MARGIN = 0.60
"""Lower bound, within view, that an experimental head needs beside being better than the floor of its set.

The floor is what is known of a linear model there; that model is also fitted here and shown, but on fifty films its
figure is too noisy to decide. A head that is not experimental needs a lower bound above the floor. On test films every
head needs one above .5: a head can lose its place there and never win one.
"""
ADULT_YEARS = 16
VARIATIONS = 2
"""Times that each validation film is varied for the calibration."""
FEWEST_POSITIVES = 20
"""Validation films that must show a finding before a low score may deny it."""


@dataclass(frozen=True)
class Judged:
    """One head on validation films, and whether it earned a place."""

    head: Head
    column: int
    slope: float
    offset: float
    points: dict[str, float]
    prevalence: float
    """Share of the training and validation films that show it: what the calibrated scores assume."""
    validation: str
    earned: bool


@dataclass(frozen=True)
class Held:
    """Validation films with the logits of a network: as they are, and varied."""

    squares: Squares
    logits: NDArray[np.float64]
    """``(films, heads)``"""
    varied: NDArray[np.float64]
    """``(films, heads)`` of one variation after the other."""


def hold(networks: dict[str, Module], squares: dict[str, Squares], recipes: tuple[Recipe, ...], seed: int) -> Held:
    """Read validation films as they are and varied, with networks that read together."""
    plain, varied = [], []
    for recipe in recipes:
        random, network, held = np.random.default_rng(seed), networks[recipe.name], squares[recipe.name]
        images = [
            vary(square, film.source, recipe.side, random)
            for _ in range(VARIATIONS)
            for square, film in zip(held.pixels, held.films, strict=True)
        ]
        plain.append(logits_of(network, held.pixels, recipe.side))
        varied.append(logits_of_images(network, images))
    return Held(squares[recipes[0].name], np.mean(plain, axis=0), np.mean(varied, axis=0))


def judge(head: Head, recipe: Recipe, taught: Squares, held: Held, seed: int) -> Judged:
    """Calibrate a head and compare it with a linear model on the same validation films."""
    column, squares = recipe.heads.index(head), held.squares
    known = ~np.isnan(squares.truth[:, column])
    truth, own = squares.truth[known, column] == 1, held.logits[known, column]
    strata = np.array([f"{film.source} {film.view}" for film in squares.films])[known]
    patients = [film.patient for film, inside in zip(squares.films, known, strict=True) if inside]
    mine, floor = area_within(own, truth, strata), area_within(_linear(column, taught, squares, known), truth, strata)
    low, high = interval(lambda drawn: area_within(own[drawn], truth[drawn], strata[drawn]), patients, seed)
    every = np.concatenate([own, held.varied[np.tile(known, VARIATIONS), column]])
    slope, offset = platt(every, np.tile(truth, 1 + VARIATIONS))
    share = _share(np.concatenate([taught.truth[:, column], squares.truth[:, column]]))
    slope, offset = round(slope, 5), round(offset + log_odds(share) - log_odds(float(truth.mean())), 5)
    strange = np.concatenate([held.logits[:, column], held.varied[:, column]])
    elsewhere = probable(strange[np.tile(_strangers(head, squares), 1 + VARIATIONS)], slope, offset)
    points = operating_points(probable(every, slope, offset), np.tile(truth, 1 + VARIATIONS), elsewhere)
    return Judged(
        head=head,
        column=column,
        slope=slope,
        offset=offset,
        points=spoken(head, points, int(truth.sum())),
        prevalence=round(share, 3),
        validation=f"{mine:.3f} [{low:.3f}, {high:.3f}], linear model {floor:.3f}",
        earned=bool(low >= head.floor or (head.experimental and low >= CHANCE_MARGIN and mine > head.floor)),
    )


def probable(logits: NDArray[np.float64], slope: float, offset: float) -> NDArray[np.float64]:
    """Return calibrated scores."""
    return np.asarray(1 / (1 + np.exp(-(slope * logits + offset))))


def _share(truth: NDArray[np.float32]) -> float:
    """Return the share of ones among what is known; fifty validation films alone tell it badly."""
    return float(np.nanmean(truth))


def _linear(column: int, taught: Squares, held: Squares, known: NDArray[np.bool_]) -> NDArray[np.float64]:
    rows = ~np.isnan(taught.truth[:, column])
    even = np.ones(int(rows.sum()), np.float32)
    return linear_scores(taught.pixels[rows], taught.truth[rows, column] == 1, even, held.pixels[known])


def _strangers(head: Head, held: Squares) -> NDArray[np.bool_]:
    """Return which are adults' normal films from hospitals that did not teach the head."""
    normal = [
        film.source not in (*head.sets, "kermany") and film.labels.get("no_finding", False) for film in held.films
    ]
    return np.array(normal) & (head.youngest >= ADULT_YEARS)


def spoken(head: Head, points: dict[str, float], positives: int) -> dict[str, float]:
    """Leave out ``absent`` where a low score may not deny.

    For the film as a whole: this network never says that a film is normal. And for a finding that too few validation
    films show: nobody knows then how often a low score is wrong.
    """
    denies = head.label is not Label.ABNORMAL_FILM and positives >= FEWEST_POSITIVES
    return {name: point for name, point in points.items() if denies or name != "absent"}
