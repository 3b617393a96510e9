"""Training examples of the bundled model: prompts and answers of the two formats it is served with.

``draft``: simulated facts in the very lines of :mod:`services.contract.phrasing`, answered in cited JSON.
``impression``: the findings text of an Open-i training report, answered by its impression.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from services.contract import Fact
from services.contract.phrasing import study_block
from services.language.openi import OpeniReport
from services.language.radiologist import write_report
from services.language.simulate import SimulatedStudy, simulate

OPENI_SHARE = 0.15
"""Share of examples that are Open-i reports."""


class Example(Fact):
    """What the model reads and what it should write."""

    prompt: str
    answer: str


def draft_prompt(study: SimulatedStudy) -> str:
    """Return the study part of ``prompts/draft.md``: the bundled model is served without the instructions."""
    return study_block(study.findings, study.measurements, study.not_assessed)


def impression_prompt(findings: str) -> str:
    """Return the study part of ``prompts/impression.md``."""
    return f"### Findings text\n{findings}\n### Impression\n"


def draft_example(rng: Random) -> Example:
    """Draw one simulated study with its report."""
    study = simulate(rng)
    return Example(prompt=draft_prompt(study), answer=write_report(study.findings, study.measurements, rng))


def impression_example(report: OpeniReport) -> Example:
    """Return an Open-i report as the second task."""
    return Example(prompt=impression_prompt(report.findings), answer=report.impression)


def draw(rng: Random, reports: Sequence[OpeniReport]) -> Example:
    """Draw one training example of either task."""
    if reports and rng.random() < OPENI_SHARE:
        return impression_example(rng.choice(reports))
    return draft_example(rng)


def held_out(index: int) -> SimulatedStudy:
    """Return the ``index``-th held-out simulated study, from a generator that training never uses."""
    return simulate(Random(f"held-out {index}"))
