"""Checks of what may not be left out, and of an impression that says no more than the findings."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.report import Problem, SectionName
from orchestrator.verification.details import side_fits
from orchestrator.verification.page import AGREES, Page, concept_of
from orchestrator.verification.reading import Claim
from services.contract import Finding, Laterality, Presence
from services.contract.phrasing import label_text


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
            f"the {name} does not say that {label_text(finding.code)} ({finding.finding_id}) is {presence.lower()}"
        )
        yield Problem(check=check, message=message, section=name, finding_id=finding.finding_id)


def _mentioned(page: Page, finding: Finding, name: SectionName) -> bool:
    return any(
        claim.concept == concept_of(finding)
        and claim.stance in AGREES[finding.presence]
        and (claim.side is None or side_fits(claim, finding, line.agreeing(claim)))
        for line in page.lines
        if line.section is name and finding in line.findings
        for claim in line.reading.claims
    )


def impression_follows_from_the_findings(page: Page) -> Iterator[Problem]:
    """The impression concludes; what the findings section does not say, it cannot conclude."""
    check = "impression_follows_from_the_findings"
    said = [claim for line in page.lines if line.section is SectionName.FINDINGS for claim in line.reading.claims]
    for line in page.lines:
        if line.section is not SectionName.IMPRESSION:
            continue
        for claim in line.reading.claims:
            if _follows(claim, said):
                continue
            what = f"the findings section does not say what the impression concludes of {claim.concept}"
            absent = [fact for fact in line.agreeing(claim) if fact.presence is Presence.ABSENT]
            if absent:
                yield Problem(check=check, message=what, section=SectionName.FINDINGS, finding_id=absent[0].finding_id)
            elif not line.agreeing(claim):  # a PRESENT or INDETERMINATE one left out has its own check
                yield line.problem(check, what)


def _follows(claim: Claim, said: list[Claim]) -> bool:
    alike = [one for one in said if (one.concept, one.stance) == (claim.concept, claim.stance)]
    sides = {one.side for one in alike}
    if claim.side in {None, *sides}:
        return bool(alike)
    if claim.side is Laterality.BILATERAL:
        return sides >= {Laterality.LEFT, Laterality.RIGHT}
    return not claim.side_is_own
