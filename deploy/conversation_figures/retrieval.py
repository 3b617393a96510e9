"""How often the right passage is among the first three, for questions in other words than the passages'."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from orchestrator.knowledge import Library
from services.contract import Fact

Part = Literal["development", "validation", "held_out", "first_sight", "sealed"]
DEVELOPED_ON: tuple[Part, ...] = ("development", "validation", "held_out", "first_sight")
UNSEEN: tuple[Part, ...] = ("sealed",)
"""Nobody has looked at its misses: the figure to believe."""
FIRST = 3


class Asked(NamedTuple):
    """One question and the passages that answer it."""

    question: str
    right: tuple[str, ...]


class Retrieved(Fact):
    """What was found of one part."""

    questions: int
    found: int

    @property
    def share(self) -> float:
        """The share of questions whose passage was among the first three."""
        return self.found / self.questions


def questions_of(part: Part) -> tuple[Asked, ...]:
    """Return the questions of one part."""
    lines = (Path(__file__).parent / f"retrieval_{part}.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("|")[::2] for line in lines if line.strip() and not line.startswith("#"))
    return tuple(Asked(asked.strip(), tuple(one.strip() for one in right.split(","))) for asked, right in pairs)


def measure_retrieval(library: Library, part: Part) -> Retrieved:
    """Ask every question of one part."""
    asked = questions_of(part)
    found = sum(
        any(hit.passage.passage_id in one.right for hit in library.search(one.question, FIRST)) for one in asked
    )
    return Retrieved(questions=len(asked), found=found)
