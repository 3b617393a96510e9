"""What is measured of the compact classifier on films it never saw: by head, set, view, sex and age band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from services.classification.figures import (
    area,
    area_within,
    at_the_share_of,
    calibration_error,
    calibration_error_of_equal_bins,
    calibration_floor,
    interval,
    rates,
)
from services.classification.films import Film
from services.classification.recipe import Head

Scores = NDArray[np.float64]
FEWEST = 5
"""Films with and without the finding that a stratum needs before anything is said of it."""
FEWEST_NORMAL = 20
ADULT_YEARS = 16


@dataclass(frozen=True)
class Row:
    """One head in one group of films."""

    head: str
    source: str
    group: str
    """``all``, or the view, sex or age band."""
    films: int
    positives: int
    area: float
    low: float
    high: float
    """Of the 95 % interval of the area, drawn by patient."""
    area_within_view: float
    calibration_error: float
    calibration_floor: float
    """What chance alone gives a perfectly calibrated reader on as many films."""
    calibration_low: float
    calibration_high: float
    """Of the 95 % interval of the calibration error, drawn by patient."""
    calibration_error_of_equal_bins: float
    calibration_error_at_own_share: float
    """Once the scores are moved to the share of ill people among these very films."""
    sensitivity: dict[str, float]
    specificity: dict[str, float]
    """From each operating point on."""

    @property
    def spoken(self) -> str:
        """The area in words."""
        return f"{self.area:.3f} [{self.low:.3f}, {self.high:.3f}], {self.positives} of {self.films} films"

    @property
    def calibration(self) -> str:
        """The calibration error in words."""
        return (
            f"{self.calibration_error:.3f} [{self.calibration_low:.3f}, {self.calibration_high:.3f}] "
            f"(by chance alone {self.calibration_floor:.3f}); bins of equally many films "
            f"{self.calibration_error_of_equal_bins:.3f}; at the share of these films "
            f"{self.calibration_error_at_own_share:.3f}"
        )

    @property
    def plain(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Elsewhere:
    """How often normal films of a set that taught a head nothing are called likely or present: the site effect."""

    head: str
    source: str
    films: int
    called: float


def truth_of_head(head: Head, films: list[Film]) -> NDArray[np.float64]:
    """Return 1, 0, or nan where nothing is known."""
    values = [film.labels.get(head.column) if film.source in head.sets else None for film in films]
    return np.array([np.nan if v is None else float(v != (head.column == "no_finding")) for v in values])


def rows_of(head: Head, points: dict[str, float], films: list[Film], scores: Scores, seed: int) -> Iterator[Row]:
    """Yield a row for each set and each group within it that is large enough."""
    truth = truth_of_head(head, films)
    for source in head.sets:
        inside = np.array([film.source == source for film in films]) & ~np.isnan(truth)
        for group, members in _groups(films, inside):
            if min((truth[members] == 1).sum(), (truth[members] == 0).sum()) >= FEWEST:
                chosen = [film for film, member in zip(films, members, strict=True) if member]
                yield _row(head, points, chosen, (scores[members], truth[members] == 1), (source, group, seed))


def elsewhere_of(head: Head, points: dict[str, float], films: list[Film], scores: Scores) -> Iterator[Elsewhere]:
    """Yield one figure for each set whose films without any finding were read by a head that it did not teach."""
    likely = points.get("likely", 1.0)
    adults = head.youngest >= ADULT_YEARS
    for source in sorted({film.source for film in films} - set(head.sets)):
        normal = np.array([film.source == source and film.labels.get("no_finding", False) for film in films])
        same_age = np.array([film.age_years is None or (film.age_years >= ADULT_YEARS) == adults for film in films])
        asked = normal & same_age & np.isfinite(scores)
        if asked.sum() >= FEWEST_NORMAL:
            yield Elsewhere(head.name, source, int(asked.sum()), float((scores[asked] >= likely).mean()))


def _groups(films: list[Film], inside: NDArray[np.bool_]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    yield "all", inside
    views, bands = [film.view for film in films], [film.age_band for film in films]
    for described in (views, [f"sex {film.sex}" if film.sex else "" for film in films], bands):
        words = np.array(described)
        found = sorted({str(word) for word in words[inside]} - {""})
        if len(found) > 1:
            yield from ((word, inside & (words == word)) for word in found)


def _row(
    head: Head,
    points: dict[str, float],
    films: list[Film],
    read: tuple[Scores, NDArray[np.bool_]],
    where: tuple[str, str, int],
) -> Row:
    (scores, truth), (source, group, seed) = read, where
    patients = [film.patient for film in films]
    low, high = interval(lambda drawn: area(scores[drawn], truth[drawn]), patients, seed)
    least, most = interval(lambda drawn: calibration_error(scores[drawn], truth[drawn]), patients, seed)
    found = {name: rates(scores, truth, threshold) for name, threshold in points.items()}
    return Row(
        head=head.name,
        source=source,
        group=group,
        films=len(films),
        positives=int(truth.sum()),
        area=round(area(scores, truth), 4),
        low=round(low, 4),
        high=round(high, 4),
        area_within_view=round(area_within(scores, truth, np.array([film.view for film in films])), 4),
        calibration_error=round(calibration_error(scores, truth), 4),
        calibration_floor=round(calibration_floor(scores, seed), 4),
        calibration_low=round(least, 4),
        calibration_high=round(most, 4),
        calibration_error_of_equal_bins=round(calibration_error_of_equal_bins(scores, truth), 4),
        calibration_error_at_own_share=round(calibration_error(at_the_share_of(scores, truth), truth), 4),
        sensitivity={name: round(pair[0], 4) for name, pair in found.items()},
        specificity={name: round(pair[1], 4) for name, pair in found.items()},
    )
