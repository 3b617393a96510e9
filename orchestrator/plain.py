"""The plain list of findings: the draft in this program's own words, with no text of a model.

It is what is released when the language model is down, and what stands in for every sentence that
did not pass the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestrator.report import Citation, Facts, Problem, Section, SectionName, Sentence
from services.contract import Finding, Likelihood, Limitation, LimitationReason, Measurement, Presence
from services.contract.phrasing import label_text, number_text

_STATE = {
    Likelihood.PRESENT: "present",
    Likelihood.LIKELY: "present (likely)",
    Likelihood.INDETERMINATE: "indeterminate",
    Likelihood.ABSENT: "absent",
}
_NEEDED = {
    SectionName.FINDINGS: {Presence.PRESENT, Presence.INDETERMINATE},
    SectionName.IMPRESSION: {Presence.PRESENT},
}
"""What a section may not leave out."""
_AT_MOST = 8
"""Absent findings in one sentence."""

_REASONS: dict[LimitationReason, str] = {
    LimitationReason.SPECIALIST_UNAVAILABLE: "Not assessed, the specialist did not answer",
    LimitationReason.NO_WEIGHTS: "Not assessed, no weights for it are installed",
    LimitationReason.UNTRAINED_LABEL: "Not assessed, the installed weights were never trained for it",
    LimitationReason.INVALID_SCORE: "Not assessed, the score was not a number between 0 and 1",
    LimitationReason.UNSUPPORTED_IMAGE: "Not assessed, no specialist reads such an image",
    LimitationReason.UNSUPPORTED_VIEW: "Not assessed, or only with reserve, because of the view",
    LimitationReason.OUT_OF_DISTRIBUTION: "Not assessed, the image is unlike those the specialist was trained on",
    LimitationReason.OUT_OF_POPULATION: "Not assessed, or only with reserve, outside the population it was shown for",
    LimitationReason.POOR_QUALITY: "Not assessed, the image quality does not allow it",
    LimitationReason.LIMITED_QUALITY: "Read with reserve, because of the image",
    LimitationReason.IMPLAUSIBLE_RESULT: "Not assessed, the result was not plausible",
    LimitationReason.NOT_CALIBRATED: "Not assessed, the image is not calibrated",
    LimitationReason.LANGUAGE_MODEL_UNAVAILABLE: "The language model did not answer; the draft is the plain list",
    LimitationReason.DISAGREEMENT: "Specialists disagree",
    LimitationReason.DUPLICATE: "The same picture came more than once",
    LimitationReason.WITHHELD: "Not used, to protect the patient",
    LimitationReason.NO_SECOND_TEXT: "There is no second text",
}


def plain_sections(facts: Facts) -> tuple[Section, ...]:
    """Return findings and impression as a plain list, each line citing what it says.

    Present findings come first, then indeterminate ones, then measurements, then the absent ones grouped.
    Where nothing was found and nothing assessed, nothing is said: not assessed is not absent.
    """
    return (
        Section(name=SectionName.FINDINGS, sentences=_listed(facts.findings, facts.measurements)),
        Section(name=SectionName.IMPRESSION, sentences=_plain_impression(facts)),
    )


def replace_offending(sections: Sequence[Section], facts: Facts, problems: Sequence[Problem]) -> tuple[Section, ...]:
    """Return the sections with each offending sentence replaced by the plain sentence of what it cites.

    A sentence that cites nothing known is dropped, and a PRESENT or INDETERMINATE finding that no remaining
    sentence cites is added, as is whatever the impression cites and the findings do not, so that what comes back
    passes the checks.
    """
    given = {section.name: section for section in sections}
    if len(given) != len(sections):
        return plain_sections(facts)
    impression = _mended(SectionName.IMPRESSION, given.get(SectionName.IMPRESSION), facts, problems, set())
    concluded = {citation.id for sentence in impression.sentences for citation in sentence.citations}
    found = _mended(SectionName.FINDINGS, given.get(SectionName.FINDINGS), facts, problems, concluded)
    return found, impression


def limitations_text(facts: Facts) -> str:
    """Return what was not assessed and why, one line a reason; empty when there is no limitation."""
    return "\n".join(
        f"{phrase}: {'; '.join(said)}."
        for reason, phrase in _REASONS.items()
        if (said := _limited(limitation for limitation in facts.limitations if limitation.reason is reason))
    )


def _limited(limitations: Iterable[Limitation]) -> tuple[str, ...]:
    """Return ``lung nodule, pneumothorax (why)``: names that share their reasons stand together."""
    details: dict[str, dict[str, None]] = {}
    for limitation in limitations:
        details.setdefault(limitation.what, {})[limitation.detail.rstrip(". ")] = None
    together: dict[tuple[str, ...], list[str]] = {}
    for what, reasons in sorted(details.items()):
        together.setdefault(tuple(sorted(reasons)), []).append(what)
    return tuple(f"{', '.join(names)} ({'; '.join(reasons)})" for reasons, names in together.items())


def plain_finding(finding: Finding) -> str:
    """Return one finding as a line of the list: ``Pleural effusion: present (likely), left, mild.``"""
    words = [_STATE[finding.likelihood]]
    words += [str(word) for word in (finding.laterality, finding.severity) if word]
    if finding.site:
        words.append(f"site: {label_text(finding.site)}")
    if finding.experimental:
        words.append("experimental")
    return f"{_capital(label_text(finding.code))}: {', '.join(words)}."


def plain_measurement(measurement: Measurement) -> str:
    """Return one measurement as a line of the list: ``Cardiothoracic ratio 0.56.``"""
    side = f"{measurement.laterality} " if measurement.laterality else ""
    return f"{_capital(side + label_text(measurement.name))} {number_text(measurement)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(findings: Iterable[Finding], measurements: Iterable[Measurement]) -> tuple[Sentence, ...]:
    findings = tuple(findings)
    said = [
        finding
        for presence in (Presence.PRESENT, Presence.INDETERMINATE)
        for finding in findings
        if finding.presence is presence
    ]
    absent = [finding for finding in findings if finding.presence is Presence.ABSENT]
    placed = [finding for finding in absent if finding.laterality or finding.site or finding.severity]
    grouped = [finding for finding in absent if finding not in placed]
    lines = [(plain_finding(finding), _cite_finding(finding)) for finding in said]
    lines += [(plain_measurement(measurement), _cite_measurement(measurement)) for measurement in measurements]
    lines += [(plain_finding(finding), _cite_finding(finding)) for finding in placed]
    return _merged(lines) + _absent(grouped)


def _merged(lines: Iterable[tuple[str, Citation]]) -> tuple[Sentence, ...]:
    """Two specialists that say the same make one sentence with both citations."""
    citations: dict[str, list[Citation]] = {}
    for text, citation in lines:
        citations.setdefault(text, []).append(citation)
    return tuple(_sentence(text, cited) for text, cited in citations.items())


def _absent(findings: Iterable[Finding]) -> tuple[Sentence, ...]:
    by_name: dict[str, list[Finding]] = {}
    for finding in findings:
        by_name.setdefault(label_text(finding.code), []).append(finding)
    names = list(by_name)
    groups = (names[start : start + _AT_MOST] for start in range(0, len(names), _AT_MOST))
    return tuple(_absent_line({name: by_name[name] for name in group}) for group in groups)


def _absent_line(by_name: dict[str, list[Finding]]) -> Sentence:
    names = [
        name + (" (experimental)" if any(finding.experimental for finding in findings) else "")
        for name, findings in by_name.items()
    ]
    cited = [_cite_finding(finding) for findings in by_name.values() for finding in findings]
    return _sentence(f"Absent: {', '.join(names)}.", cited)


def _plain_impression(facts: Facts) -> tuple[Sentence, ...]:
    by_presence = {p: [finding for finding in facts.findings if finding.presence is p] for p in Presence}
    if by_presence[Presence.PRESENT]:
        return _listed(by_presence[Presence.PRESENT], ())
    open_ones = _listed(by_presence[Presence.INDETERMINATE], ())
    absent = by_presence[Presence.ABSENT]
    if not absent:
        return open_ones
    text = "No other assessed finding is present." if open_ones else "None of the assessed findings is present."
    return (*open_ones, _sentence(text, [_cite_finding(finding) for finding in absent]))


def _mended(
    name: SectionName, section: Section | None, facts: Facts, problems: Sequence[Problem], wanted: set[str]
) -> Section:
    here = [problem for problem in problems if problem.section is name]
    offending = {problem.sentence for problem in here if problem.sentence is not None}
    sentences = section.sentences if section else ()
    spoken_of = {c.id for i, sentence in enumerate(sentences) if i not in offending for c in sentence.citations}
    mended: list[Sentence] = []
    for index, sentence in enumerate(sentences):
        stands_in = (sentence,) if index not in offending else _plain_of(sentence, facts, spoken_of)
        spoken_of |= {citation.id for kept in stands_in for citation in kept.citations}
        mended += stands_in
    needed = _NEEDED[name]
    wanted = wanted | {finding.finding_id for finding in facts.findings if finding.presence in needed}
    mended += _listed(
        [finding for finding in facts.findings if finding.finding_id in wanted - spoken_of],
        [measurement for measurement in facts.measurements if measurement.measurement_id in wanted - spoken_of],
    )
    mended = _without_repeats(mended)
    if not mended:
        return next(plain for plain in plain_sections(facts) if plain.name is name)
    return Section(name=name, sentences=tuple(mended))


def _without_repeats(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Plain sentences of the same words become one, with the citations of all."""
    by_words: dict[tuple[str, str], Sentence] = {}
    for sentence in sentences:
        key = (sentence.text, sentence.author)
        together = (*by_words[key].citations, *sentence.citations) if key in by_words else sentence.citations
        by_words[key] = sentence.model_copy(update={"citations": tuple(dict.fromkeys(together))})
    return list(by_words.values())


def _plain_of(sentence: Sentence, facts: Facts, spoken_of: set[str]) -> tuple[Sentence, ...]:
    cited = {citation.id for citation in sentence.citations} - spoken_of
    return _listed(
        [finding for finding in facts.findings if finding.finding_id in cited],
        [measurement for measurement in facts.measurements if measurement.measurement_id in cited],
    )


def _cite_finding(finding: Finding) -> Citation:
    return Citation(kind="finding", id=finding.finding_id)


def _cite_measurement(measurement: Measurement) -> Citation:
    return Citation(kind="measurement", id=measurement.measurement_id)


def _sentence(text: str, citations: Iterable[Citation]) -> Sentence:
    return Sentence(text=text, citations=tuple(citations), author="plain")
