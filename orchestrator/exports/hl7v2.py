"""The report as HL7 v2.5.1 ORU^R01: a draft not verified (OBR-25 and OBX-11 ``R``), a signed one ``F`` or ``C``.

A correction and an addendum are whole messages of their own, and a retraction (``X``) holds nothing but that it is one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from orchestrator.exports.comparison import COMPARISON_LOINC, comparison_of
from orchestrator.exports.hl7_segments import Composite, Repeated, Value, segment
from orchestrator.exports.words import (
    algorithm_of,
    history_of,
    mark_of,
    notice_of,
    provenance_of,
    score_of,
    signed_by,
    state_of,
    worded,
)
from orchestrator.plain import limitations_text
from orchestrator.release import Release, ReleaseEvent
from orchestrator.report import SECTION_LOINC, SectionName
from orchestrator.study import Study
from services.contract import Algorithm, Code, Evidence, Fact, Finding, Measurement, label_of
from services.contract.codes import CODES
from services.contract.phrasing import label_text

_STATUSES: dict[ReleaseEvent, str] = {
    ReleaseEvent.DRAFTED: "R",
    ReleaseEvent.SIGNED: "F",
    ReleaseEvent.CORRECTED: "C",
    ReleaseEvent.ADDENDED: "F",
    ReleaseEvent.REJECTED: "X",
}
"""Table 0123 and table 0085. ``R`` is *entered, not yet verified*; ``P`` would mean a *verified* early result."""


class OruStyle(Fact):
    """How one receiver wants its messages; the defaults are the standard's."""

    sending_application: str = "WETREAD"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    text: Literal["line", "section"] = "line"
    """An OBX for each sentence, or one for each section with its sentences on lines of their own."""
    coded: bool = True
    """Whether findings and measurements follow as observations of their own."""
    pdf: bool = True
    order_segment: bool = False
    """Whether an ORC with ``RE`` (observations to follow) stands before the OBR."""
    draft_status: Literal["R", "P"] = "R"
    """Some receivers delete earlier reports on ``R``; a site that knows what it does may choose ``P``."""
    accept_acknowledgement: Literal["", "AL", "NE"] = ""
    """MSH-15; not empty asks for the enhanced mode."""
    application_acknowledgement: Literal["", "AL", "NE"] = ""
    """MSH-16."""


PLAIN_STYLE = OruStyle()
_SECTION_NAMES = {SectionName.FINDINGS: "Procedure findings", SectionName.IMPRESSION: "Imaging study impression"}
_SYSTEMS = {"SCT": "SCT", "RADLEX": "RADLEX", "DCM": "DCM", "LN": "LN", "UCUM": "UCUM"}
_REPORT = Composite("18748-4", "Diagnostic imaging study", "LN")


def render_oru(release: Release, study: Study, pdf: bytes | None = None, style: OruStyle = PLAIN_STYLE) -> str:
    """Return one message, segments ended by carriage returns.

    An OBX a sentence or a section (section LOINC), an OBX a finding or measurement (SNOMED CT or RadLex where there is
    a trusted code, text only where there is none), the PDF as encapsulated data, and NTE segments that say who wrote
    it and what was not assessed.

    Parameters
    ----------
    pdf
        The rendered PDF of this release; None leaves it out.
    style
        How the receiver wants it.
    """
    writer = _Writer(release, style)
    observations = _numbered(writer.observations(pdf if style.pdf else None))
    order = [_orc(release, study)] if style.order_segment else []
    segments = [_msh(release, style), *_pid(study), *order, _obr(release, study, writer.status), *_notes(release)]
    return "".join(f"{line}\r" for line in [*segments, *observations])


def control_id(release: Release) -> str:
    """Return MSH-10, the same for the same release, so that a receiver knows a message that came before."""
    return f"W{hashlib.sha256(release.key.encode()).hexdigest()[:19]}"


def _msh(release: Release, style: OruStyle) -> str:
    kind = Composite("ORU", "R01", "ORU_R01")
    parts: dict[int, Value] = {
        3: style.sending_application,
        4: style.sending_facility,
        5: style.receiving_application,
        6: style.receiving_facility,
        7: _time(release.at),
        9: kind,
        10: control_id(release),
        11: "P",
        12: "2.5.1",
        15: style.accept_acknowledgement,
        16: style.application_acknowledgement,
    }
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


def _orc(release: Release, study: Study) -> str:
    order = study.order
    return segment("ORC", {1: "RE", 2: order.placer_order_number or "", 3: _filler(release, study)})


def _filler(release: Release, study: Study) -> str:
    """The number under which the receiver knows the report: the same from the draft to its last correction."""
    return study.order.filler_order_number or study.order.accession_number or release.study_id


