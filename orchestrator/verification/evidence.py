"""Checks of what is said to be there: citations, presence, certainty, and nothing beyond the findings."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.report import Problem
from orchestrator.verification.page import AGREES, Page, concept_of
from orchestrator.verification.reading import Claim
from orchestrator.verification.scope import Stance
from services.contract import Finding, Likelihood, Presence
from services.contract.phrasing import label_text

_CERTAINTY = {Likelihood.PRESENT: Stance.AFFIRMED, Likelihood.LIKELY: Stance.LIKELY}


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
        f"{claim.concept} is {claim.stance} here, but {finding.finding_id} is {finding.presence.lower()}; "
        f"say that it is {finding.presence.lower()}"
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
