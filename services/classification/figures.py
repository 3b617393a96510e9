"""The figures a model card states: area under the curve, intervals by patient, calibration, thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Truth = NDArray[np.bool_]
Figure = Callable[[NDArray[np.intp]], float]
EVEN = 0.5
"""Nothing is called absent that is as likely as not."""
RIDGE = 1e-3
"""Keeps the calibration of separable scores from running away."""


def area(scores: Scores, truth: Truth) -> float:
    """Return the area under the receiver operating characteristic; nan where one value is missing."""
    positives, negatives = scores[truth], scores[~truth]
    if not len(positives) or not len(negatives):
        return float("nan")
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, "left") + np.searchsorted(ordered, positives, "right")
    return float(below.sum() / (2 * len(positives) * len(negatives)))


def area_within(scores: Scores, truth: Truth, strata: NDArray[np.str_]) -> float:
    """Return the area over pairs of the same stratum only, such as the same view."""
    total = pairs = 0.0
    for stratum in np.unique(strata):
        inside = strata == stratum
        weight = float(truth[inside].sum() * (~truth[inside]).sum())
        if weight:
            total += weight * area(scores[inside], truth[inside])
            pairs += weight
    return total / pairs if pairs else float("nan")


def interval(figure: Figure, patients: Sequence[str], seed: int, rounds: int = 1000) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a figure, drawing patients and not films."""
    random = np.random.default_rng(seed)
    names, member = np.unique(np.asarray(patients), return_inverse=True)
    films = [np.flatnonzero(member == name) for name in range(len(names))]
    drawn = []
    for _ in range(rounds):
        chosen = random.integers(0, len(films), len(films))
        value = figure(np.concatenate([films[index] for index in chosen]))
        if np.isfinite(value):
            drawn.append(value)
    low, high = np.percentile(drawn, (2.5, 97.5)) if drawn else (float("nan"), float("nan"))
    return float(low), float(high)


def platt(logits: Scores, truth: Truth, rounds: int = 100) -> tuple[float, float]:
    """Return slope and offset that turn logits into probabilities at the share of the sample (Platt 1999)."""
    weight = np.full(len(truth), 1 / max(len(truth), 1))
    middle, spread = float(logits.mean()), float(logits.std()) + 1e-6
    units = (logits - middle) / spread
    slope = offset = 0.0
    for _ in range(rounds):
        expected = 1 / (1 + np.exp(-np.clip(slope * units + offset, -30, 30)))
        residual, curvature = weight * (expected - truth), weight * expected * (1 - expected)
        gradient = np.array([(residual * units).sum() + RIDGE * slope, residual.sum()])
        cross = (curvature * units).sum()
        hessian = np.array([[(curvature * units**2).sum() + RIDGE, cross], [cross, curvature.sum() + RIDGE]])
        step = np.linalg.solve(hessian, gradient)
        slope, offset = slope - 0.5 * step[0], offset - 0.5 * step[1]
    return float(slope / spread), float(offset - slope * middle / spread)


@dataclass(frozen=True)
class Bin:
    """Films whose scores lie close together: what was said of them, and how it was."""

    films: int
    said: float
    """Mean score."""
    were: float
    """Share that truly showed it."""


def reliability(scores: Scores, truth: Truth, bins: int = 10) -> list[Bin]:
    """Return what a reliability plot shows: bins of equal width, empty ones left out."""
    place = np.minimum((scores * bins).astype(int), bins - 1)
    inside = [place == index for index in range(bins)]
    return [Bin(int(one.sum()), float(scores[one].mean()), float(truth[one].mean())) for one in inside if one.any()]


def calibration_error(scores: Scores, truth: Truth, bins: int = 10) -> float:
    """Return the expected calibration error (Naeini 2015), bins of equal width."""
    found = reliability(scores, truth, bins)
    return sum(one.films * abs(one.said - one.were) for one in found) / max(len(scores), 1)


def calibration_error_of_equal_bins(scores: Scores, truth: Truth, bins: int = 10) -> float:
    """Return the calibration error over bins that hold equally many films (Nguyen 2015): no bin of one film counts."""
    parts = np.array_split(np.argsort(scores, kind="stable"), bins)
    return sum(len(one) * abs(float(scores[one].mean() - truth[one].mean())) for one in parts if len(one)) / len(scores)


def log_odds(share: float) -> float:
    """Return the logarithm of the odds of a share in (0, 1)."""
    return math.log(share / (1 - share))


def at_the_share_of(scores: Scores, truth: Truth) -> Scores:
    """Return scores moved by one number on the scale of log-odds, so that their mean is the share of these films.

    What error is left is not for more or fewer ill people than were assumed (Saerens 2002).
    """
    odds = np.log(np.clip(scores, 1e-6, 1 - 1e-6) / (1 - np.clip(scores, 1e-6, 1 - 1e-6)))
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-odds - middle))).mean() < truth.mean() else (low, middle)
    return np.asarray(1 / (1 + np.exp(-odds - low)))


def calibration_floor(scores: Scores, seed: int, rounds: int = 200) -> float:
    """Return the calibration error that a perfectly calibrated reader gets on so many films by chance alone."""
    random = np.random.default_rng(seed)
    drawn = (calibration_error(scores, random.random(len(scores)) < scores) for _ in range(rounds))
    return float(np.mean(list(drawn)))


def rates(scores: Scores, truth: Truth, threshold: float) -> tuple[float, float]:
    """Return sensitivity and specificity of "score at least threshold"."""
    called = scores >= threshold
    return float(called[truth].mean()), float((~called[~truth]).mean())


def operating_points(scores: Scores, truth: Truth, strangers: Scores) -> dict[str, float]:
    """Return the thresholds that turn a score into a word, chosen on validation films.

    ``absent``: at most 5 % of positives fall below, and never above even odds. ``youden``: best sum of sensitivity
    and specificity.
    ``likely`` and ``present``: a specificity of .97 and of .995, in the set itself and on ``strangers``, the
    normal films of other hospitals; and neither below ``absent`` or ``youden``.
    """
    candidates = np.unique(scores)
    youden = float(max(candidates, key=lambda threshold: sum(rates(scores, truth, float(threshold)))))
    absent = float(np.quantile(scores[truth], 0.05))
    likely, present = (_above(share, scores[~truth], strangers) for share in (0.97, 0.995))
    likely = max(likely, youden, absent)
    points = {"absent": min(absent, youden, EVEN), "youden": youden, "likely": likely, "present": max(present, likely)}
    return {name: round(threshold, 4) for name, threshold in points.items()}


def _above(share: float, *groups: Scores) -> float:
    return max(float(np.quantile(group, share)) for group in groups if len(group))
