"""The words that every export uses: the marks of a draft, its header, and a line for each finding."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from orchestrator.release import Release, ReleasedSentence, ReleaseEvent, Signature
from orchestrator.report import Author, ComparedSentence, DraftReport, SecondText
from orchestrator.study import Study
from services.contract import Algorithm, Evidence, Finding, Likelihood, Measurement
from services.contract.phrasing import label_text, number_text

DRAFT_MARK = "DRAFT, AI, not verified by a person"
"""Stands on every page and in every message of an unsigned draft."""
NOTICE = (
    "Research software, not a medical device. A radiologist must read the images before anything rests on this text."
)

RETRACTED = "RETRACTED: this report is withdrawn; do not use it"
AI_HELPED = (
    "Parts were drafted by software and left by the radiologist who signed. Coded findings and measurements are the "
    "software's where the signer left the sentence that rests on them as it was."
)
_SIGNED_AS: dict[ReleaseEvent, str] = {
    ReleaseEvent.SIGNED: "FINAL REPORT",
    ReleaseEvent.CORRECTED: "CORRECTED REPORT",
    ReleaseEvent.ADDENDED: "FINAL REPORT WITH ADDENDUM",
}

AUTHORS: dict[Author, str] = {
    Author.LANGUAGE_MODEL: "phrased by a language model, each sentence checked against the findings it cites",
    Author.MIXED: "phrased by a language model; sentences that did not pass the checks stand as plain findings",
    Author.PLAIN_LIST: "the plain list of findings, no text of a language model",
}

STATES: dict[Likelihood, str] = {
    Likelihood.PRESENT: "present",
    Likelihood.LIKELY: "present (likely)",
    Likelihood.INDETERMINATE: "indeterminate",
    Likelihood.ABSENT: "absent",
}
_SEXES = {"F": "female", "M": "male", "O": "other"}


class Field(NamedTuple):
    """One line of the identified header."""

    name: str
    value: str


def header_of(study: Study) -> tuple[Field, ...]:
    """Return what the study says of the person and the order; what it does not say is left out."""
    patient, order, subject = study.patient, study.order, study.subject
    age = None if subject.age_years is None else f"{subject.age_years:g} years"
    fields = (
        ("Patient", spoken_name(patient.name)),
        ("Patient ID", patient.patient_id),
        ("Born", _day(patient.birth_date)),
        ("Sex", _SEXES.get(patient.sex or subject.sex or "")),
        ("Age at the study", age),
        ("Accession number", order.accession_number),
        ("Procedure", order.requested_procedure),
        ("Indication", order.indication),
        ("History", order.history),
        ("Referred by", spoken_name(order.referring_physician)),
        ("Study", moment(study.study_datetime) if study.study_datetime else None),
    )
    return tuple(Field(name, " ".join(value.split())) for name, value in fields if value and value.strip())


def spoken_name(name: str | None) -> str | None:
    """Return a DICOM person name (PS3.5 6.2.1.2) as it is read: ``Dr Zoë M O'Neill III``."""
    if not name:
        return None
    parts = [*name.partition("=")[0].split("^"), *[""] * 5]
    family, given, middle, prefix, suffix = parts[:5]
    return " ".join(part.strip() for part in (prefix, given, middle, family, suffix) if part.strip()) or None


def moment(when: datetime) -> str:
    """Return a time to the minute with its zone, or without where nobody said it."""
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()


def _day(birth_date: str | None) -> str | None:
    if birth_date and len(birth_date) == 8 and birth_date.isdigit():
        return f"{birth_date[:4]}-{birth_date[4:6]}-{birth_date[6:]}"
    return birth_date


def mark_of(release: Release) -> str:
    """Return what stands on every page and in every message of a release: what it is, and who says so."""
    if release.is_retraction:
        return RETRACTED
    if release.signature is None:
        return DRAFT_MARK
    return f"{_SIGNED_AS[release.event]}, signed by {signed_by(release.signature)}"


def report_title(release: Release) -> str:
    """Return the title of a document, as a worklist shows it."""
    if release.is_retraction:
        return "Retracted report"
    return _SIGNED_AS[release.event].capitalize() if release.is_signed else "Draft report, AI, not verified"


def notice_of(release: Release) -> str:
    """Return what a reader must know of how it came about; empty where every word is a person's."""
    if release.is_retraction:
        return f"Reason: {release.reason}" if release.reason else "No reason was given."
    if release.signature is None:
        return NOTICE
    return AI_HELPED if release.holds_ai_text else ""


def signed_by(signature: Signature) -> str:
    """Return a name with its house and time: ``Dr Ada Nowak, St. Vincent, 2026-03-02 15:20 UTC``."""
    parts = (signature.name, signature.organization, moment(signature.at))
    return ", ".join(" ".join(part.split()) for part in parts if part)


def history_of(release: Release) -> tuple[Field, ...]:
    """Return what became of a report since it was first signed: version, what it replaces, why, and the signature."""
    if release.signature is None:
        return ()
    fields = [Field("Signed by", signed_by(release.signature)), Field("Version", str(release.version))]
    if release.event is ReleaseEvent.CORRECTED:
        fields.append(Field("Replaces", f"version {release.version - 1}"))
    if release.reason:
        fields.append(Field("Reason", " ".join(release.reason.split())))
    return tuple(fields)


def cited(sentence: ReleasedSentence) -> str:
    """Return the marks of a sentence: ``[F1] [M1]``."""
    return " ".join(f"[{citation.id}]" for citation in sentence.citations)


def worded(sentence: ReleasedSentence, release: Release) -> str:
    """Return a sentence as it is read: a draft's with its marks, a signed one as the signer left it."""
    return sentence.text if release.is_signed else f"{sentence.text} {cited(sentence)}".strip()


