"""How soon a person must read a draft: a table decides, no model does."""

from __future__ import annotations

from functools import lru_cache

from orchestrator.report import Facts, Urgency
from orchestrator.rules.table import FOLDER, LEVELS, UrgencyRule, UrgencyTable, read_table
from services.contract import Finding
from services.contract.phrasing import label_text


@lru_cache(maxsize=1)
def urgency_table() -> UrgencyTable:
    """Return the table in force."""
    return read_table(UrgencyTable, FOLDER / "urgency.toml")


def urgency_of(facts: Facts, table: UrgencyTable | None = None) -> Urgency | None:
    """Return the most urgent level that a rule gives to a finding, with every finding of that level; else None."""
    table = table or urgency_table()
    met = [(rule, finding) for finding in facts.findings for rule in table.rule if _applies(rule, finding)]
    if not met:
        return None
    level = min((rule.level for rule, _ in met), key=LEVELS.index)
    urgent = [(rule, finding) for rule, finding in met if rule.level == level]
    reasons = dict.fromkeys(f"{label_text(finding.code)}: {rule.why}" for rule, finding in urgent)
    return Urgency(
        level=level,
        within_minutes=table.within_minutes[level],
        finding_ids=tuple(dict.fromkeys(finding.finding_id for _, finding in urgent)),
        rules=tuple(dict.fromkeys(rule.id for rule, _ in urgent)),
        why="; ".join(reasons),
        table=table.reference,
    )


def _applies(rule: UrgencyRule, finding: Finding) -> bool:
    return (
        label_text(finding.code) == rule.label
        and finding.presence in rule.presence
        and (not rule.severity or finding.severity in rule.severity)
    )
