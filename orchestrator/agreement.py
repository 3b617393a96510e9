"""Where specialists speak of the same thing: agree into one fact, or disagree in the open.

Part of reconciling (:mod:`orchestrator.reconcile`); pure functions on contract types.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import hypot
from typing import NamedTuple, TypeVar

from orchestrator.cards import spoken
from services.contract import (
    Finding,
    Laterality,
    Likelihood,
    Limitation,
    LimitationReason,
    Measurement,
    Presence,
)

RATIO_TOLERANCE = 0.05
"""Two ratios of the same image may differ by this much, or by twice their joint uncertainty."""
_BY_CERTAINTY = (Likelihood.ABSENT, Likelihood.INDETERMINATE, Likelihood.LIKELY, Likelihood.PRESENT)
_T = TypeVar("_T")


class Opinion(NamedTuple):
    """What one specialist says of one label in one image."""

    specialist: str
    image_id: str
    finding: Finding


class Agreed(NamedTuple):
    """One finding, and what its readers did not agree on."""

    finding: Finding
    limitations: tuple[Limitation, ...] = ()


def agree(opinions: Sequence[Opinion]) -> Agreed:
    """Make one finding of several specialists' opinions on the same label and image.

    The same presence: the more cautious word, the evidence of all. Another presence: INDETERMINATE,
    with a limitation that says who said what. Another side: no side, with a limitation.
    """
    findings = [opinion.finding for opinion in opinions]
    first = findings[0]
    limitations: list[Limitation] = []
    if len({finding.presence for finding in findings}) > 1:
        likelihood = Likelihood.INDETERMINATE
        limitations.append(_disagreement(opinions))
    else:
        likelihood = min((finding.likelihood for finding in findings), key=_BY_CERTAINTY.index)
    sides = {finding.laterality for finding in findings if finding.laterality}
    if len(sides) > 1:
        limitations.append(_side_disagreement(opinions))
    merged = first.model_copy(
        update={
            "presence": _presence(likelihood),
            "likelihood": likelihood,
            "laterality": sides.pop() if len(sides) == 1 else None,
            "site": _shared(finding.site for finding in findings),
            "severity": _shared(finding.severity for finding in findings) if likelihood in _SAID else None,
            "experimental": all(finding.experimental for finding in findings),
            "population": "; ".join(dict.fromkeys(f.population for f in findings if f.population)) or None,
            "measurement_ids": tuple(dict.fromkeys(id_ for f in findings for id_ in f.measurement_ids)),
            "evidence": tuple(item for finding in findings for item in finding.evidence),
        }
    )
    return Agreed(merged, tuple(limitations))


def over_images(findings: Sequence[tuple[str, Finding]]) -> Agreed:
    """Make one finding of the same label seen in several images: what is present in one is present.

    Parameters
    ----------
    findings
        ``(image_id, finding)`` in the order of the images.
    """
    rank = (Presence.PRESENT, Presence.INDETERMINATE, Presence.ABSENT)
    presence = min((finding.presence for _, finding in findings), key=rank.index)
    saying = [(image_id, finding) for image_id, finding in findings if finding.presence is presence]
    agreed = agree([Opinion(image_id, image_id, finding) for image_id, finding in saying])
    if len(saying) == len(findings) or presence is Presence.INDETERMINATE:
        return agreed
    limit = Limitation(
        what=spoken(agreed.finding.code),
        code=agreed.finding.code,
        reason=LimitationReason.DISAGREEMENT,
        detail=f"The images differ: {presence.lower()} in {len(saying)} of {len(findings)}.",
        source="reconcile",
    )
    return Agreed(agreed.finding, (*agreed.limitations, limit))


def compare_ratios(measured: Sequence[tuple[str, Measurement]]) -> tuple[Measurement | None, Limitation | None]:
    """Cross-check the same ratio of the same image by several specialists.

    Parameters
    ----------
    measured
        ``(specialist, measurement)``, the one to be preferred first.

    Returns
    -------
    tuple
        The measurement with the smallest uncertainty and everyone's evidence, or ``None`` and a
        limitation when the values are further apart than the tolerance.
    """
    ordered = sorted(measured, key=lambda item: item[1].uncertainty if item[1].uncertainty is not None else 1.0)
    best = ordered[0][1]
    for _, other in ordered[1:]:
        tolerance = max(RATIO_TOLERANCE, 2 * hypot(best.uncertainty or 0.0, other.uncertainty or 0.0))
        if abs(best.value - other.value) > tolerance:
            values = "; ".join(f"{name} measures {item.value:.2f}" for name, item in measured)
            return None, Limitation(
                what=spoken(best.name),
                code=best.name,
                reason=LimitationReason.DISAGREEMENT,
                detail=f"Two measurements do not agree: {values}.",
                source="reconcile",
                image_id=best.evidence[0].image_id,
            )
    evidence = tuple(item for _, measurement in ordered for item in measurement.evidence)
    return best.model_copy(update={"evidence": evidence}), None


def undecided(finding: Finding) -> Finding:
    """Return the finding as INDETERMINATE: what it rested on did not hold."""
    return finding.model_copy(
        update={"presence": Presence.INDETERMINATE, "likelihood": Likelihood.INDETERMINATE, "severity": None}
    )


_SAID = frozenset({Likelihood.LIKELY, Likelihood.PRESENT})


def _presence(likelihood: Likelihood) -> Presence:
    if likelihood in _SAID:
        return Presence.PRESENT
    return Presence.ABSENT if likelihood is Likelihood.ABSENT else Presence.INDETERMINATE


def _shared(values: Iterable[_T]) -> _T | None:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _disagreement(opinions: Sequence[Opinion]) -> Limitation:
    said = "; ".join(f"{opinion.specialist} says {opinion.finding.likelihood}" for opinion in opinions)
    return _limit(opinions[0], f"Two readers do not agree: {said}.")


def _side_disagreement(opinions: Sequence[Opinion]) -> Limitation:
    said = "; ".join(f"{o.specialist} says {_side(o.finding.laterality)}" for o in opinions)
    return _limit(opinions[0], f"Two readers do not agree on the side: {said}.")


def _side(laterality: Laterality | None) -> str:
    return str(laterality) if laterality else "no side"


def _limit(opinion: Opinion, detail: str) -> Limitation:
    return Limitation(
        what=spoken(opinion.finding.code),
        code=opinion.finding.code,
        reason=LimitationReason.DISAGREEMENT,
        detail=detail,
        source="reconcile",
        image_id=opinion.image_id,
    )
