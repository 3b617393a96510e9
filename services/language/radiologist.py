"""Writes the report of a simulated study the way a radiologist would, with citations.

The answer is the JSON of the draft prompt. Rules that every answer keeps, and that the tests hold:
every finding and measurement is said once in ``findings`` and cited there; nothing else is said;
the impression names every PRESENT finding; an INDETERMINATE finding gets a hedge; a study without
PRESENT or INDETERMINATE findings is summarised by :data:`NONE_PRESENT` and never called normal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

from services.contract import Fact, Finding, Label, Laterality, Likelihood, Measurement, Presence
from services.contract.phrasing import NONE_PRESENT, label_text, number_text


class CitedText(Fact):
    """One sentence and the ids it rests on, in the order in which they are written."""

    cites: tuple[str, ...]
    text: str


_COUNTABLE = {
    Label.PNEUMOTHORAX,
    Label.EFFUSION,
    Label.NODULE,
    Label.MASS,
    Label.HERNIA,
    Label.LUNG_LESION,
    Label.FRACTURE,
    Label.LUNG_OPACITY,
    Label.ENLARGED_CARDIOMEDIASTINUM,
    Label.ABNORMAL_FILM,
}
_DIAGNOSES = {Label.PNEUMONIA, Label.TUBERCULOSIS}
_LABELS = {str(label) for label in Label}

_FIRM = ("There is {article_phrase}.",) * 3 + ("There is evidence of {article_phrase}.",)
_FIRM_DIAGNOSIS = ("There are findings of {phrase}.",) * 3 + ("There is evidence of {phrase}.",)
_LIKELY = (
    "There is likely {article_phrase}.",
    "There is likely {article_phrase}.",
    "Likely {phrase}.",
    "Probable {phrase}.",
)
_INDETERMINATE = ("Possible {phrases}.", "Indeterminate for {phrases}.", "Equivocal for {phrases}.")
_ABSENT = ("No {phrases}.",) * 3 + ("No evidence of {phrases}.", "There is no {phrases}.")
_MEASURED = ("The {name} is {number}.",) * 2 + ("The {name} measures {number}.",)
_ABSENT_PER_SENTENCE = 4
_INDETERMINATE_PER_SENTENCE = 3


def phrase(finding: Finding) -> str:
    """Return severity, side, label and site as spoken: ``mild left pleural effusion``."""
    words = [finding.severity, finding.laterality, label_text(finding.code)]
    spoken = " ".join(str(word) for word in words if word is not None)
    return spoken if finding.site is None else f"{spoken} in the {label_text(finding.site)}"


def article_phrase(finding: Finding) -> str:
    """Return the phrase with its article where English wants one: ``a mild left pleural effusion``."""
    spoken = phrase(finding)
    if label_text(finding.code) not in _COUNTABLE or finding.laterality is Laterality.BILATERAL:
        return spoken
    return f"{'an' if spoken[0] in 'aeiou' else 'a'} {spoken}"


def listed(phrases: Sequence[str], conjunction: str) -> str:
    """Join phrases as English does, without the comma before the conjunction: ``a, b or c``."""
    if len(phrases) == 1:
        return phrases[0]
    return f"{', '.join(phrases[:-1])} {conjunction} {phrases[-1]}"


def write_report(findings: Sequence[Finding], measurements: Sequence[Measurement], rng: Random) -> str:
    """Return the compact JSON answer for a study; the same generator state gives the same words."""
    sections = {
        "findings": [item.model_dump() for item in _findings_section(findings, measurements, rng)],
        "impression": [item.model_dump() for item in _impression(findings, measurements, rng)],
    }
    return json.dumps(sections, separators=(",", ":"))


def _findings_section(findings: Sequence[Finding], measurements: Sequence[Measurement], rng: Random) -> list[CitedText]:
    hedge, absent = rng.choice(_INDETERMINATE), rng.choice(_ABSENT)
    sentences = [_present(finding, rng) for finding in _by(findings, Presence.PRESENT)]
    sentences += _grouped(_by(findings, Presence.INDETERMINATE), hedge, "or", _INDETERMINATE_PER_SENTENCE)
    sentences += _grouped(_by(findings, Presence.ABSENT), absent, "or", _ABSENT_PER_SENTENCE)
    return sentences + [_measured(item, rng) for item in measurements]


def _impression(findings: Sequence[Finding], measurements: Sequence[Measurement], rng: Random) -> list[CitedText]:
    word = rng.choice(("Likely", "Likely", "Probable"))
    sentences = [_concluded(finding, word) for finding in _by(findings, Presence.PRESENT)]
    unsure = _by(findings, Presence.INDETERMINATE)
    sentences += _grouped(unsure, rng.choice(_INDETERMINATE[:2]), "or", _INDETERMINATE_PER_SENTENCE)
    if sentences:
        return sentences
    if findings:
        return [CitedText(text=NONE_PRESENT, cites=_ids(findings))]
    return [_measured(item, rng) for item in measurements]


def _concluded(finding: Finding, likely: str) -> CitedText:
    """Return a PRESENT finding as a line of its own, as impressions are numbered."""
    spoken = phrase(finding)
    if finding.likelihood is Likelihood.LIKELY:
        text = f"{likely} {spoken}."
    else:
        text = f"{spoken[0].upper()}{spoken[1:]}." if _known(finding) else f"Evidence of {spoken}."
    return CitedText(text=text, cites=(finding.finding_id,))


def _present(finding: Finding, rng: Random) -> CitedText:
    firm = _FIRM_DIAGNOSIS if label_text(finding.code) in _DIAGNOSES else _FIRM
    template = rng.choice(_LIKELY if finding.likelihood is Likelihood.LIKELY else firm)
    text = template.format(phrase=phrase(finding), article_phrase=article_phrase(finding))
    return CitedText(text=text, cites=(finding.finding_id,))


def _grouped(findings: Sequence[Finding], template: str, conjunction: str, size: int) -> list[CitedText]:
    """Return sentences for findings of one presence, in their order, up to ``size`` findings in each."""
    sentences = []
    for start in range(0, len(findings), size):
        group = findings[start : start + size]
        text = template.format(phrases=listed([phrase(item) for item in group], conjunction))
        sentences.append(CitedText(text=text, cites=_ids(group)))
    return sentences


def _measured(measurement: Measurement, rng: Random) -> CitedText:
    side = "" if measurement.laterality is None else f"{measurement.laterality} "
    name = f"{side}{label_text(measurement.name)}"
    text = rng.choice(_MEASURED).format(name=name, number=number_text(measurement))
    return CitedText(text=text, cites=(measurement.measurement_id,))


def _by(findings: Sequence[Finding], presence: Presence) -> list[Finding]:
    return [finding for finding in findings if finding.presence is presence]


def _ids(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(finding.finding_id for finding in findings)


def _known(finding: Finding) -> bool:
    return label_text(finding.code) in _LABELS
