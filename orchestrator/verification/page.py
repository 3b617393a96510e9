"""The page that the checks look at: every sentence read once, beside the facts it cites."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from orchestrator.report import Facts, Problem, Section, SectionName, Sentence
from orchestrator.verification.reading import Claim, Reading, read
from orchestrator.verification.scope import Stance
from services.contract import Code, Finding, Label, Measurement, Presence
from services.contract.phrasing import label_text

AGREES: dict[Presence, frozenset[Stance]] = {
    Presence.PRESENT: frozenset({Stance.AFFIRMED, Stance.LIKELY}),
    Presence.INDETERMINATE: frozenset({Stance.UNCERTAIN}),
    Presence.ABSENT: frozenset({Stance.DENIED}),
}
"""The stances in which a finding may be spoken of."""


class Line(NamedTuple):
    """One sentence of a section with what it cites and what it says."""

    section: SectionName
    position: int
    """Index of the sentence within its section."""
    sentence: Sentence
    reading: Reading
    findings: tuple[Finding, ...]
    measurements: tuple[Measurement, ...]

    def problem(self, check: str, message: str) -> Problem:
        """Return a problem of this sentence."""
        return Problem(check=check, message=message, section=self.section, sentence=self.position)

    def about(self, claim: Claim) -> tuple[Finding, ...]:
        """Return the cited findings that a claim is about."""
        return tuple(finding for finding in self.findings if concept_of(finding) == claim.concept)

    def agreeing(self, claim: Claim) -> tuple[Finding, ...]:
        """Return the cited findings whose presence agrees with what a claim says."""
        return tuple(finding for finding in self.about(claim) if claim.stance in AGREES[finding.presence])

    def measured(self, claim: Claim) -> tuple[Measurement, ...]:
        """Return the cited measurements that a claim names."""
        return tuple(one for one in self.measurements if label_text(one.name) == claim.concept)


class Page(NamedTuple):
    """All sentences of a draft and the facts they may speak of."""

    lines: tuple[Line, ...]
    facts: Facts
    sections: frozenset[SectionName]


_LABELS = frozenset(str(label) for label in Label)
Check = Callable[[Page], Iterable[Problem]]


def concept_of(finding: Finding) -> str:
    """Return the name under which claims speak of a finding."""
    return label_text(finding.code)


def own_words(line: Line) -> frozenset[str]:
    """Return the words of the sites of the cited findings, which their specialists chose."""
    sites = (label_text(finding.site) for finding in line.findings if finding.site)
    return frozenset(word for site in sites for word in re.findall(r"[^\W\d_]+", site))


def open_page(sections: Sequence[Section], facts: Facts) -> Page:
    """Read every sentence once."""
    measured = _beyond_the_lexicon(measurement.name for measurement in facts.measurements)
    names = _beyond_the_lexicon(finding.code for finding in facts.findings) + measured
    lines = tuple(
        _line(section.name, index, sentence, facts, read(sentence.text, names, measured))
        for section in sections
        for index, sentence in enumerate(section.sentences)
    )
    return Page(lines, facts, frozenset(section.name for section in sections))


def _beyond_the_lexicon(codes: Iterable[Code]) -> tuple[str, ...]:
    return tuple(sorted({label_text(code) for code in codes} - _LABELS))


def _line(name: SectionName, index: int, sentence: Sentence, facts: Facts, reading: Reading) -> Line:
    cited = {(citation.kind, citation.id) for citation in sentence.citations}
    return Line(
        section=name,
        position=index,
        sentence=sentence,
        reading=reading,
        findings=tuple(f for f in facts.findings if ("finding", f.finding_id) in cited),
        measurements=tuple(m for m in facts.measurements if ("measurement", m.measurement_id) in cited),
    )