def _obr(release: Release, study: Study, status: str) -> str:
    order = study.order
    procedure = Composite("", order.requested_procedure) if order.requested_procedure else _REPORT
    referrer = _person(order.referring_physician) if order.referring_physician else ""
    observed = _time(study.study_datetime) if study.study_datetime else ""
    reason = Composite("", order.indication) if order.indication else ""
    signer = Composite(Composite("", release.signature.name)) if release.signature else ""
    parts: dict[int, Value] = {
        1: "1",
        2: order.placer_order_number or "",
        3: _filler(release, study),
        4: procedure,
        7: observed,
        16: referrer,
        18: order.accession_number or "",
        22: _time(release.at),
        24: "RAD",
        25: status,
        31: reason,
        32: signer,
    }
    return segment("OBR", parts)


def _person(name: str) -> Composite:
    parts = [*name.partition("=")[0].split("^"), *[""] * 3]
    return Composite("", parts[0], parts[1], parts[2])


def _notes(release: Release) -> Iterator[str]:
    notes = [f"{mark_of(release)}. {notice_of(release)}".strip(), *limitations_text(release.facts).splitlines()]
    notes += [f"{field.name}: {field.value}" for field in (*history_of(release), *provenance_of(release.draft))]
    for number, note in enumerate(notes, start=1):
        yield segment("NTE", {1: str(number), 2: "O", 3: note})


class _Writer:
    """Writes the observations of one release, each with its status and, once signed, the person who answers for it."""

    def __init__(self, release: Release, style: OruStyle) -> None:
        self._release, self._style = release, style
        is_draft = release.event is ReleaseEvent.DRAFTED
        self.status = style.draft_status if is_draft else _STATUSES[release.event]

    def observations(self, pdf: bytes | None) -> list[dict[int, Value]]:
        coded = [*self._findings(), *self._measurements()] if self._style.coded else []
        return [self._mark(), *self._sentences(), *self._comparison(), *self._addenda(), *coded, *self._document(pdf)]

    def _mark(self) -> dict[int, Value]:
        """The first observation says what the message is, for a receiver that drops notes."""
        said = mark_of(self._release)
        if self._release.is_retraction:
            said = f"{said}. {notice_of(self._release)}"
        return self._said(_REPORT, "notice", said)

    def _sentences(self) -> Iterator[dict[int, Value]]:
        for section in self._release.sections:
            code = Composite(SECTION_LOINC[section.name], _SECTION_NAMES[section.name], "LN")
            lines = [worded(sentence, self._release) for sentence in section.sentences]
            if self._style.text == "section":
                yield self._said(code, str(section.name), "\n".join(lines), "FT")
                continue
            for number, line in enumerate(lines, start=1):
                yield self._said(code, f"{section.name}.{number}", line)

    def _comparison(self) -> Iterator[dict[int, Value]]:
        code = Composite(*COMPARISON_LOINC, "LN")
        for number, line in enumerate(comparison_of(self._release), start=1):
            yield self._said(code, f"comparison.{number}", line)

    def _addenda(self) -> Iterator[dict[int, Value]]:
        for number, one in enumerate(self._release.addenda, start=1):
            text = f"ADDENDUM, {signed_by(one.signature)}: {one.text}"
            kind = "FT" if self._style.text == "section" else "TX"
            yield {**self._said(_REPORT, f"addendum.{number}", text, kind), 16: Composite("", one.signature.name)}

    def _findings(self) -> Iterator[dict[int, Value]]:
        for finding in self._release.facts.findings:
            said = f"{state_of(finding)}; score {'; '.join(score_of(one) for one in finding.evidence)}"
            yield {
                2: "CWE",
                3: _coded(finding.code),
                4: finding.finding_id,
                5: Composite("", said),
                **self._observed(finding),
            }

    def _measurements(self) -> Iterator[dict[int, Value]]:
        for measurement in self._release.facts.measurements:
            unit = Composite(measurement.unit, "no units" if measurement.unit == "1" else measurement.unit, "UCUM")
            decimals = 3 if measurement.unit == "1" else 1
            yield {
                2: "NM",
                3: _coded(measurement.name),
                4: measurement.measurement_id,
                5: f"{measurement.value:.{decimals}f}",
                6: unit,
                **self._observed(measurement),
            }

    def _document(self, pdf: bytes | None) -> Iterator[dict[int, Value]]:
        if pdf is not None:
            data = base64.b64encode(pdf).decode("ascii")
            document = Composite("", "application", "pdf", "Base64", data)
            yield {2: "ED", 3: _REPORT, 4: "pdf", 5: document, 11: self.status}

    def _said(self, code: Composite, name: str, text: str, kind: str = "TX") -> dict[int, Value]:
        signature = self._release.signature
        person: dict[int, Value] = {16: Composite("", signature.name)} if signature else {}
        return {2: kind, 3: code, 4: name, 5: text, 11: self.status, **person}

    def _observed(self, fact: Finding | Measurement) -> dict[int, Value]:
        algorithms = dict.fromkeys(evidence.algorithm for evidence in _evidence(fact))
        return {
            11: self.status,
            14: _time(self._release.draft.created_at),
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
