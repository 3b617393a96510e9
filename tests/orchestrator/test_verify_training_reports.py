"""What the bundled language model is taught to write must be what the checks let through."""

from __future__ import annotations

import random

from orchestrator.answer import parse_answer
from orchestrator.report import Facts
from orchestrator.verify import verify
from services.language.radiologist import write_report
from services.language.simulate import simulate
from tests.orchestrator.report_parts import limitation

REPORTS = 300


def test_reports_of_the_training_simulation_pass_the_checks():
    objected: list[tuple[int, set[str]]] = []
    for number in range(REPORTS):
        chance = random.Random(f"checks {number}")
        study = simulate(chance)
        facts = Facts(
            findings=study.findings,
            measurements=study.measurements,
            limitations=tuple(limitation(name) for name in study.not_assessed),
        )
        sections, unread = parse_answer(write_report(study.findings, study.measurements, chance), facts)
        problems = (*unread, *verify(sections, facts))
        if problems:
            objected.append((number, {problem.check for problem in problems}))
    assert len(objected) <= 0.01 * REPORTS, objected[:5]
