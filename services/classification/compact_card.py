"""The figures of the compact classifier on test films, and its card in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.classification.figures import area, area_within, calibration_error, interval, rates
from services.classification.heads import HEADS, Head
from services.classification.train_compact_chest_radiograph import Squares
from services.manifest import Manifest


def figures_of(
    head: Head, points: dict[str, float], test: Squares, scores: NDArray[np.float64], seed: int
) -> dict[str, str]:
    """Return the figures of one head on test films, by set, as text with their intervals by patient."""
    truth = test.truth[:, HEADS.index(head)]
    figures: dict[str, str] = {}
    for source in head.sets:
        inside = np.array([film.source == source for film in test.films]) & ~np.isnan(truth)
        here, real = scores[inside], truth[inside] == 1
        films = [film for film, kept in zip(test.films, inside, strict=True) if kept]
        patients, views = [film.patient for film in films], np.array([film.view for film in films])
        if min(real.sum(), (~real).sum()) < 5:
            continue
        size = f"{int(real.sum())} of {len(real)} films"
        spread = interval(lambda drawn, s=here, t=real: area(s[drawn], t[drawn]), patients, seed)  # type: ignore[misc]
        figures[f"AUC, {source} test"] = f"{area(here, real):.3f} [{spread[0]:.3f}, {spread[1]:.3f}], {size}"
        if len(set(views)) > 1:
            within = area_within(here, real, views)
            figures[f"AUC within view, {source} test"] = f"{within:.3f}"
        figures[f"calibration error, {source} test"] = f"{calibration_error(here, real):.3f}"
        figures |= _at_points(here, real, points, source)
    return figures | _elsewhere(head, points, test, scores)


def _at_points(
    scores: NDArray[np.float64], truth: NDArray[np.bool_], points: dict[str, float], source: str
) -> dict[str, str]:
    words = {}
    for name, threshold in points.items():
        sensitivity, specificity = rates(scores, truth, threshold)
        words[f"from {name}, {source} test"] = f"sensitivity {sensitivity:.3f}, specificity {specificity:.3f}"
    return words


def _elsewhere(head: Head, points: dict[str, float], test: Squares, scores: NDArray[np.float64]) -> dict[str, str]:
    """Return how often films without any finding from other hospitals are called present: the site effect."""
    figures = {}
    for source in sorted({film.source for film in test.films} - set(head.sets)):
        normal = np.array([film.source == source and film.labels.get("no_finding", False) for film in test.films])
        if normal.sum() >= 20:
            share = float((scores[normal] >= points["likely"]).mean())
            figures[f"normal films of {source} called likely or present"] = f"{share:.3f} of {int(normal.sum())}"
    return figures


def card_text(manifest: Manifest, dropped: dict[str, str]) -> str:
    """Return ``MODEL_CARD.md`` from the manifest that was written."""
    lines = [
        "# compact_chest_radiograph",
        "",
        "A small residual network for frontal chest films, trained here from scratch on public films. It is a first",
        "light, not a reference reader. Research software, not a medical device.",
        "",
        "A label is shown only where it beat what is known or measured of a linear model on validation films and where",
        "its interval on test films lies above chance. Intervals are of 95 %, drawn by patient.",
    ]
    for label in manifest.labels:
        mark = "experimental" if label.experimental else "within its population"
        lines += ["", f"## {str(label.label).capitalize()}, {label.population} ({mark})", ""]
        points = ", ".join(f"{name} {threshold:.3f}" for name, threshold in label.operating_points.items())
        lines += [f"Operating points: {points}.", "", "| figure | value |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in label.figures.items()]
    lines += ["", "## Did not earn a place", ""]
    lines += [f"- {name}: {value}" for name, value in dropped.items()]
    lines += ["", "## Not assessed", "", "; ".join(manifest.not_assessed) + "."]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in manifest.limits)]
    lines += ["", "## Data and terms", "", *(f"- {data.name}: {data.terms}" for data in manifest.data)]
    lines += ["", "## Made by", "", f"`{manifest.training_command}`", ""]
    return "\n".join(lines)
