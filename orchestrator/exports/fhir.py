"""The report as a FHIR R4B Bundle: a DiagnosticReport with the status of its release, and all that it rests on."""

from __future__ import annotations

import base64
from html import escape
from typing import Literal

from fhir.resources.R4B.bundle import Bundle, BundleEntry
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.meta import Meta
from fhir.resources.R4B.provenance import Provenance
from fhir.resources.R4B.resource import Resource

from orchestrator.exports.comparison import comparison_of
from orchestrator.exports.fhir_observations import not_assessed, of_finding, of_measurement, subject_of, withdrawn
from orchestrator.exports.fhir_parts import (
    AI_ASSERTED,
    DRAFTS,
    RELEASES,
    REPORTS,
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
from orchestrator.exports.fhir_transaction import as_transaction
from orchestrator.exports.fhir_values import check_required_values, report_status
from orchestrator.exports.words import history_of, mark_of, notice_of, provenance_of, signed_by, worded
from orchestrator.plain import limitations_text
from orchestrator.release import Release
from orchestrator.report import Facts, SectionName
from orchestrator.study import Study
from services.contract import Algorithm, Limitation, LimitationReason, Presence

_PARTICIPANTS = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_NOT_ABOUT_ASSESSMENT = {
    LimitationReason.LANGUAGE_MODEL_UNAVAILABLE,
    LimitationReason.DISAGREEMENT,
    LimitationReason.DUPLICATE,
    LimitationReason.LIMITED_QUALITY,
    LimitationReason.WITHHELD,
    LimitationReason.NO_SECOND_TEXT,
}


def render_bundle(
    release: Release,
    study: Study,
    pdf: bytes | None = None,
    kind: Literal["collection", "transaction"] = "collection",
    drafts_were_sent: bool = False,
) -> str:
    """Return the bundle as JSON text, the same for the same release, without a null in it.

    Every resource that an algorithm asserted is labelled ``AIAST``, the report too as long as a word of the software
    may be left in it.

    Parameters
    ----------
    pdf
        The rendered PDF of this release, which becomes the presented form; None leaves it out.
    kind
        A collection to read, or a transaction that a server may be sent twice: nothing is created a second time, and
        the report of a study is one resource from its draft to its last correction.
    drafts_were_sent
        Whether the receiver may hold observations of the draft; those that the report no longer tells are withdrawn.
    """
    resources = [
        _report(release, study, pdf),
        *_evidence(release),
        *_withdrawn(release, drafts_were_sent),
        *_around(release, study),
        _provenance(release),
    ]
    entries = [BundleEntry(fullUrl=f"urn:uuid:{resource.id}", resource=resource) for resource in resources]
    bundle = Bundle(
        id=resource_id(release, "bundle"),
        type="collection",
        timestamp=release.at,
        entry=entries,
        identifier={"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{resource_id(release, 'bundle')}"},
    )
    if kind == "transaction":
        bundle = as_transaction(bundle)
    check_required_values(bundle.model_dump(mode="json", exclude_none=True), release)
    return f"{bundle.model_dump_json(exclude_none=True, indent=2)}\n"


def _report(release: Release, study: Study, pdf: bytes | None) -> DiagnosticReport:
    facts = release.facts
    ids = [fact.finding_id for fact in facts.findings] + [fact.measurement_id for fact in facts.measurements]
    present = [concept(finding.code) for finding in facts.findings if finding.presence is Presence.PRESENT]
    procedure = {"text": study.order.requested_procedure} if study.order.requested_procedure else {}
    radiology = {"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD", "display": "Radiology"}
    coding = {"system": "http://loinc.org", "code": "18748-4", "display": "Diagnostic imaging study"}
    signer = release.signature
    return DiagnosticReport(
        id=resource_id(release, "report"),
        meta=AI_ASSERTED if release.holds_ai_text else None,
        text={"status": "generated", "div": _narrative(release)},
        contained=[{"resourceType": "Practitioner", "id": "signer", "name": [{"text": signer.name}]}]
        if signer
        else None,
        identifier=[
            {"system": DRAFTS, "value": release.draft.draft_id},
            {"system": REPORTS, "value": release.study_id},
        ],
        status=report_status(release),
        category=[{"coding": [radiology]}],
        code={"coding": [coding], **procedure},
        subject=reference(release, "patient"),
        effectiveDateTime=performed(study),
        issued=release.at,
        result=[reference(release, id_) for id_ in ids] or None,
        resultsInterpreter=[{"reference": "#signer"}] if signer else None,
        imagingStudy=[reference(release, "imaging-study")],
        conclusion=_conclusion(release),
        conclusionCode=present or None,
        presentedForm=_form(release, pdf),
    )


def _conclusion(release: Release) -> str:
    impression = [s.text for part in release.sections if part.name is SectionName.IMPRESSION for s in part.sentences]
    addenda = [f"ADDENDUM, {signed_by(one.signature)}: {one.text}" for one in release.addenda]
    marked = [] if release.is_signed else [f"{mark_of(release)}."]
    return " ".join([*marked, *impression, *addenda]).strip() or mark_of(release)


def _form(release: Release, pdf: bytes | None) -> list[dict[str, str]] | None:
    if pdf is None:
        return None
    return [{"contentType": "application/pdf", "data": base64.b64encode(pdf).decode(), "title": mark_of(release)}]


def _narrative(release: Release) -> str:
    parts = [f"<p><b>{escape(mark_of(release))}</b></p>"]
    parts += [f"<p>{escape(notice)}</p>"] if (notice := notice_of(release)) else []
    for section in release.sections:
        lines = "".join(f"<li>{escape(worded(s, release))}</li>" for s in section.sentences)
        parts.append(f"<p><b>{str(section.name).capitalize()}</b></p>" + (f"<ul>{lines}</ul>" if lines else ""))
    if compared_with := comparison_of(release):
        lines = "".join(f"<li>{escape(line)}</li>" for line in compared_with)
        parts.append(f"<p><b>Comparison</b></p><ul>{lines}</ul>")
    for one in release.addenda:
        parts.append(f"<p><b>Addendum, {escape(signed_by(one.signature))}</b></p><p>{escape(one.text)}</p>")
    parts += [f"<p>{escape(line)}</p>" for line in limitations_text(release.facts).splitlines()]
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(parts)}</div>'


