"""The draft as HL7 v2.5.1 ORU^R01, not verified (OBR-25 ``R``, OBX-11 ``R``)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime

from orchestrator.exports.hl7_segments import Composite, Repeated, Value, segment
from orchestrator.exports.words import DRAFT_MARK, NOTICE, algorithm_of, cited, provenance_of, score_of, state_of
from orchestrator.plain import limitations_text
from orchestrator.report import SECTION_LOINC, DraftReport, SectionName
from orchestrator.study import Study
from services.contract import Algorithm, Code, Evidence, Finding, Measurement, label_of
from services.contract.codes import CODES
from services.contract.phrasing import label_text

NOT_VERIFIED = "R"
"""Table 0123 and table 0085: results entered, not yet verified. ``P`` would mean a *verified* early result."""
_SECTION_NAMES = {SectionName.FINDINGS: "Procedure findings", SectionName.IMPRESSION: "Imaging study impression"}
_SYSTEMS = {"SCT": "SCT", "RADLEX": "RADLEX", "DCM": "DCM", "LN": "LN", "UCUM": "UCUM"}
_REPORT = Composite("18748-4", "Diagnostic imaging study", "LN")


def render_oru(draft: DraftReport, study: Study, pdf: bytes | None = None) -> str:
    """Return one message, segments ended by carriage returns.

    An OBX a sentence (section LOINC), an OBX a finding or measurement (SNOMED CT or RadLex where there is a
    trusted code, text only where there is none), the PDF as encapsulated data, and NTE segments that say who
    wrote it and what was not assessed.

    Parameters
    ----------
    pdf
        The rendered PDF of this draft; None leaves it out.
    """
    observations = _numbered([_mark(), *_sentences(draft), *_findings(draft), *_measurements(draft), *_document(pdf)])
    segments = [_msh(draft), *_pid(study), _obr(draft, study), *_notes(draft), *observations]
    return "".join(f"{line}\r" for line in segments)


def _msh(draft: DraftReport) -> str:
    control = hashlib.sha256(draft.draft_id.encode()).hexdigest()[:19]
    made = _time(draft.created_at)
    kind = Composite("ORU", "R01", "ORU_R01")
    parts: dict[int, Value] = {3: "WETREAD", 7: made, 9: kind, 10: f"W{control}", 11: "P", 12: "2.5.1"}
    return segment("MSH", {**parts, 18: "UNICODE UTF-8"})


def _pid(study: Study) -> list[str]:
    patient = study.patient
    if patient.patient_id:
        identifier = Composite(patient.patient_id, "", "", Composite(patient.issuer_of_patient_id or ""), "MR")
    else:
        identifier = Composite(study.study_id, "", "", Composite("WETREAD"), "ANON")
    born = patient.birth_date if patient.birth_date and patient.birth_date.isdigit() else ""
    parts: dict[int, Value] = {1: "1", 3: identifier, 5: _name(patient.name), 7: born, 8: patient.sex or "U"}
    return [segment("PID", parts)]


def _name(name: str | None) -> Composite:
    """Return a DICOM person name (prefix before suffix) as XPN (suffix before prefix)."""
    if not name:
        return Composite("UNKNOWN", "", "", "", "", "", "U")
    parts = [*name.partition("=")[0].split("^"), *[""] * 5]
    family, given, middle, prefix, suffix = parts[:5]
    return Composite(family, given, middle, suffix, prefix, "", "L")


def _obr(draft: DraftReport, study: Study) -> str:
    order = study.order
    procedure = Composite("", order.requested_procedure) if order.requested_procedure else _REPORT
    referrer = _person(order.referring_physician) if order.referring_physician else ""
    observed = _time(study.study_datetime) if study.study_datetime else ""
    reason = Composite("", order.indication) if order.indication else ""
    parts: dict[int, Value] = {
        1: "1",
        2: order.placer_order_number or "",
        3: order.filler_order_number or order.accession_number or draft.draft_id,
        4: procedure,
        7: observed,
        16: referrer,
        18: order.accession_number or "",
        22: _time(draft.created_at),
        24: "RAD",
        25: NOT_VERIFIED,
        31: reason,
    }
    return segment("OBR", parts)


def _person(name: str) -> Composite:
    parts = [*name.partition("=")[0].split("^"), *[""] * 3]
    return Composite("", parts[0], parts[1], parts[2])


def _notes(draft: DraftReport) -> Iterator[str]:
    notes = [f"{DRAFT_MARK}. {NOTICE}", *limitations_text(draft.facts).splitlines()]
    notes += [f"{field.name}: {field.value}" for field in provenance_of(draft)]
    for number, note in enumerate(notes, start=1):
        yield segment("NTE", {1: str(number), 2: "O", 3: note})


def _mark() -> dict[int, Value]:
    """The first observation says what the message is, for a receiver that drops notes."""
    return {2: "TX", 3: _REPORT, 4: "notice", 5: DRAFT_MARK, 11: NOT_VERIFIED}


def _sentences(draft: DraftReport) -> Iterator[dict[int, Value]]:
    for section in draft.sections:
        code = Composite(SECTION_LOINC[section.name], _SECTION_NAMES[section.name], "LN")
        for number, sentence in enumerate(section.sentences, start=1):
            text = f"{sentence.text} {cited(sentence)}"
            yield {2: "TX", 3: code, 4: f"{section.name}.{number}", 5: text, 11: NOT_VERIFIED}


def _findings(draft: DraftReport) -> Iterator[dict[int, Value]]:
    for finding in draft.facts.findings:
        said = f"{state_of(finding)}; score {'; '.join(score_of(one) for one in finding.evidence)}"
        yield {
            2: "CWE",
            3: _coded(finding.code),
            4: finding.finding_id,
            5: Composite("", said),
            **_observed(draft, finding),
        }


def _measurements(draft: DraftReport) -> Iterator[dict[int, Value]]:
    for measurement in draft.facts.measurements:
        unit = Composite(measurement.unit, "no units" if measurement.unit == "1" else measurement.unit, "UCUM")
        decimals = 3 if measurement.unit == "1" else 1
        yield {
            2: "NM",
            3: _coded(measurement.name),
            4: measurement.measurement_id,
            5: f"{measurement.value:.{decimals}f}",
            6: unit,
            **_observed(draft, measurement),
        }


def _document(pdf: bytes | None) -> Iterator[dict[int, Value]]:
    if pdf is not None:
        data = base64.b64encode(pdf).decode("ascii")
        document = Composite("", "application", "pdf", "Base64", data)
        yield {2: "ED", 3: _REPORT, 4: "pdf", 5: document, 11: NOT_VERIFIED}


def _observed(draft: DraftReport, fact: Finding | Measurement) -> dict[int, Value]:
    algorithms = dict.fromkeys(evidence.algorithm for evidence in _evidence(fact))
    return {
        11: NOT_VERIFIED,
        14: _time(draft.created_at),
        17: Repeated(*(Composite("", algorithm_of(algorithm)) for algorithm in algorithms)),
        18: Repeated(*(_instance(algorithm) for algorithm in algorithms)),
    }


def _evidence(fact: Finding | Measurement) -> tuple[Evidence, ...]:
    return fact.evidence


def _instance(algorithm: Algorithm) -> Composite:
    return Composite(f"{algorithm.name} {algorithm.version}", "WETREAD")


def _coded(code: Code) -> Composite:
    """Return a coded element with its alternate; a code of the private scheme is sent as text only."""
    try:
        codes = CODES[label_of(code)]
    except KeyError:
        codes = (code,)
    trusted = [one for one in codes if one.scheme in _SYSTEMS][:2]
    if not trusted:
        return Composite("", label_text(code))
    return Composite(*(part for one in trusted for part in (one.value, one.meaning, _SYSTEMS[one.scheme])))


def _numbered(observations: list[dict[int, Value]]) -> Iterator[str]:
    for number, parts in enumerate(observations, start=1):
        yield segment("OBX", {1: str(number), **parts})


def _time(when: datetime) -> str:
    return when.strftime("%Y%m%d%H%M%S%z")
