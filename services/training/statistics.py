"""Figures with their uncertainty: the mean over patients and its bootstrap interval."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from services.contract import Fact

RESAMPLES = 2000


class Figure(Fact):
    """One measured figure on held-out films."""

    name: str
    """What was measured, of what, such as ``Dice, heart``."""
    films: str
    """On which films, such as ``jsrt test``."""
    patients: int
    value: float
    low: float
    """Lower end of the 95 % interval, by bootstrap over patients."""
    high: float

    @property
    def text(self) -> str:
        """``.944 [.931, .955], 17 patients``."""
        value, low, high = (_short(number) for number in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}], {self.patients} patients"


def _short(number: float) -> str:
    """``.944``, ``-.012``, ``10.500``."""
    text = f"{number:.3f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def mean_with_interval(name: str, films: str, values: npt.ArrayLike, patients: list[str], seed: int = 95) -> Figure:
    """Return the mean of a figure with its 95 % percentile bootstrap interval, resampling patients.

    Parameters
    ----------
    values
        One value a film.
    patients
        Whose film each is; films of one patient stay together.
    """
    numbers = np.asarray(values, np.float64)
    groups = [np.flatnonzero(np.asarray(patients) == one) for one in dict.fromkeys(patients)]
    sums = np.array([numbers[group].sum() for group in groups])
    counts = np.array([len(group) for group in groups])
    drawn = np.random.default_rng(seed).integers(0, len(groups), (RESAMPLES, len(groups)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Figure(
        name=name,
        films=films,
        patients=len(groups),
        value=round(float(numbers.mean()), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
    )
