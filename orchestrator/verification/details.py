"""Checks of how a finding is described: its side, its severity, its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.report import Problem, SectionName
from orchestrator.verification.page import Page
from orchestrator.verification.reading import Claim
from orchestrator.verification.scope import Stance
from orchestrator.verification.vocabulary import PLACES
from services.contract import Finding, Laterality, Measurement, Presence
from services.contract.phrasing import label_text


def side_agrees(page: Page) -> Iterator[Problem]:
    """A left effusion cannot be cited for the right side, nor for a side that nobody determined."""
    for line in page.lines:
        for claim in line.reading.claims:
            facts = line.agreeing(claim) or line.measured(claim)
            if claim.side and facts and not any(side_fits(claim, fact, facts) for fact in facts):
                known = facts[0].laterality or "not determined"
                yield line.problem("side_agrees", f"{claim.concept} reads as {claim.side}; its side is {known}")


def side_fits(claim: Claim, fact: Finding | Measurement, together: Sequence[Finding | Measurement]) -> bool:
    """Return whether a side that was said is the fact's, or that of two facts together."""
    if fact.laterality is None:
        return not claim.side_is_own or str(claim.side) in site_words(fact)
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
        sites = frozenset[str]().union(*(site_words(finding) for finding in line.findings))
        for word in line.reading.words:
            if word.text in PLACES and word.text not in sites:
                yield line.problem("site_agrees", f"no cited finding was placed at: {word.text}")


def site_words(fact: Finding | Measurement) -> frozenset[str]:
    """Return the words of the place a finding was given."""
    if isinstance(fact, Measurement) or fact.site is None:
        return frozenset()
    return frozenset(label_text(fact.site).replace("-", " ").split())


def side_of_present_findings_is_said(page: Page) -> Iterator[Problem]:
    """A side that was determined is not left out of the findings."""
    for line in page.lines:
        for claim in line.reading.claims:
            sided = [fact for fact in line.agreeing(claim) if fact.laterality and fact.presence is Presence.PRESENT]
            if sided and claim.side is None and line.section is SectionName.FINDINGS:
                said = f"{claim.concept} is {sided[0].laterality}; say so"
                yield line.problem("side_of_present_findings_is_said", said)


def severity_of_present_findings_is_said(page: Page) -> Iterator[Problem]:
    """A grade that was given is not left out: an effusion is acted on by its size."""
    for line in page.lines:
        for claim in line.reading.claims:
            graded = [fact for fact in line.agreeing(claim) if fact.severity and fact.presence is Presence.PRESENT]
            if graded and not claim.severities:
                said = f"{claim.concept} is {graded[0].severity}; say so"
                yield line.problem("severity_of_present_findings_is_said", said)


def denial_and_doubt_keep_their_side(page: Page) -> Iterator[Problem]:
    """ "No mass" denies more than "no left mass": where one side was looked at, the sentence names that side itself."""
    for line in page.lines:
        for claim in line.reading.claims:
            sides = {fact.laterality for fact in line.agreeing(claim)}
            one_side = len(sides) == 1 and sides <= {Laterality.LEFT, Laterality.RIGHT}
            reaches_on = claim.stance in {Stance.DENIED, Stance.UNCERTAIN}
            if reaches_on and one_side and not claim.side_is_own:
                known = f"{claim.concept} is {claim.stance} on the {next(iter(sides))} only; say so"
                yield line.problem("denial_and_doubt_keep_their_side", known)
