"""What an answer says, compared with what the study holds: the measure the bundled model is judged by.

Plain string comparison over the known names. It belongs to evaluation only; what may be released is decided by the
orchestrator's own checks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from services.contract import Fact, Finding, Label, Laterality, Likelihood, Measurement, Presence, Severity
from services.contract.phrasing import HEDGES, LIKELY_WORDS, NONE_PRESENT, label_text, number_text
from services.language.radiologist import CitedText, phrase
from services.language.simulate import OTHER_NAMES, SimulatedStudy

NAMES = tuple(sorted({*map(str, Label), *OTHER_NAMES}, key=len, reverse=True))
_NAME = re.compile(rf"(?<![a-z])(?:{'|'.join(map(re.escape, NAMES))})(?![a-z])")
_SIDE = re.compile(rf"\b(?:{'|'.join(Laterality)})\b")
_SEVERITY = re.compile(rf"\b(?:{'|'.join(Severity)})\b")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class Said(Fact):
    """How one answer compares with its study. Counts are of sentences and of facts."""

    valid: bool
    sentences: int = 0
    wrongly_cited: int = 0
    """Sentences that cite what they do not name."""
    invented: int = 0
    """Sentences that say what no cited fact holds: another name, side, severity, number or certainty."""
    facts: int = 0
    missing: int = 0
    """Findings and measurements that ``findings`` does not say, and PRESENT ones that the impression does not."""

    @property
    def right(self) -> bool:
        """Whether the answer says everything and nothing else."""
        return self.valid and not (self.wrongly_cited or self.invented or self.missing)


def compare(answer: str, study: SimulatedStudy) -> Said:
    """Return how an answer compares with its study; an unreadable answer is only invalid."""
    facts = {item.finding_id: item for item in study.findings} | {m.measurement_id: m for m in study.measurements}
    try:
        content = json.loads(answer)
        sections = [[CitedText.model_validate(item) for item in content[name]] for name in ("findings", "impression")]
    except (ValueError, KeyError, TypeError):
        return Said(valid=False, facts=len(facts), missing=len(facts))
    sentences = [sentence for section in sections for sentence in section]
    if any(identity not in facts for sentence in sentences for identity in sentence.cites):
        return Said(valid=False, facts=len(facts), missing=len(facts))
    cited = [(sentence, [facts[identity] for identity in sentence.cites]) for sentence in sentences]
    return Said(
        valid=True,
        sentences=len(sentences),
        wrongly_cited=sum(not names_all(sentence, behind) for sentence, behind in cited),
        invented=sum(invents(sentence, behind) for sentence, behind in cited),
        facts=len(facts),
        missing=len(set(facts) - _spoken(sections[0], facts)) + len(_present(study) - _spoken(sections[1], facts)),
    )


def _present(study: SimulatedStudy) -> set[str]:
    return {item.finding_id for item in study.findings if item.presence is Presence.PRESENT}


def _spoken(section: Iterable[CitedText], facts: dict[str, Finding | Measurement]) -> set[str]:
    return {identity for sentence in section for identity in sentence.cites if _says(sentence.text, facts[identity])}


def _says(text: str, fact: Finding | Measurement) -> bool:
    if isinstance(fact, Measurement):
        return number_text(fact) in text and label_text(fact.name) in text.lower()
    return phrase(fact) in text.lower()


def names_all(sentence: CitedText, behind: Sequence[Finding | Measurement]) -> bool:
    """Return whether a sentence names every fact it cites."""
    if sentence.text == NONE_PRESENT:
        return all(isinstance(fact, Finding) and fact.presence is Presence.ABSENT for fact in behind)
    return all(_name(fact) in sentence.text.lower() for fact in behind)


def invents(sentence: CitedText, behind: Sequence[Finding | Measurement]) -> bool:
    """Return whether a sentence says what no cited fact holds."""
    if sentence.text == NONE_PRESENT:
        return False
    text = sentence.text.lower()
    findings = [fact for fact in behind if isinstance(fact, Finding)]
    measurements = [fact for fact in behind if isinstance(fact, Measurement)]
    known_sides = [str(fact.laterality) for fact in behind if fact.laterality is not None]
    known_severities = [str(finding.severity) for finding in findings if finding.severity is not None]
    known_numbers = [_NUMBER.findall(number_text(item))[0] for item in measurements]
    return (
        not set(_NAME.findall(text)) <= _names_within(behind)
        or sorted(_SIDE.findall(text)) != sorted(known_sides)
        or sorted(_SEVERITY.findall(text)) != sorted(known_severities)
        or not set(_numbers(text)) <= set(known_numbers)
        or any(_certainty(text) is not finding.likelihood for finding in findings)
    )


def _numbers(text: str) -> list[str]:
    return _NUMBER.findall(_NAME.sub(" ", text))


def _names_within(behind: Sequence[Finding | Measurement]) -> set[str]:
    """Return the known names that occur in the facts themselves, sites included."""
    return {
        name for fact in behind for name in _NAME.findall(phrase(fact) if isinstance(fact, Finding) else _name(fact))
    }


def _name(fact: Finding | Measurement) -> str:
    return label_text(fact.code if isinstance(fact, Finding) else fact.name)


def _certainty(text: str) -> Likelihood:
    words = set(re.findall(r"[a-z]+", text))
    if words & set(HEDGES):
        return Likelihood.INDETERMINATE
    if words & {"no", "not", "without"}:
        return Likelihood.ABSENT
    return Likelihood.LIKELY if words & set(LIKELY_WORDS) else Likelihood.PRESENT