def plain_mark(sentence: ReleasedSentence, release: Release) -> str:
    """Return the mark of a sentence that stands in for one of the model's, in a draft that mixes both."""
    mixed = release.author is Author.MIXED and not release.is_signed
    return "(plain finding)" if mixed and sentence.origin == "plain" else ""


def name_of(finding: Finding) -> str:
    """Return a finding's name as the start of a line."""
    name = label_text(finding.code)
    return name[:1].upper() + name[1:]


def state_of(finding: Finding) -> str:
    """Return presence, side, severity and place of a finding: ``present (likely), left, mild``."""
    words = [STATES[finding.likelihood], *(str(word) for word in (finding.laterality, finding.severity) if word)]
    if finding.site:
        words.append(label_text(finding.site))
    if finding.experimental:
        words.append("experimental")
    if finding.population:
        words.append(f"shown for {finding.population}")
    return ", ".join(words)


def measured(measurement: Measurement) -> str:
    """Return a measurement with its side, uncertainty and calibration."""
    side = f"{measurement.laterality} " if measurement.laterality else ""
    text = f"{side}{label_text(measurement.name)} {number_text(measurement)}"
    if measurement.uncertainty is not None:
        text += f" (mean absolute error {measurement.uncertainty:g})"
    if measurement.calibration:
        text += f", calibrated by {measurement.calibration}"
    return text[:1].upper() + text[1:]


def score_of(evidence: Evidence) -> str:
    """Return a score beside the points that made it a word: ``0.912 (absent 0.2, present 0.5, likely 0.8)``."""
    if evidence.score is None:
        return "no score"
    points = ", ".join(f"{name} {value:g}" for name, value in sorted(evidence.operating_points.items(), key=_by_value))
    return f"{evidence.score:.3f} ({points})" if points else f"{evidence.score:.3f}"


def _by_value(point: tuple[str, float]) -> tuple[float, str]:
    return point[1], point[0]


def algorithm_of(algorithm: Algorithm) -> str:
    """Return an algorithm's name and version, and the first digits of its weights' hash."""
    weights = f", weights {algorithm.weights_sha256[:12]}" if algorithm.weights_sha256 else ""
    return f"{algorithm.name} {algorithm.version}{weights}"


SECOND_TEXT = "SECOND TEXT, NOT PART OF THE REPORT"


def second_caption(text: SecondText) -> str:
    """Return who wrote a second text, and what it is worth."""
    beyond = f" {text.not_read} more sentences were not looked at." if text.not_read else ""
    return (
        f"Written about {text.image_id} by {algorithm_of(text.algorithm)}. It finds nothing: each sentence was set "
        f"against what the specialists found, and their findings stand.{beyond}"
    )


def became_of(sentence: ComparedSentence) -> str:
    """Return what stands in the place of a sentence, and by what evidence."""
    cites = " ".join(f"[{id_}]" for id_ in sentence.cites)
    instead = f"{sentence.becomes} " if sentence.becomes else ""
    return f"{instead}{cites} {sentence.because}".strip()


def provenance_of(draft: DraftReport) -> tuple[Field, ...]:
    """Return what is needed to make the same draft again."""
    provenance = draft.provenance
    model = provenance.language_model
    fields = [
        Field("Draft", draft.draft_id),
        Field("Made", moment(draft.created_at)),
        Field("Text", AUTHORS[draft.author]),
        Field("Software", f"wetread {provenance.software_version}"),
        Field("Prompt", f"{provenance.prompt_id} version {provenance.prompt_version}, {provenance.prompt_sha256}"),
    ]
    if model:
        weights = f", weights {model.weights_sha256}" if model.weights_sha256 else ""
        fields.append(Field("Language model", f"{model.model} (profile {model.profile}, {model.server}){weights}"))
    else:
        fields.append(Field("Language model", "none"))
    for algorithm in provenance.algorithms:
        weights = f", weights {algorithm.weights_sha256}" if algorithm.weights_sha256 else ""
        fields.append(Field("Algorithm", f"{algorithm.name} {algorithm.version}{weights}"))
    fields.append(Field("Operating points", provenance.operating_points_sha256))
    if provenance.left_out:
        fields.append(Field("Not shown to it", "; ".join(provenance.left_out)))
    if provenance.exemplars_sha256:
        fields.append(Field("Style lent by", ", ".join(digest[:12] for digest in provenance.exemplars_sha256)))
    for attempt in provenance.attempts:
        checks = ", ".join(dict.fromkeys(problem.check for problem in attempt.problems)) or "no problem"
        fields.append(Field(f"Attempt {attempt.number}", f"answer {attempt.answer_sha256[:12]}: {checks}"))
    return tuple(fields)


def rules_of(draft: DraftReport) -> tuple[str, ...]:
    """Return what the tables of rules say of the draft, a line each: its urgency first, then what comes next."""
    lines: list[str] = []
    urgency = draft.urgency
    if urgency:
        read = (
            f"read by {urgency.acknowledgement.by}" if urgency.acknowledgement else "acknowledgement not yet recorded"
        )
        lines.append(
            f"URGENT, to be read within {_span(urgency.within_minutes)}: {urgency.why} "
            f"[{', '.join(urgency.finding_ids)}]; {read} (table {urgency.table.name} {urgency.table.version})."
        )
    for one in draft.follow_up:
        ids = ", ".join(one.finding_ids)
        if one.text:
            lines.append(f"Next step by rule [{ids}]: {one.text} Source: {one.source}")
        else:
            missing = ", ".join(need.replace("_", " ") for need in one.missing)
            lines.append(f"No next step by rule {one.rule.replace('_', ' ')} [{ids}]: not known are {missing}.")
    return tuple(lines)


def _span(minutes: int) -> str:
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
