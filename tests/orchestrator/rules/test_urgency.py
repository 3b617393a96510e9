"""Critical findings are made urgent by a table, and a person must say that they were read."""

from __future__ import annotations

import pytest

from orchestrator.errors import Misconfigured
from orchestrator.rules.table import FOLDER, LEVELS, UrgencyTable, read_table
from orchestrator.rules.urgency import urgency_of, urgency_table
from services.contract import Label, Laterality, Likelihood, Severity
from tests.orchestrator.report_parts import facts, finding

URGENCY = FOLDER / "urgency.toml"
PNEUMOTHORAX = finding("F1", Label.PNEUMOTHORAX, Likelihood.PRESENT, Laterality.LEFT)


def test_a_pneumothorax_is_read_within_the_hour_and_the_reading_is_to_be_recorded():
    urgency = urgency_of(facts(PNEUMOTHORAX, finding("F2", Label.NODULE)))
    assert urgency is not None
    assert (urgency.level, urgency.within_minutes, urgency.finding_ids) == ("minutes", 60, ("F1",))
    assert urgency.acknowledgement_required and urgency.acknowledgement is None


def test_a_likely_finding_is_as_urgent_as_a_certain_one():
    likely = urgency_of(facts(finding("F1", Label.PNEUMOTHORAX, Likelihood.LIKELY)))
    assert likely is not None and likely.level == "minutes"


def test_a_pneumothorax_that_was_not_ruled_out_is_settled_within_hours():
    doubtful = urgency_of(facts(finding("F1", Label.PNEUMOTHORAX, Likelihood.INDETERMINATE)))
    assert doubtful is not None and doubtful.level == "hours"


GRADES = [(Severity.SEVERE, "minutes"), (Severity.MILD, "hours"), (None, "hours")]


@pytest.mark.parametrize(("severity", "level"), GRADES)
def test_the_grade_decides_where_the_rule_asks_for_one(severity: Severity | None, level: str):
    urgency = urgency_of(facts(finding("F1", Label.EDEMA, severity=severity)))
    assert urgency is not None and urgency.level == level


def test_nothing_found_is_not_urgent():
    assert urgency_of(facts(finding("F1", Label.PNEUMOTHORAX, Likelihood.ABSENT), finding("F2", Label.HERNIA))) is None


def test_the_table_names_its_source_and_version_and_the_draft_can_be_traced_to_it():
    table, urgency = urgency_table(), urgency_of(facts(PNEUMOTHORAX))
    assert urgency is not None
    assert table.source and urgency.table.version == table.version and urgency.table.sha256 == table.sha256
    assert [table.within_minutes[level] for level in LEVELS] == sorted(table.within_minutes.values())


def test_a_table_with_an_unknown_finding_does_not_start(tmp_path):
    path = tmp_path / "urgency.toml"
    path.write_text(URGENCY.read_text().replace('label = "pneumothorax"', 'label = "gout"'))
    with pytest.raises(Misconfigured, match="not a table of rules"):
        read_table(UrgencyTable, path)
