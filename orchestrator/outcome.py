"""What the pipeline hands on from part to part: what was found, what was phrased, and how the study ended."""

from __future__ import annotations

from typing import NamedTuple

from orchestrator.errors import LanguageModelUnavailable
from orchestrator.progress import StudyStatus
from orchestrator.report import Attempt, Author, DraftReport, Facts, LanguageModel, Section
from orchestrator.second_text import SecondTexts
from orchestrator.study import DeidentifiedStudy
from orchestrator.triage import Triage
from services.contract import Limitation, LimitationReason, SpecialistResult


class Found(NamedTuple):
    """What was found in one study, before a word is written."""

    seen: DeidentifiedStudy
    plan: Triage
    facts: Facts
    results: tuple[SpecialistResult, ...]
    """What the specialists said before reconciling, the gate included."""
    second: SecondTexts = SecondTexts()
    """What the reporting service wrote, set against the facts; empty where a site has not turned it on."""

    @property
    def why(self) -> str:
        """Why images are not read, in words for the one who sent them."""
        withheld = dict.fromkeys(limit.detail for limit in self.seen.limitations)
        return " ".join([*withheld, *([self.plan.why] if self.plan.limitations or not withheld else [])])


class Outcome(NamedTuple):
    """A draft, how the study ended, and what the specialists had said before reconciling."""

    draft: DraftReport
    status: StudyStatus
    results: tuple[SpecialistResult, ...]
    reason: str | None
    """Why the study is refused."""


class Phrased(NamedTuple):
    """The sections of a draft, and who wrote them."""

    sections: tuple[Section, ...]
    facts: Facts
    author: Author
    language_model: LanguageModel | None = None
    attempts: tuple[Attempt, ...] = ()
    left_out: tuple[str, ...] = ()


def without_language_model(facts: Facts, error: LanguageModelUnavailable) -> Facts:
    """Return the facts with the limitation that no language model phrased them."""
    limit = Limitation(
        what="phrasing by the language model",
        reason=LimitationReason.LANGUAGE_MODEL_UNAVAILABLE,
        detail=str(error),
        source="language_model",
    )
    return with_limitations(facts, (limit,))


def with_limitations(facts: Facts, more: tuple[Limitation, ...]) -> Facts:
    """Return the facts with more limitations after their own."""
    return facts.model_copy(update={"limitations": (*facts.limitations, *more)}) if more else facts
