"""Free-response figures (Bunch et al. 1978): how many of the marked places are found, at so many false marks a film."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.training.plots import curve_svg
from services.training.statistics import RESAMPLES, Figure

FALSE_MARKS = (0.125, 0.25, 0.5, 1.0, 2.0)
"""False marks a film at which the share found is told."""


class MarkedFilm(NamedTuple):
    """What a detector marked on one film, held against what people marked."""

    films: str
    """On which films, such as ``covid_gb_seg test``."""
    patient_id: str
    places: int
    """Places that people marked."""
    hits: tuple[float, ...]
    """The best score that hit each place; 0 where none did."""
    misses: tuple[float, ...]
    """Scores of the marks that hit nothing."""


def threshold_at(films: Sequence[MarkedFilm], false_marks: float) -> float:
    """Return the lowest score from which on there are at most so many false marks a film."""
    misses = sorted((score for film in films for score in film.misses), reverse=True)
    allowed = int(false_marks * len(films))
    return float(np.nextafter(misses[allowed], 2)) if allowed < len(misses) else 0.0


def share_found(films: Sequence[MarkedFilm], threshold: float) -> float:
    """Return the share of the places that were hit with at least this score; not-a-number where there is none."""
    hits = [score for film in films for score in film.hits]
    return float(np.mean([score > 0 and score >= threshold for score in hits])) if hits else float("nan")


def false_marks_a_film(films: Sequence[MarkedFilm], threshold: float) -> float:
    """Return how many marks of at least this score hit nothing, a film."""
    return sum(score >= threshold for film in films for score in film.misses) / max(1, len(films))


def mean_share_found(films: Sequence[MarkedFilm]) -> float:
    """Return the mean share found over :data:`FALSE_MARKS`: one number to choose by."""
    return float(np.mean([share_found(films, threshold_at(films, rate)) for rate in FALSE_MARKS]))


def figures_of(films: Sequence[MarkedFilm], name: str, seed: int = 95) -> tuple[Figure, ...]:
    """Return the share found at each rate of false marks, with its 95 % interval by patient."""
    patients = list(dict.fromkeys(film.patient_id for film in films))
    theirs = {one: [film for film in films if film.patient_id == one] for one in patients}
    drawn = np.random.default_rng(seed).integers(0, len(patients), (RESAMPLES // 4, len(patients)))
    found = [_shares([film for place in row for film in theirs[patients[place]]]) for row in drawn]
    low, high = np.nanpercentile(np.array(found), (2.5, 97.5), axis=0)
    return tuple(
        Figure(
            name=f"share found at {rate:g} false marks a film",
            films=name,
            patients=len(patients),
            value=round(value, 4),
            low=round(float(low[i]), 4),
            high=round(float(high[i]), 4),
        )
        for i, (rate, value) in enumerate(zip(FALSE_MARKS, _shares(films), strict=True))
    )


def free_response_svg(title: str, films: Sequence[MarkedFilm]) -> str:
    """Return the whole curve as a plot."""
    scores = sorted({score for film in films for score in (*film.misses, *film.hits) if score > 0}, reverse=True)
    points = [(false_marks_a_film(films, one), share_found(films, one)) for one in scores]
    return curve_svg(title, [(0.0, 0.0), *points], "false marks a film", "share found")


def marked(
    films: str, patient_id: str, overlaps: npt.NDArray[np.float64], scores: Sequence[float], enough: float
) -> MarkedFilm:
    """Hold marks against places.

    Parameters
    ----------
    overlaps
        ``(marks, places)``: how much each mark overlaps each place, in [0, 1].
    enough
        The overlap from which on a mark hits a place. A mark that hits any place is no false one.
    """
    hit = overlaps >= enough
    best = [max((s for s, row in zip(scores, hit, strict=True) if row[i]), default=0.0) for i in range(hit.shape[1])]
    misses = [score for score, row in zip(scores, hit, strict=True) if not row.any()]
    return MarkedFilm(films, patient_id, hit.shape[1], tuple(best), tuple(misses))


def _shares(films: Sequence[MarkedFilm]) -> list[float]:
    return [share_found(films, threshold_at(films, rate)) for rate in FALSE_MARKS]
