"""From a cardiothoracic ratio to a word about the size of the heart, and when there is no such word.

The ratio is the widest heart over the widest inside of the thorax. On a PA film of an adult more than half
is read as an enlarged heart. An AP film magnifies the heart, and in children the normal ratio is higher.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from services.contract import Likelihood, Limitation, LimitationReason
from services.operating_points import ABSENT, LIKELY, PRESENT, likelihood_of

LIMIT = 0.50
ADULT_FROM_YEARS = 16
POPULATION = "adults, PA film"

AP_OVER_READS = (
    "An AP film magnifies the heart, so the cardiothoracic ratio over-reads; heart size is not judged from it."
)
VIEW_NOT_STATED = "The view is not stated; on an AP film the ratio over-reads, so heart size is not judged from it."
NOT_FRONTAL = "The stated view is not frontal, so there is no cardiothoracic ratio."
CHILD = "The person is younger than 16; the normal cardiothoracic ratio differs in children and was not learnt."
AGE_UNKNOWN = "The age is not known; in children a ratio above one half can be normal, so enlargement is not stated."


class HeartSize(NamedTuple):
    """What may be said about the size of a heart, and what may not."""

    ratio_counts: bool
    """Whether the ratio may be reported at all."""
    likelihood: Likelihood | None
    """``None`` where there is no finding."""
    limitations: tuple[Limitation, ...]


def operating_points(uncertainty: float) -> dict[str, float]:
    """Return the thresholds on the ratio, given its mean absolute error on held-out films.

    One error either side of one half nothing is decided; beyond three errors it is plain.
    """
    return {ABSENT: LIMIT - uncertainty, LIKELY: LIMIT + uncertainty, PRESENT: LIMIT + 3 * uncertainty}


def uncertainty_of(points: dict[str, float]) -> float:
    """Return the mean absolute error that :func:`operating_points` were made from."""
    return (points[LIKELY] - points[ABSENT]) / 2


def judge(
    ratio: float,
    points: dict[str, float],
    view: str | None,
    age_years: float | None,
    limited: Callable[[LimitationReason, str], Limitation],
) -> HeartSize:
    """Say what a ratio means for this film of this person.

    Parameters
    ----------
    view
        View Position (0018,5101) as sent, or ``None``.
    limited
        Makes a limitation from a reason and a sentence, in the name of the specialist that speaks.
    """
    stated = (view or "").strip().upper()
    if stated not in {"", "PA", "AP"}:
        return HeartSize(False, None, (limited(LimitationReason.UNSUPPORTED_VIEW, NOT_FRONTAL),))
    if age_years is not None and age_years < ADULT_FROM_YEARS:
        return HeartSize(False, None, (limited(LimitationReason.OUT_OF_POPULATION, CHILD),))
    word = likelihood_of(ratio, points)
    if stated != "PA":
        detail = AP_OVER_READS if stated == "AP" else VIEW_NOT_STATED
        word, reason = Likelihood.INDETERMINATE, LimitationReason.UNSUPPORTED_VIEW
        return HeartSize(True, word, (limited(reason, detail),))
    if age_years is None and word in {Likelihood.LIKELY, Likelihood.PRESENT}:
        return HeartSize(True, Likelihood.INDETERMINATE, (limited(LimitationReason.OUT_OF_POPULATION, AGE_UNKNOWN),))
    return HeartSize(True, word, ())
