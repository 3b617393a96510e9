"""Findings, measurements and what was not assessed as FHIR Observations."""

from __future__ import annotations

from fhir.resources.R4B.observation import Observation

from orchestrator.exports.fhir_parts import AI_ASSERTED, SYSTEMS, concept, device_part, reference, resource_id
from orchestrator.exports.words import algorithm_of, state_of
from orchestrator.report import DraftReport
from services.contract import Evidence, Finding, Limitation, Measurement, Presence
from services.contract.phrasing import number_text

_IMAGING = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "imaging"}]}
_INTERPRETATIONS = {
    Presence.PRESENT: ("POS", "Positive"),
    Presence.ABSENT: ("NEG", "Negative"),
    Presence.INDETERMINATE: ("IND", "Indeterminate"),
}
_INTERPRETATION_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_ABSENT_SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def of_finding(draft: DraftReport, finding: Finding) -> Observation:
    """Return a finding: presence as interpretation, scores and their operating points as components."""
    code, display = _INTERPRETATIONS[finding.presence]
    return Observation(
        **_common(draft, finding.finding_id, finding.evidence),
        code=concept(finding.code),
        valueCodeableConcept={"text": state_of(finding)},
        interpretation=[{"coding": [{"system": _INTERPRETATION_SYSTEM, "code": code, "display": display}]}],
        bodySite=concept(finding.site) if finding.site else None,
        component=[part for evidence in finding.evidence for part in _scores(evidence)] or None,
    )


def of_measurement(draft: DraftReport, measurement: Measurement) -> Observation:
    """Return a measurement in its UCUM unit."""
    notes = [number_text(measurement)]
    if measurement.laterality:
        notes.append(f"side: {measurement.laterality}")
    if measurement.uncertainty is not None:
        notes.append(f"mean absolute error {measurement.uncertainty:g}")
    if measurement.calibration:
        notes.append(f"calibrated by {measurement.calibration}")
    return Observation(
        **_common(draft, measurement.measurement_id, measurement.evidence),
        code=concept(measurement.name),
        valueQuantity=_quantity(measurement.value, measurement.unit),
        note=[{"text": "; ".join(notes)}],
    )


def not_assessed(draft: DraftReport, limitation: Limitation, number: int) -> Observation:
    """Return what was not assessed: an Observation without a value, which is not a negative one."""
    return Observation(
        id=resource_id(draft, f"limitation {number}"),
        meta=AI_ASSERTED,
        status="preliminary",
        category=[_IMAGING],
        subject=reference(draft, "patient"),
        code=concept(limitation.code) if limitation.code else {"text": limitation.what},
        dataAbsentReason={
            "coding": [{"system": _ABSENT_SYSTEM, "code": "not-performed", "display": "Not Performed"}],
            "text": f"not assessed: {limitation.detail}",
        },
    )


def _common(draft: DraftReport, fact_id: str, evidence: tuple[Evidence, ...]) -> dict[str, object]:
    algorithms = tuple(dict.fromkeys(one.algorithm for one in evidence))
    return {
        "id": resource_id(draft, fact_id),
        "meta": AI_ASSERTED,
        "identifier": [{"system": "https://wetread.example/fhir/fact", "value": f"{draft.draft_id}/{fact_id}"}],
        "status": "preliminary",
        "category": [_IMAGING],
        "subject": reference(draft, "patient"),
        "derivedFrom": [reference(draft, "imaging-study")],
        "method": {"text": "; ".join(algorithm_of(algorithm) for algorithm in algorithms)},
        "device": reference(draft, device_part(algorithms[0])),
    }


def _scores(evidence: Evidence) -> list[dict[str, object]]:
    if evidence.score is None:
        return []
    points = sorted(evidence.operating_points.items(), key=lambda point: (point[1], point[0]))
    named = [("score", evidence.score), *((f"operating point: {name}", value) for name, value in points)]
    return [{"code": {"text": name}, "valueQuantity": _quantity(value, "1")} for name, value in named]


def _quantity(value: float, unit: str) -> dict[str, object]:
    return {"value": round(value, 4), "unit": unit, "system": SYSTEMS["UCUM"], "code": unit}
