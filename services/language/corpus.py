"""Training examples of the bundled model: prompts and answers of the formats it is served with.

``draft``: simulated facts in the very lines of :mod:`services.contract.phrasing`, answered in cited JSON.
``question``: the same facts and a question about them, answered in cited JSON, or by an empty list.
``impression``: the findings text of an Open-i training report, answered by its impression.
``coded impression``: the same report's MeSH terms, answered by its impression; trained on, never served.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from services.contract import Fact
from services.contract.phrasing import question_block, study_block
from services.language.openi import OpeniReport
from services.language.questions import Asked, ask_about
from services.language.radiologist import write_report
from services.language.simulate import SimulatedStudy, simulate, simulate_hard

OPENI_SHARE = 0.35
"""Share of examples that are Open-i reports; they are short, so their share of the tokens is a tenth."""
CODED_SHARE = 0.2
"""Share of these that start from the MeSH terms."""
QUESTION_SHARE = 0.15
HARD_SHARE = 0.3
"""Share of the simulated studies that are long, placed and measured, which are the ones that went wrong."""


class Example(Fact):
    """What the model reads and what it should write."""

    prompt: str
    answer: str


def draft_prompt(study: SimulatedStudy) -> str:
    """Return the study part of ``prompts/draft.md``: the bundled model is served without the instructions."""
    return study_block(study.findings, study.measurements, study.not_assessed)


def question_prompt(study: SimulatedStudy, question: str) -> str:
    """Return a study with a question about it."""
    return question_block(study.findings, study.measurements, study.not_assessed, question)


def impression_prompt(findings: str) -> str:
    """Return the study part of ``prompts/impression.md``."""
    return f"### Findings text\n{findings}\n### Impression\n"


def coded_prompt(terms: Sequence[str]) -> str:
    """Return the MeSH terms of a report as a prompt of its own kind."""
    return f"### Coded terms\n{'; '.join(terms)}\n### Impression\n"


def draft_example(rng: Random) -> Example:
    """Draw one simulated study with its report."""
    study = _study(rng)
    return Example(prompt=draft_prompt(study), answer=write_report(study.findings, study.measurements, rng))


def question_example(rng: Random) -> Example:
    """Draw one simulated study with a question about it."""
    study = _study(rng)
    asked = ask_about(study, rng)
    return Example(prompt=question_prompt(study, asked.question), answer=asked.text)


def impression_example(report: OpeniReport, rng: Random | None = None) -> Example:
    """Return an Open-i report as a task; with a generator, its sentences in another order or its coding instead."""
    if rng is not None and rng.random() < CODED_SHARE:
        return Example(prompt=coded_prompt(report.terms), answer=report.impression)
    findings = report.findings
    if rng is not None and rng.random() < 0.5:
        sentences = findings.split(". ")
        rng.shuffle(sentences)
        findings = ". ".join(sentence.rstrip(".") for sentence in sentences) + "."
    return Example(prompt=impression_prompt(findings), answer=report.impression)


def draw(
    rng: Random, reports: Sequence[OpeniReport], openi: float = OPENI_SHARE, questions: float = QUESTION_SHARE
) -> Example:
    """Draw one training example of any task, by the shares of reports and, among the studies, of questions."""
    if reports and rng.random() < openi:
        return impression_example(rng.choice(reports), rng)
    return question_example(rng) if rng.random() < questions else draft_example(rng)


def held_out(index: int) -> SimulatedStudy:
    """Return the ``index``-th held-out simulated study, from a generator that training never uses."""
    return simulate(Random(f"held-out {index}"))


def held_out_question(index: int) -> tuple[SimulatedStudy, Asked]:
    """Return the ``index``-th held-out study with a question about it."""
    study = held_out(index)
    return study, ask_about(study, Random(f"held-out question {index}"))


def _study(rng: Random) -> SimulatedStudy:
    return simulate_hard(rng) if rng.random() < HARD_SHARE else simulate(rng)
