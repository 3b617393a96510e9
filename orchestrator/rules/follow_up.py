"""What comes next after a finding: a published rule says so, or says which input it would have needed."""

from __future__ import annotations

from functools import lru_cache

from orchestrator.report import Facts, FollowUp
from orchestrator.rules.table import FOLDER, FollowUpRule, FollowUpTable, read_table
from services.contract import Finding, Presence, Subject
from services.contract.phrasing import label_text


@lru_cache(maxsize=1)
def follow_up_table() -> FollowUpTable:
    """Return the table in force."""
    return read_table(FollowUpTable, FOLDER / "follow_up.toml")


def follow_up_of(facts: Facts, subject: Subject, table: FollowUpTable | None = None) -> tuple[FollowUp, ...]:
    """Return what the rules advise for the PRESENT findings, and where they refuse for want of an input."""
    table = table or follow_up_table()
    known = {"age_years"} if subject.age_years is not None else set[str]()
    advised = []
    for rule in table.rule:
        about = [finding for finding in facts.findings if _is_about(rule, finding)]
        if not about or not _is_for(rule, subject):
            continue
        missing = tuple(need for need in rule.needs if need not in known)
        advised.append(
            FollowUp(
                rule=rule.id,
                finding_ids=tuple(finding.finding_id for finding in about),
                text=None if missing else rule.text,
                missing=missing,
                source=rule.source,
                table=table.reference,
            )
        )
    return tuple(advised)


def _is_about(rule: FollowUpRule, finding: Finding) -> bool:
    return label_text(finding.code) == rule.label and finding.presence is Presence.PRESENT


def _is_for(rule: FollowUpRule, subject: Subject) -> bool:
    """A rule for adults says nothing to a child; for an unknown age it says that the age is missing."""
    return subject.age_years is None or subject.age_years >= rule.age_from
