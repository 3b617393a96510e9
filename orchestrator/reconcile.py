"""Make one set of facts of everything the specialists said: merge, cross-check, disagree in the open.

The ids F1.. and M1.. are given here in a fixed order, so that the same study gives the same prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from math import isfinite
from typing import NamedTuple

from orchestrator.agreement import Agreed, Opinion, agree, compare_ratios, over_images, undecided
from orchestrator.cards import spoken
from orchestrator.coverage import limitations_of_draft
from orchestrator.report import Facts
from services.contract import (
    Code,
    Finding,
    ImageReference,
    Label,
    Laterality,
    Limitation,
    LimitationReason,
    Mask,
    Measurement,
    Presence,
    SpecialistResult,
    Structure,
    coded,
)

SIDE_TOLERANCE = 0.15
"""How far apart, in widths of the image, masks and boxes may see the centre of one structure."""
_LUNG, _HEART = coded(Label.LUNG), coded(Label.HEART)
_RATIO, _CARDIOMEGALY = coded(Label.CARDIOTHORACIC_RATIO), coded(Label.CARDIOMEGALY)
_ORDER = (Presence.PRESENT, Presence.INDETERMINATE, Presence.ABSENT)

CentreOf = Callable[[Structure, Sequence[ImageReference]], float | None]


def reconcile(
    results: Sequence[SpecialistResult],
    limitations: Sequence[Limitation],
    images: Sequence[ImageReference],
    centre_of: CentreOf,
) -> Facts:
    """Return all that a draft may speak of.

    Parameters
    ----------
    results
        What the specialists answered about the images that triage gave them.
    limitations
        What ingest, triage and the services could not do.
    images
        The images that were read, in the order of the study.
    centre_of
        Horizontal centre of a structure as a fraction of the width, or ``None``.
    """
    results = [_own_ids(index, result) for index, result in enumerate(results)]
    limits = [*limitations, *(limit for result in results for limit in result.limitations)]
    implausible = _implausible_images(limits, results)
    opinions, dropped = _believable(results, implausible)
    structures = [s for result in results for s in result.structures if s.evidence.image_id not in implausible]
    measured = _measurements(results, implausible)
    sides = _misplaced(structures, images, centre_of)
    agreed = _findings(opinions, [image.image_id for image in images])
    findings = [_checked(one.finding, {limit.image_id for limit in sides}, measured.limitations) for one in agreed]
    said = [limit for one in agreed for limit in one.limitations]
    findings, measurements = _numbered(findings, measured)
    assessed = frozenset([*(finding.code for finding in findings), *(item.name for item in measurements)])
    return Facts(
        findings=tuple(findings),
        measurements=tuple(measurements),
        structures=tuple(structures),
        limitations=limitations_of_draft(
            [*limits, *dropped, *measured.limitations, *sides, *said], assessed, bool(images)
        ),
        algorithms=tuple(dict.fromkeys(result.algorithm for result in results)),
    )


def _own_ids(index: int, result: SpecialistResult) -> SpecialistResult:
    """Measurement ids are unique within a specialist only; make them unique here."""
    measurements = tuple(
        item.model_copy(update={"measurement_id": f"{index}:{item.measurement_id}"}) for item in result.measurements
    )
    findings = tuple(
        item.model_copy(update={"measurement_ids": tuple(f"{index}:{id_}" for id_ in item.measurement_ids)})
        for item in result.findings
    )
    return result.model_copy(update={"measurements": measurements, "findings": findings})


def _implausible_images(limits: Iterable[Limitation], results: Iterable[SpecialistResult]) -> frozenset[str]:
    """Images whose anatomy did not make sense, so that nothing else said about them can be believed.

    A doubt counts unless both lungs were outlined all the same: boxes in disorder do not undo good masks.
    """
    suspected = {limit.image_id for limit in limits if limit.reason is LimitationReason.IMPLAUSIBLE_RESULT}
    outlined: dict[str, set[Laterality | None]] = {}
    for result in results:
        for structure in result.structures:
            if structure.code == _LUNG and any(isinstance(region, Mask) for region in structure.evidence.regions):
                outlined.setdefault(structure.evidence.image_id, set()).add(structure.laterality)
    both = {Laterality.LEFT, Laterality.RIGHT}
    return frozenset(one for one in suspected if one and not both <= outlined.get(one, set()))


def _believable(
    results: Iterable[SpecialistResult], implausible: frozenset[str]
) -> tuple[list[Opinion], list[Limitation]]:
    opinions: list[Opinion] = []
    dropped: list[Limitation] = []
    for result in results:
        for finding in result.findings:
            image_id = finding.evidence[0].image_id
            if any(not isfinite(item.score) for item in finding.evidence if item.score is not None):
                dropped.append(_dropped(finding, LimitationReason.INVALID_SCORE, "Its score is not a number."))
            elif image_id in implausible:
                detail = "The anatomy outlined in the image is implausible, so nothing is said about it."
                dropped.append(_dropped(finding, LimitationReason.IMPLAUSIBLE_RESULT, detail))
            else:
                opinions.append(Opinion(result.specialist, image_id, finding))
    return opinions, dropped


def _dropped(finding: Finding, reason: LimitationReason, detail: str) -> Limitation:
    image_id = finding.evidence[0].image_id
    return Limitation(
        what=spoken(finding.code),
        code=finding.code,
        reason=reason,
        detail=detail,
        source="reconcile",
        image_id=image_id,
    )


def _findings(opinions: Sequence[Opinion], image_order: Sequence[str]) -> list[Agreed]:
    """One finding a label, or a label and side where a specialist keeps the sides apart."""
    sided = _labels_with_sides(opinions)

    def label(opinion: Opinion) -> tuple[str, str, str]:
        side = opinion.finding.laterality if opinion.finding.code in sided else None
        return opinion.finding.code.scheme, opinion.finding.code.value, str(side or "")

    position = {image_id: index for index, image_id in enumerate(image_order)}
    agreed: list[Agreed] = []
    ordered = sorted(opinions, key=lambda item: (label(item), position.get(item.image_id, -1), item.specialist))
    for _, of_label in groupby(ordered, key=label):
        by_image = [agree(list(group)) for _, group in groupby(of_label, key=lambda item: item.image_id)]
        over = over_images([(one.finding.evidence[0].image_id, one.finding) for one in by_image])
        said = tuple(limit for one in by_image for limit in one.limitations)
        agreed.append(Agreed(over.finding, (*said, *over.limitations)))
    return agreed


def _labels_with_sides(opinions: Iterable[Opinion]) -> frozenset[Code]:
    seen: set[tuple[str, str, Code]] = set()
    sided: set[Code] = set()
    for opinion in opinions:
        key = (opinion.specialist, opinion.image_id, opinion.finding.code)
        if key in seen:
            sided.add(opinion.finding.code)
        seen.add(key)
    return frozenset(sided)


class _Measured(NamedTuple):
    measurements: list[Measurement]
    also: dict[str, str]
    """Id of a measurement that agreed with another one -> id of the one that was kept."""
    limitations: list[Limitation]


def _measurements(results: Iterable[SpecialistResult], implausible: frozenset[str]) -> _Measured:
    """Every measurement; a ratio that several specialists measured is cross-checked."""
    kept: list[Measurement] = []
    also: dict[str, str] = {}
    limits: list[Limitation] = []
    same: dict[tuple[str, Code, Laterality | None], list[tuple[str, Measurement]]] = {}
    for result in results:
        for item in result.measurements:
            image_id = item.evidence[0].image_id
            if image_id not in implausible:
                same.setdefault((image_id, item.name, item.laterality), []).append((result.specialist, item))
    for measured in same.values():
        if len(measured) > 1 and measured[0][1].unit == "1":
            agreed, limit = compare_ratios(measured)
            kept.extend([agreed] if agreed else [])
            also.update({item.measurement_id: agreed.measurement_id for _, item in measured if agreed})
            limits.extend([limit] if limit else [])
        else:
            kept.extend(item for _, item in measured)
    return _Measured(kept, also, limits)


def _misplaced(
    structures: Sequence[Structure], images: Sequence[ImageReference], centre_of: CentreOf
) -> list[Limitation]:
    """Masks and boxes that see one structure in different places: no side of that image can be trusted."""
    places: dict[tuple[str, Code, Laterality | None], list[float]] = {}
    for structure in structures:
        centre = centre_of(structure, images) if structure.code in (_LUNG, _HEART) else None
        if centre is not None:
            key = (structure.evidence.image_id, structure.code, structure.laterality)
            places.setdefault(key, []).append(centre)
    wrong = dict.fromkeys(key[0] for key, seen in places.items() if max(seen) - min(seen) > SIDE_TOLERANCE)
    return [
        Limitation(
            what="side of the findings",
            reason=LimitationReason.DISAGREEMENT,
            detail="Masks and boxes do not see the lungs and the heart in the same place, so no side is given.",
            source="reconcile",
            image_id=image_id,
        )
        for image_id in wrong
    ]


def _checked(finding: Finding, sideless: set[str | None], ratio_limits: Sequence[Limitation]) -> Finding:
    """Take back what the cross-checks do not support."""
    images = {item.image_id for item in finding.evidence}
    if images & sideless:
        finding = finding.model_copy(update={"laterality": None})
    doubted = {limit.image_id for limit in ratio_limits if limit.code == _RATIO}
    return undecided(finding) if finding.code == _CARDIOMEGALY and images & doubted else finding


def _numbered(findings: Sequence[Finding], measured: _Measured) -> tuple[list[Finding], list[Measurement]]:
    """Give the ids: PRESENT first, then INDETERMINATE, then ABSENT; then by label and side."""
    kept = sorted(
        measured.measurements, key=lambda m: (spoken(m.name), str(m.laterality or ""), m.evidence[0].image_id)
    )
    new_id = {item.measurement_id: f"M{number}" for number, item in enumerate(kept, start=1)}
    new_id |= {old: new_id[same] for old, same in measured.also.items()}
    ordered = sorted(findings, key=lambda f: (_ORDER.index(f.presence), spoken(f.code), str(f.laterality or "")))
    return (
        [
            finding.model_copy(
                update={
                    "finding_id": f"F{number}",
                    "measurement_ids": tuple(
                        dict.fromkeys(new_id[id_] for id_ in finding.measurement_ids if id_ in new_id)
                    ),
                }
            )
            for number, finding in enumerate(ordered, start=1)
        ],
        [item.model_copy(update={"measurement_id": new_id[item.measurement_id]}) for item in kept],
    )
