"""The check of comparisons: new, unchanged, improved need an earlier examination that says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from orchestrator.prior import Prior
from orchestrator.report import Problem
from orchestrator.verification.lexicon import COMPARISONS
from orchestrator.verification.page import Page, concept_of, own_words
from orchestrator.verification.vocabulary import words_of
from services.contract import Finding, Presence, Severity


class Course(StrEnum):
    """How a finding went since the prior."""

    NEW = "new"
    UNCHANGED = "unchanged"
    IMPROVED = "improved"
    WORSENED = "worsened"
    RESOLVED = "resolved"


_COURSES: dict[Course, frozenset[str]] = {
    Course.NEW: words_of("new newly developed"),
    Course.UNCHANGED: words_of("unchanged stable stability persistent persists persist persisting remains remain"),
    Course.IMPROVED: words_of("improved improving improvement better decreased decreasing decrease smaller"),
    Course.WORSENED: words_of("worsened worsening worse increased increasing increase larger progressed progression"),
    Course.RESOLVED: words_of("resolved resolution cleared"),
}
_SILENT = words_of("since prior priors previous previously comparison compared interval earlier")
"""Words that only say that there is something to compare with."""
_GRADES = (None, *Severity)


def no_comparison_without_a_prior(page: Page) -> Iterator[Problem]:
    """Unchanged, new, improved: only where a dated prior holds the same finding, and went that way."""
    check = "no_comparison_without_a_prior"
    for line in page.lines:
        own = own_words(line)
        met = tuple(dict.fromkeys(w.text for w in line.reading.words if w.text in COMPARISONS and w.text not in own))
        if not met:
            continue
        words = ", ".join(met)
        if not page.facts.priors:
            yield line.problem(check, f'"{words}" compares with a prior, and there is none')
        elif not line.findings or not all(_is_borne_out(word, line.findings, page) for word in met):
            yield line.problem(check, f'"{words}" is not what the findings of the prior say')


def _is_borne_out(word: str, findings: tuple[Finding, ...], page: Page) -> bool:
    if word in _SILENT:
        return True
    course = next((course for course, words in _COURSES.items() if word in words), None)
    return course is not None and all(course_of(finding, page) is course for finding in findings)


def course_of(finding: Finding, page: Page) -> Course | None:
    """Return how a finding went since the latest prior that assessed it on the same side; None where none did."""
    since = compared(finding, page.facts.priors)
    return since and since.course


class Compared(NamedTuple):
    """How a finding went, and since when."""

    course: Course
    days: int
    """Since the examination so many days before."""


def compared(finding: Finding, priors: Iterable[Prior]) -> Compared | None:
    """Return how a finding went since the latest prior that assessed it on the same side; None where none did."""
    found = next(
        (
            (one, prior.days_before)
            for prior in sorted(priors, key=lambda prior: prior.days_before)
            for one in prior.findings
            if concept_of(one) == concept_of(finding) and one.laterality in {None, finding.laterality}
        ),
        None,
    )
    if found is None or (course := _course(found[0], finding)) is None:
        return None
    return Compared(course, found[1])


def _course(earlier: Finding, finding: Finding) -> Course | None:
    if Presence.INDETERMINATE in {earlier.presence, finding.presence}:
        return None
    if earlier.presence is not finding.presence:
        return Course.NEW if finding.presence is Presence.PRESENT else Course.RESOLVED
    before, now = _GRADES.index(earlier.severity), _GRADES.index(finding.severity)
    if before == now:
        return Course.UNCHANGED
    if not before or not now:
        return None
    return Course.WORSENED if now > before else Course.IMPROVED
