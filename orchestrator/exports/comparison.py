"""What a draft's findings are compared with, by rule: each course with the findings that show it.

It rests on :attr:`~orchestrator.report.Facts.priors` alone and stands in drafts only: a signed report compares in its
signer's words.
"""

from __future__ import annotations

from orchestrator.release import Release
from orchestrator.report import Facts
from orchestrator.verification.comparisons import Course, compared
from services.contract import Finding, Presence
from services.contract.phrasing import label_text

COMPARISON_LOINC = ("18834-2", "Radiology comparison study observation")
_COURSES: dict[Course, str] = {
    Course.NEW: "not present in the examination {days} before",
    Course.UNCHANGED: "also present in the examination {days} before",
    Course.IMPROVED: "more severe in the examination {days} before",
    Course.WORSENED: "less severe in the examination {days} before",
    Course.RESOLVED: "present in the examination {days} before, absent now",
}


def comparison_of(release: Release) -> tuple[str, ...]:
    """Return what was compared, a line each: the examinations, then the findings that one of them speaks of."""
    if release.is_signed or release.is_retraction or not release.facts.priors:
        return ()
    spans = [_days(prior.days_before) for prior in release.facts.priors]
    return (f"Compared with what was found {' and '.join(spans)} before.", *_courses(release.facts))


def _courses(facts: Facts) -> tuple[str, ...]:
    lines = []
    for finding in facts.findings:
        since = compared(finding, facts.priors)
        if since is None or (finding.presence is Presence.ABSENT and since.course is not Course.RESOLVED):
            continue
        said = _COURSES[since.course].format(days=_days(since.days))
        lines.append(f"{_named(finding)}: {said}. [{finding.finding_id}]")
    return tuple(lines)


def _named(finding: Finding) -> str:
    side = f"{finding.laterality} " if finding.laterality else ""
    text = f"{side}{label_text(finding.code)}"
    return text[:1].upper() + text[1:]


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
