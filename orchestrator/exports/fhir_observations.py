"""Findings, measurements and what was not assessed as FHIR Observations."""

from __future__ import annotations

from fhir.resources.R4B.codeableconcept import CodeableConcept
from fhir.resources.R4B.observation import Observation

from orchestrator.exports.fhir_parts import AI_ASSERTED, FACTS, SYSTEMS, concept, device_part, reference, resource_id
from orchestrator.exports.words import algorithm_of, state_of
from orchestrator.release import Release, ReleaseEvent
from services.contract import Evidence, Finding, Limitation, Measurement, Presence
from services.contract.phrasing import number_text

_IMAGING = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "imaging"}]}
_INTERPRETATIONS = {
    Presence.PRESENT: ("POS", "Positive"),
    Presence.ABSENT: ("NEG", "Negative"),
    Presence.INDETERMINATE: ("IND", "Indeterminate"),
}
OBSERVATION_STATUS: dict[ReleaseEvent, str] = {
    ReleaseEvent.DRAFTED: "preliminary",
    ReleaseEvent.SIGNED: "final",
    ReleaseEvent.CORRECTED: "final",
    ReleaseEvent.ADDENDED: "final",
    ReleaseEvent.REJECTED: "cancelled",
}
"""An observation that a correction still tells is as it was; one that it no longer tells is withdrawn."""
_INTERPRETATION_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_ABSENT_SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def of_finding(release: Release, finding: Finding) -> Observation:
    """Return a finding: presence as interpretation, scores and their operating points as components."""
    code, display = _INTERPRETATIONS[finding.presence]
    return Observation(
        **_common(release, finding.finding_id, finding.evidence),
        code=concept(finding.code),
        valueCodeableConcept={"text": state_of(finding)},
        interpretation=[{"coding": [{"system": _INTERPRETATION_SYSTEM, "code": code, "display": display}]}],
        bodySite=concept(finding.site) if finding.site else None,
        component=[part for evidence in finding.evidence for part in _scores(evidence)] or None,
    )


def of_measurement(release: Release, measurement: Measurement) -> Observation:
    """Return a measurement in its UCUM unit."""
    notes = [number_text(measurement)]
    if measurement.laterality:
        notes.append(f"side: {measurement.laterality}")
    if measurement.uncertainty is not None:
        notes.append(f"mean absolute error {measurement.uncertainty:g}")
    if measurement.calibration:
        notes.append(f"calibrated by {measurement.calibration}")
    return Observation(
        **_common(release, measurement.measurement_id, measurement.evidence),
        code=concept(measurement.name),
        valueQuantity=_quantity(measurement.value, measurement.unit),
        note=[{"text": "; ".join(notes)}],
    )


def withdrawn(release: Release, fact_id: str, code: CodeableConcept) -> Observation:
    """Return a fact of the draft that the report no longer tells, for a receiver that may hold it from the draft."""
    return Observation(
        id=resource_id(release, fact_id),
        meta=AI_ASSERTED,
        identifier=[{"system": FACTS, "value": f"{release.draft.draft_id}/{fact_id}"}],
        status="cancelled" if release.version == 0 else "entered-in-error",
        category=[_IMAGING],
        subject=reference(release, "patient"),
        code=code,
    )


def subject_of(limitation: Limitation) -> CodeableConcept:
    """Return what was not assessed, coded where there is a code."""
    return concept(limitation.code) if limitation.code else CodeableConcept(text=limitation.what)


def not_assessed(release: Release, limitation: Limitation, number: int) -> Observation:
    """Return what was not assessed: an Observation without a value, which is not a negative one."""
    return Observation(
        id=resource_id(release, f"limitation {number}"),
        meta=AI_ASSERTED,
        identifier=[{"system": FACTS, "value": f"{release.draft.draft_id}/limitation {number}"}],
        status=OBSERVATION_STATUS[release.event],
        category=[_IMAGING],
        subject=reference(release, "patient"),
        code=subject_of(limitation),
        dataAbsentReason={
            "coding": [{"system": _ABSENT_SYSTEM, "code": "not-performed", "display": "Not Performed"}],
            "text": f"not assessed: {limitation.detail}",
        },
    )


def _common(release: Release, fact_id: str, evidence: tuple[Evidence, ...]) -> dict[str, object]:
    algorithms = tuple(dict.fromkeys(one.algorithm for one in evidence))
    return {
        "id": resource_id(release, fact_id),
        "meta": AI_ASSERTED,
        "identifier": [{"system": FACTS, "value": f"{release.draft.draft_id}/{fact_id}"}],
        "status": OBSERVATION_STATUS[release.event],
        "category": [_IMAGING],
        "subject": reference(release, "patient"),
        "derivedFrom": [reference(release, "imaging-study")],
        "method": {"text": "; ".join(algorithm_of(algorithm) for algorithm in algorithms)},
        "device": reference(release, device_part(algorithms[0])),
    }


def _scores(evidence: Evidence) -> list[dict[str, object]]:
    if evidence.score is None:
        return []
    points = sorted(evidence.operating_points.items(), key=lambda point: (point[1], point[0]))
    named = [("score", evidence.score), *((f"operating point: {name}", value) for name, value in points)]
    return [{"code": {"text": name}, "valueQuantity": _quantity(value, "1")} for name, value in named]


def _quantity(value: float, unit: str) -> dict[str, object]:
    return {"value": round(value, 4), "unit": unit, "system": SYSTEMS["UCUM"], "code": unit}
