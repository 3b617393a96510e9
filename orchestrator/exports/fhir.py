"""The draft as a FHIR R4B Bundle: a DiagnosticReport with status ``partial``, and all that it rests on."""

from __future__ import annotations

import base64
from html import escape

from fhir.resources.R4B.bundle import Bundle, BundleEntry
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.provenance import Provenance
from fhir.resources.R4B.resource import Resource

from orchestrator.exports.fhir_observations import not_assessed, of_finding, of_measurement
from orchestrator.exports.fhir_parts import (
    AI_ASSERTED,
    concept,
    device,
    device_part,
    imaging_study,
    language_model_device,
    patient,
    performed,
    reference,
    resource_id,
)
from orchestrator.exports.fhir_values import check_required_values
from orchestrator.exports.words import DRAFT_MARK, NOTICE, cited, provenance_of
from orchestrator.plain import limitations_text
from orchestrator.report import DraftReport, SectionName
from orchestrator.study import Study
from services.contract import Algorithm, LimitationReason, Presence

_PARTICIPANTS = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_NOT_ABOUT_ASSESSMENT = {
    LimitationReason.LANGUAGE_MODEL_UNAVAILABLE,
    LimitationReason.DISAGREEMENT,
    LimitationReason.DUPLICATE,
    LimitationReason.LIMITED_QUALITY,
    LimitationReason.WITHHELD,
    LimitationReason.NO_SECOND_TEXT,
}


def render_bundle(draft: DraftReport, study: Study, pdf: bytes | None = None) -> str:
    """Return the bundle as JSON text, the same for the same draft, without a null in it.

    ``partial`` is FHIR's word for a report that may be incomplete or unverified; ``preliminary`` would say
    that somebody verified it. Every resource that an algorithm asserted is labelled ``AIAST``.

    Parameters
    ----------
    pdf
        The rendered PDF of this draft, which becomes the presented form; None leaves it out.
    """
    resources = [_report(draft, study, pdf), *_evidence(draft), *_around(draft, study), _provenance(draft)]
    entries = [BundleEntry(fullUrl=f"urn:uuid:{resource.id}", resource=resource) for resource in resources]
    bundle = Bundle(
        id=resource_id(draft, "bundle"),
        type="collection",
        timestamp=draft.created_at,
        entry=entries,
        identifier={"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{resource_id(draft, 'bundle')}"},
    )
    check_required_values(bundle.model_dump(mode="json", exclude_none=True))
    return f"{bundle.model_dump_json(exclude_none=True, indent=2)}\n"


def _report(draft: DraftReport, study: Study, pdf: bytes | None) -> DiagnosticReport:
    facts = draft.facts
    ids = [fact.finding_id for fact in facts.findings] + [fact.measurement_id for fact in facts.measurements]
    impression = [s.text for part in draft.sections if part.name is SectionName.IMPRESSION for s in part.sentences]
    present = [concept(finding.code) for finding in facts.findings if finding.presence is Presence.PRESENT]
    procedure = {"text": study.order.requested_procedure} if study.order.requested_procedure else {}
    radiology = {"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD", "display": "Radiology"}
    coding = {"system": "http://loinc.org", "code": "18748-4", "display": "Diagnostic imaging study"}
    return DiagnosticReport(
        id=resource_id(draft, "report"),
        meta=AI_ASSERTED,
        text={"status": "generated", "div": _narrative(draft)},
        identifier=[{"system": "https://wetread.example/fhir/draft", "value": draft.draft_id}],
        status="partial",
        category=[{"coding": [radiology]}],
        code={"coding": [coding], **procedure},
        subject=reference(draft, "patient"),
        effectiveDateTime=performed(study),
        issued=draft.created_at,
        result=[reference(draft, id_) for id_ in ids] or None,
        imagingStudy=[reference(draft, "imaging-study")],
        conclusion=f"{DRAFT_MARK}. {' '.join(impression)}".strip(),
        conclusionCode=present or None,
        presentedForm=_form(pdf),
    )


def _form(pdf: bytes | None) -> list[dict[str, str]] | None:
    if pdf is None:
        return None
    return [{"contentType": "application/pdf", "data": base64.b64encode(pdf).decode(), "title": DRAFT_MARK}]


def _narrative(draft: DraftReport) -> str:
    parts = [f"<p><b>{DRAFT_MARK}</b></p><p>{escape(NOTICE)}</p>"]
    for section in draft.sections:
        lines = "".join(f"<li>{escape(s.text)} {escape(cited(s))}</li>" for s in section.sentences)
        parts.append(f"<p><b>{str(section.name).capitalize()}</b></p>" + (f"<ul>{lines}</ul>" if lines else ""))
    parts += [f"<p>{escape(line)}</p>" for line in limitations_text(draft.facts).splitlines()]
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(parts)}</div>'


def _evidence(draft: DraftReport) -> list[Resource]:
    facts = draft.facts
    missing = [limitation for limitation in facts.limitations if limitation.reason not in _NOT_ABOUT_ASSESSMENT]
    return [
        *(of_finding(draft, finding) for finding in facts.findings),
        *(of_measurement(draft, measurement) for measurement in facts.measurements),
        *(not_assessed(draft, limitation, number) for number, limitation in enumerate(missing, start=1)),
    ]


def _around(draft: DraftReport, study: Study) -> list[Resource]:
    model = draft.provenance.language_model
    devices = [device(draft, algorithm) for algorithm in _algorithms(draft)]
    return [
        patient(draft, study),
        imaging_study(draft, study),
        *devices,
        *([language_model_device(draft, model)] if model else []),
    ]


def _algorithms(draft: DraftReport) -> tuple[Algorithm, ...]:
    """Every algorithm that a fact names, also one that the provenance forgot."""
    evidence = [one for finding in draft.facts.findings for one in finding.evidence]
    evidence += [one for measurement in draft.facts.measurements for one in measurement.evidence]
    return tuple(dict.fromkeys((*draft.provenance.algorithms, *(one.algorithm for one in evidence))))


def _provenance(draft: DraftReport) -> Provenance:
    parts = [device_part(algorithm) for algorithm in _algorithms(draft)]
    parts += ["language-model"] if draft.provenance.language_model else []
    kind = {"coding": [{"system": _PARTICIPANTS, "code": "assembler", "display": "Assembler"}]}
    software = {"type": kind, "who": {"display": f"wetread {draft.provenance.software_version}"}}
    lines = "".join(f"<li>{escape(field.name)}: {escape(field.value)}</li>" for field in provenance_of(draft))
    return Provenance(
        id=resource_id(draft, "provenance"),
        meta=AI_ASSERTED,
        text={"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{lines}</ul></div>'},
        target=[reference(draft, "report")],
        recorded=draft.created_at,
        agent=[{"type": kind, "who": reference(draft, part)} for part in parts] or [software],
        entity=[{"role": "source", "what": reference(draft, "imaging-study")}],
    )
