"""How facts are written as lines: the format that prompts show and that the bundled model is trained on.

Pure functions on contract types. The orchestrator renders its prompt from them and
:mod:`services.language` its training text, so the two cannot drift apart::

    ### Findings
    [F1] PRESENT | likely | pleural effusion | side: left | severity: mild
    [F2] ABSENT | pneumonia | experimental
    [M1] cardiothoracic ratio | 0.56
    ### Not assessed
    lung nodule; pneumothorax
    ### Report
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from services.contract.codes import label_of
from services.contract.fact import Code
from services.contract.facts import Finding, Likelihood, Limitation, LimitationReason, Measurement

HEDGES: tuple[str, ...] = ("possible", "indeterminate", "equivocal")
"""Words that say INDETERMINATE. A sentence about an INDETERMINATE finding needs one of them."""

LIKELY_WORDS: tuple[str, ...] = ("likely", "probable")
"""Words that say that a PRESENT finding is only likely."""

NONE_PRESENT = "None of the assessed findings is present."
"""The only summary of a study whose findings are all ABSENT; it claims nothing beyond what was assessed."""

_NOT_ABOUT_ASSESSMENT = frozenset(
    {
        LimitationReason.LANGUAGE_MODEL_UNAVAILABLE,
        LimitationReason.DISAGREEMENT,
        LimitationReason.WITHHELD,
        LimitationReason.NO_SECOND_TEXT,
    }
)
_UNSAFE = re.compile(r"[^a-z0-9 ,./()'-]+")
_LONGEST_NAME = 80
_LONGEST_LIST = 40
_LONGEST_QUESTION = 200


def plain_name(text: str) -> str:
    """Return a name in lower case without the characters that have a meaning in the format, at most 80 long."""
    return " ".join(_UNSAFE.sub(" ", text.lower()).split())[:_LONGEST_NAME].strip() or "unnamed"


def label_text(code: Code) -> str:
    """Return the words that sentences use for a code: its label, else its meaning in lower case."""
    try:
        return str(label_of(code))
    except KeyError:
        return plain_name(code.meaning)


def number_text(measurement: Measurement) -> str:
    """Return the value as a sentence must repeat it, such as ``0.56``, ``243 mm``, ``5.4 mm`` or ``-12 HU``.

    A ratio is written with two decimals, anything else with one below ten and with none above.
    """
    if measurement.unit == "1":
        return f"{measurement.value:.2f}"
    unit = "HU" if measurement.unit == "[hnsf'U]" else measurement.unit
    return f"{measurement.value:.{1 if abs(measurement.value) < 10 else 0}f} {unit}"


def finding_line(finding: Finding) -> str:
    """Return one finding as a line, such as ``[F1] PRESENT | likely | pleural effusion | side: left``."""
    parts = [f"[{finding.finding_id}] {finding.presence}"]
    if finding.likelihood is Likelihood.LIKELY:
        parts.append("likely")
    parts.append(label_text(finding.code))
    if finding.laterality is not None:
        parts.append(f"side: {finding.laterality}")
    if finding.site is not None:
        parts.append(f"site: {label_text(finding.site)}")
    if finding.severity is not None:
        parts.append(f"severity: {finding.severity}")
    if finding.experimental:
        parts.append("experimental")
    return " | ".join(parts)


def measurement_line(measurement: Measurement) -> str:
    """Return one measurement as a line, such as ``[M1] cardiothoracic ratio | 0.56``."""
    parts = [f"[{measurement.measurement_id}] {label_text(measurement.name)}", number_text(measurement)]
    if measurement.laterality is not None:
        parts.append(f"side: {measurement.laterality}")
    return " | ".join(parts)


def not_assessed(limitations: Iterable[Limitation], findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the names of what was not assessed at all, sorted; what has a finding was assessed."""
    assessed = {label_text(finding.code) for finding in findings}
    names = {plain_name(item.what) for item in limitations if item.reason not in _NOT_ABOUT_ASSESSMENT}
    return tuple(sorted(names - assessed))


def study_block(findings: Iterable[Finding], measurements: Iterable[Measurement], missing: Iterable[str]) -> str:
    """Return the study part of the prompt, which ends where the report begins.

    The lines keep the order of the facts; their ids are those that the report cites.
    """
    lines = [finding_line(finding) for finding in findings] + [measurement_line(item) for item in measurements]
    names = list(missing)[:_LONGEST_LIST]
    return "\n".join(["### Findings", *lines, "### Not assessed", "; ".join(names) or "none", "### Report", ""])


def answer_schema(ids: Sequence[str]) -> str:
    """Return the JSON schema of a report as compact JSON: two lists of sentences that cite these ids and no others."""
    section = {"type": "array", "items": _sentence_schema(ids), "minItems": 1}
    return _object_schema({"findings": section, "impression": section})


def question_block(
    findings: Iterable[Finding], measurements: Iterable[Measurement], missing: Iterable[str], question: str
) -> str:
    """Return the prompt of a question about a study, which ends where the answer begins."""
    study = study_block(findings, measurements, missing).removesuffix("### Report\n")
    return f"{study}### Question\n{plain_question(question)}\n### Answer\n"


def plain_question(text: str) -> str:
    """Return a question as one short line without the characters that have a meaning in the format."""
    kept = re.sub(r"[^A-Za-z0-9 ,.?/()'-]+", " ", text)
    return " ".join(kept.split())[:_LONGEST_QUESTION]


def question_schema(ids: Sequence[str]) -> str:
    """Return the JSON schema of an answer: sentences that cite these ids; none where the study does not answer."""
    return _object_schema({"answer": {"type": "array", "items": _sentence_schema(ids)}})


def _sentence_schema(ids: Sequence[str]) -> dict[str, object]:
    cites = {"type": "array", "items": {"enum": list(ids)}, "minItems": 1}
    return {
        "type": "object",
        "properties": {"cites": cites, "text": {"type": "string"}},
        "required": ["cites", "text"],
        "additionalProperties": False,
    }


def _object_schema(properties: dict[str, dict[str, object]]) -> str:
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return json.dumps(schema, separators=(",", ":"))
