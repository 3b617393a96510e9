"""The figures of a served language model, as they are written to ``metrics.json`` and into its card."""

from __future__ import annotations

from pydantic import Field

from services.contract import Fact
from services.language.learned_scores import LearnedScore
from services.language.memory import Memorised
from services.language.text_scores import Interval


class Draft(Fact):
    """How many held-out studies were phrased, and how well, at the first answer."""

    studies: int
    valid: float
    right: float
    """Share of studies whose answer says everything, cites it right, and says nothing else."""
    sentences: int
    wrongly_cited: float
    invented: float
    """Shares of sentences."""
    facts: int
    missing: float
    """Share of facts that were not said where they should be."""
    seconds_median: float
    seconds_p95: float
    tokens_written_median: float


class Questions(Fact):
    """Answers to held-out questions about simulated studies."""

    questions: int
    right: float
    """Share of answers that say and cite exactly what answers the question, or nothing where nothing does."""
    wrongly_answered: float
    """Share of the questions without an answer in the study that got one all the same."""


class Impression(Fact):
    """Scores against the radiologist's impression on the Open-i test reports, without stemming."""

    reports: int
    rouge_1: float
    rouge_2: float
    rouge_l: float
    intervals: dict[str, Interval] = Field(default_factory=dict)
    """ROUGE, BLEU-4 and METEOR with 95 % intervals."""


class AnsweredStudy(Fact):
    """A line of ``drafts.jsonl``: what the first answer about one held-out study was worth."""

    study: int
    right: bool
    invented: int
    missing: int


class WrittenImpression(Fact):
    """A line of ``answers.jsonl``: what was written for a real report, beside what its radiologist wrote."""

    abnormal: bool
    findings: str
    said: str
    """The greedy answer."""
    others: tuple[str, ...] = ()
    """Answers drawn by chance."""
    meant: str


class Metrics(Fact):
    """Everything measured about one served model."""

    model: str
    draft: Draft
    questions: Questions | None = None
    impression: dict[str, Impression]
    """``model`` and ``constant`` (one fixed sentence), each over ``all`` and over ``abnormal`` reports."""
    p_against_constant: dict[str, float] = Field(default_factory=dict)
    """Paired permutation test of the model against the constant, ROUGE-L."""
    learned: tuple[LearnedScore, ...] = ()
    memorised: Memorised | None = None
