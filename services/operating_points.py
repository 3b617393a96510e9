"""How a score becomes a word: by the operating points of its label, and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from services.contract import Likelihood, Presence

ABSENT, LIKELY, PRESENT = "absent", "likely", "present"
"""The three names that decide; other names are reported beside them."""

_PRESENCE = {
    Likelihood.ABSENT: Presence.ABSENT,
    Likelihood.INDETERMINATE: Presence.INDETERMINATE,
    Likelihood.LIKELY: Presence.PRESENT,
    Likelihood.PRESENT: Presence.PRESENT,
}


def likelihood_of(score: float, points: Mapping[str, float]) -> Likelihood:
    """Return the word for a score in [0, 1].

    From ``present`` on it is present, from ``likely`` on likely, below ``absent`` absent, and between
    these indeterminate. A point that is not given is never reached.
    """
    if score >= points.get(PRESENT, float("inf")):
        return Likelihood.PRESENT
    if score >= points.get(LIKELY, float("inf")):
        return Likelihood.LIKELY
    if score < points.get(ABSENT, float("-inf")):
        return Likelihood.ABSENT
    return Likelihood.INDETERMINATE


def presence_of(likelihood: Likelihood) -> Presence:
    """Return the presence that agrees with a word."""
    return _PRESENCE[likelihood]