def _evidence(release: Release) -> list[Resource]:
    facts = release.facts
    missing = _missing(facts)
    return [
        *(of_finding(release, finding) for finding in facts.findings),
        *(of_measurement(release, measurement) for measurement in facts.measurements),
        *(not_assessed(release, limitation, number) for number, limitation in enumerate(missing, start=1)),
    ]


def _missing(facts: Facts) -> list[Limitation]:
    return [limitation for limitation in facts.limitations if limitation.reason not in _NOT_ABOUT_ASSESSMENT]


def _withdrawn(release: Release, drafts_were_sent: bool) -> list[Resource]:
    told = {one.finding_id for one in release.facts.findings} | {
        one.measurement_id for one in release.facts.measurements
    }
    before = release.draft.facts if drafts_were_sent else release.withdrawn
    findings = [(one.finding_id, concept(one.code)) for one in before.findings]
    measurements = [(one.measurement_id, concept(one.name)) for one in before.measurements]
    missing = [(f"limitation {n}", subject_of(one)) for n, one in enumerate(_missing(before), start=1)]
    still = _missing(release.facts)
    gone = [*findings, *measurements, *([] if still else missing)]
    return [withdrawn(release, fact_id, code) for fact_id, code in gone if fact_id not in told]


def _around(release: Release, study: Study) -> list[Resource]:
    model = release.provenance.language_model
    devices = [device(release, algorithm) for algorithm in _algorithms(release)]
    return [
        patient(release, study),
        imaging_study(release, study),
        *devices,
        *([language_model_device(release, model)] if model else []),
    ]


def _algorithms(release: Release) -> tuple[Algorithm, ...]:
    """Every algorithm that a fact names, also one that the provenance forgot."""
    evidence = [one for finding in release.facts.findings for one in finding.evidence]
    evidence += [one for measurement in release.facts.measurements for one in measurement.evidence]
    return tuple(dict.fromkeys((*release.provenance.algorithms, *(one.algorithm for one in evidence))))


def _provenance(release: Release) -> Provenance:
    """Who made it: the software that drafted, and the person who attests to what left."""
    parts = [device_part(algorithm) for algorithm in _algorithms(release)]
    parts += ["language-model"] if release.provenance.language_model else []
    kind = _participant("assembler", "Assembler")
    software = {"type": kind, "who": {"display": f"wetread {release.provenance.software_version}"}}
    told = (*history_of(release), *provenance_of(release.draft))
    lines = "".join(f"<li>{escape(field.name)}: {escape(field.value)}</li>" for field in told)
    agents = [{"type": kind, "who": reference(release, part)} for part in parts] or [software]
    signatures = (release.signature, *(one.signature for one in release.addenda))
    attester = _participant("attester", "Attester")
    agents += [{"type": attester, "who": {"display": signed_by(one)}} for one in dict.fromkeys(signatures) if one]
    return Provenance(
        id=resource_id(release, "provenance"),
        meta=_tagged(release),
        text={"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{lines}</ul></div>'},
        target=[reference(release, "report")],
        recorded=release.at,
        agent=agents,
        entity=[{"role": "source", "what": reference(release, "imaging-study")}],
    )


def _participant(code: str, display: str) -> dict[str, object]:
    return {"coding": [{"system": _PARTICIPANTS, "code": code, "display": display}]}


def _tagged(release: Release) -> Meta:
    """A Provenance has no identifier in R4B: a tag lets a server know one that came before."""
    security = AI_ASSERTED.security if release.holds_ai_text else None
    return Meta(security=security, tag=[{"system": RELEASES, "code": release.key}])
