"""Checks that hold each sentence against the findings and measurements it cites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.report import Problem, SectionName
from orchestrator.verification.page import AGREES, Line, Page, concept_of
from orchestrator.verification.reading import Claim, Number
from orchestrator.verification.scope import Stance
from orchestrator.verification.vocabulary import PLACES
from services.contract import Finding, Laterality, Likelihood, Measurement, Presence
from services.contract.phrasing import label_text, number_text

_CERTAINTY = {Likelihood.PRESENT: Stance.AFFIRMED, Likelihood.LIKELY: Stance.LIKELY}
_WORDS_OF = {Presence.PRESENT: "present", Presence.ABSENT: "absent", Presence.INDETERMINATE: "indeterminate"}


def every_sentence_cites_what_exists(page: Page) -> Iterator[Problem]:
    """A sentence without evidence is not a draft, it is a guess."""
    known = {("finding", finding.finding_id) for finding in page.facts.findings}
    known |= {("measurement", measurement.measurement_id) for measurement in page.facts.measurements}
    for line in page.lines:
        for citation in line.sentence.citations:
            if (citation.kind, citation.id) not in known:
                yield line.problem("every_sentence_cites_what_exists", f"there is no {citation.kind} {citation.id}")


def every_citation_is_spoken_of(page: Page) -> Iterator[Problem]:
    """A finding may not lend its pixels to a sentence that does not speak of it."""
    check = "every_citation_is_spoken_of"
    for line in page.lines:
        named = {claim.concept for claim in line.reading.claims}
        for finding in line.findings:
            if concept_of(finding) not in named and not line.reading.none_assessed:
                yield line.problem(check, f"cites {finding.finding_id} and does not name {label_text(finding.code)}")
        if line.findings:
            continue
        for measurement in line.measurements:
            if label_text(measurement.name) not in named:
                name = label_text(measurement.name)
                yield line.problem(check, f"cites {measurement.measurement_id} and does not name {name}")


def presence_agrees(page: Page) -> Iterator[Problem]:
    """What is present is said to be present, what is absent is denied, what is open is left open."""
    for line in page.lines:
        for finding in line.findings:
            claims = [claim for claim in line.reading.claims if claim.concept == concept_of(finding)]
            if claims and not any(claim.stance in AGREES[finding.presence] for claim in claims):
                yield line.problem("presence_agrees", _presence_message(finding, claims[0]))
        for claim in line.reading.claims:
            if line.about(claim) and not line.agreeing(claim):
                yield line.problem("presence_agrees", _presence_message(line.about(claim)[0], claim))


def _presence_message(finding: Finding, claim: Claim) -> str:
    if claim.stance is Stance.CONFUSED:
        return f"it cannot be told whether {claim.concept} is affirmed, denied or left open"
    return (
        f"{claim.concept} is {claim.stance} here, but {finding.finding_id} is {_WORDS_OF[finding.presence]}; "
        f"say that it is {_WORDS_OF[finding.presence]}"
    )


def certainty_agrees(page: Page) -> Iterator[Problem]:
    """A likely finding is said to be likely, and a firm one is not hedged."""
    for line in page.lines:
        for claim in line.reading.claims:
            facts = [fact for fact in line.agreeing(claim) if fact.presence is Presence.PRESENT]
            if facts and not any(_CERTAINTY[fact.likelihood] is claim.stance for fact in facts):
                known = "likely" if facts[0].likelihood is Likelihood.LIKELY else "present without reserve"
                yield line.problem("certainty_agrees", f"{claim.concept} is {known}; say so")


def none_present_only_where_none_is(page: Page) -> Iterator[Problem]:
    """ "None of the assessed findings is present" is true only where every one of them is absent."""
    check = "none_present_only_where_none_is"
    for line in page.lines:
        if not line.reading.none_assessed:
            continue
        if any(finding.presence is not Presence.ABSENT for finding in line.findings) or not line.findings:
            yield line.problem(check, "the summary must cite absent findings, and only those")
        not_absent = [finding for finding in page.facts.findings if finding.presence is not Presence.ABSENT]
        if not_absent and not line.reading.none_other:
            yield line.problem(check, f"{label_text(not_absent[0].code)} is not absent")


def nothing_outside_the_findings(page: Page) -> Iterator[Problem]:
    """The model phrases, it never finds: a concept that no cited finding stands for was invented."""
    for line in page.lines:
        for claim in line.reading.claims:
            if not line.about(claim) and not line.measured(claim):
                yield line.problem("nothing_outside_the_findings", f"no cited finding is {claim.concept}")


def nothing_not_assessed_is_denied(page: Page) -> Iterator[Problem]:
    """Not assessed is not absent: what nobody looked for cannot be denied."""
    assessed = {concept_of(finding) for finding in page.facts.findings}
    for line in page.lines:
        for claim in line.reading.claims:
            if claim.stance is Stance.DENIED and claim.concept not in assessed and not line.measured(claim):
                yield line.problem("nothing_not_assessed_is_denied", f"{claim.concept} was not assessed")


def side_agrees(page: Page) -> Iterator[Problem]:
    """A left effusion cannot be cited for the right side, nor for a side that nobody determined."""
    for line in page.lines:
        for claim in line.reading.claims:
            facts = line.agreeing(claim) or line.measured(claim)
            if claim.side and facts and not any(_side_fits(claim, fact, facts) for fact in facts):
                known = facts[0].laterality or "not determined"
                yield line.problem("side_agrees", f"{claim.concept} reads as {claim.side}; its side is {known}")


def _side_fits(claim: Claim, fact: Finding | Measurement, together: Sequence[Finding | Measurement]) -> bool:
    if fact.laterality is None:
        return not claim.side_is_own or str(claim.side) in _site_words(fact)
    both = {one.laterality for one in together} >= {Laterality.LEFT, Laterality.RIGHT}
    return claim.side is fact.laterality or (both and claim.side is Laterality.BILATERAL)


def severity_agrees(page: Page) -> Iterator[Problem]:
    """Mild, moderate and severe are findings too: none is said that was not graded so."""
    for line in page.lines:
        for claim in line.reading.claims:
            facts = line.agreeing(claim) or line.about(claim)
            graded = {fact.severity for fact in facts}
            if (facts or line.measured(claim)) and not claim.severities <= graded:
                said = ", ".join(sorted(claim.severities))
                known = ", ".join(sorted(str(grade) for grade in graded if grade)) or "not graded"
                yield line.problem("severity_agrees", f"{claim.concept} reads as {said}; it is {known}")


def nothing_is_narrowed(page: Page) -> Iterator[Problem]:
    """ "No focal opacity" follows from no opacity; "focal opacity" does not follow from opacity."""
    for line in page.lines:
        for claim in line.reading.claims:
            if claim.narrowed_by and claim.stance is not Stance.DENIED:
                words = ", ".join(claim.narrowed_by)
                yield line.problem("nothing_is_narrowed", f"nothing says that the {claim.concept} is {words}")


def site_agrees(page: Page) -> Iterator[Problem]:
    """A place within the lung is said only where a finding was placed there."""
    for line in page.lines:
        sites = frozenset[str]().union(*(_site_words(finding) for finding in line.findings))
        for word in line.reading.words:
            if word.text in PLACES and word.text not in sites:
                yield line.problem("site_agrees", f"no cited finding was placed at: {word.text}")


def _site_words(fact: Finding | Measurement) -> frozenset[str]:
    if isinstance(fact, Measurement) or fact.site is None:
        return frozenset()
    return frozenset(label_text(fact.site).replace("-", " ").split())


def numbers_come_from_measurements(page: Page) -> Iterator[Problem]:
    """Every number is a cited measurement, in its unit, rounded to no fewer decimals than it is written with.

    It has at least the decimals that the prompt shows; a ratio may be whole percent, a length in cm with one more.
    A number counts as rounded when it differs by at most half a unit of its last decimal.
    """
    check = "numbers_come_from_measurements"
    for line in page.lines:
        for number in line.reading.numbers:
            meant = _meant(line, number)
            if not any(_is_rounded(number, measurement) for measurement in meant):
                values = ", ".join(number_text(measurement) for measurement in meant) or "none it could be"
                yield line.problem(
                    check, f"{number.value:g} {number.unit}".strip() + f" is not measured; cited: {values}"
                )


def _meant(line: Line, number: Number) -> tuple[Measurement, ...]:
    """A number belongs to the last measurement named before it, else to the first named after it."""
    named = [claim for claim in line.reading.claims if line.measured(claim)]
    before = [claim for claim in named if claim.start < number.start]
    if not named:
        return ()
    claim = before[-1] if before else named[0]
    return tuple(one for one in line.measured(claim) if claim.side in {None, one.laterality} or not claim.side_is_own)


_SCALES: dict[tuple[str, str], tuple[float, int]] = {
    ("1", ""): (1.0, 0),
    ("1", "%"): (100.0, -2),
    ("1", "percent"): (100.0, -2),
    ("mm", "mm"): (1.0, 0),
    ("mm", "cm"): (0.1, 1),
    ("mm2", "mm2"): (1.0, 0),
    ("mL", "ml"): (1.0, 0),
    ("[hnsf'U]", "hu"): (1.0, 0),
}
"""By UCUM unit and written unit: the factor, and how many more decimals the written unit needs."""


def _is_rounded(number: Number, measurement: Measurement) -> bool:
    scale = _SCALES.get((measurement.unit, number.unit))
    if scale is None:
        return False
    factor, more = scale
    least = max(0, len(number_text(measurement).split()[0].partition(".")[2]) + more)
    off = abs(number.value - abs(measurement.value) * factor)
    return number.decimals >= least and off <= 0.5 * 10.0**-number.decimals + 1e-9


def every_present_finding_is_mentioned(page: Page) -> Iterator[Problem]:
    """What was found stands in the findings, and again in the impression that is read first."""
    for name in SectionName:
        yield from _left_out(page, Presence.PRESENT, name, "every_present_finding_is_mentioned")


def every_open_finding_is_mentioned(page: Page) -> Iterator[Problem]:
    """What could be neither shown nor ruled out is not passed over in the findings."""
    yield from _left_out(page, Presence.INDETERMINATE, SectionName.FINDINGS, "every_open_finding_is_mentioned")


def _left_out(page: Page, presence: Presence, name: SectionName, check: str) -> Iterator[Problem]:
    for finding in page.facts.findings:
        if finding.presence is not presence or _mentioned(page, finding, name):
            continue
        message = (
            f"the {name} does not say that {label_text(finding.code)} ({finding.finding_id}) is {_WORDS_OF[presence]}"
        )
        yield Problem(check=check, message=message, section=name, finding_id=finding.finding_id)


def _mentioned(page: Page, finding: Finding, name: SectionName) -> bool:
    return any(
        claim.concept == concept_of(finding)
        and claim.stance in AGREES[finding.presence]
        and (claim.side is None or _side_fits(claim, finding, line.agreeing(claim)))
        for line in page.lines
        if line.section is name and finding in line.findings
        for claim in line.reading.claims
    )


def side_of_present_findings_is_said(page: Page) -> Iterator[Problem]:
    """A side that was determined is not left out of the findings."""
    for line in page.lines:
        for claim in line.reading.claims:
            sided = [fact for fact in line.agreeing(claim) if fact.laterality and fact.presence is Presence.PRESENT]
            if sided and claim.side is None and line.section is SectionName.FINDINGS:
                said = f"{claim.concept} is {sided[0].laterality}; say so"
                yield line.problem("side_of_present_findings_is_said", said)
