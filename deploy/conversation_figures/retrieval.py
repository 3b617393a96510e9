"""How often the right passage is among the first three, for questions in other words than the passages'."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from orchestrator.knowledge import Library
from services.contract import Fact

Half = Literal["development", "validation", "held_out"]
HALVES: tuple[Half, ...] = ("development", "validation", "held_out")
FIRST = 3


class Asked(NamedTuple):
    """One question and the passages that answer it."""

    question: str
    right: tuple[str, ...]


class Retrieved(Fact):
    """What was found of one half."""

    questions: int
    found: int

    @property
    def share(self) -> float:
        """The share of questions whose passage was among the first three."""
        return self.found / self.questions


def questions_of(half: Half) -> tuple[Asked, ...]:
    """Return the questions of one half."""
    lines = (Path(__file__).parent / f"retrieval_{half}.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("|")[::2] for line in lines if line.strip() and not line.startswith("#"))
    return tuple(Asked(asked.strip(), tuple(one.strip() for one in right.split(","))) for asked, right in pairs)


def measure_retrieval(library: Library, half: Half) -> Retrieved:
    """Ask every question of one half."""
    asked = questions_of(half)
    found = sum(
        any(hit.passage.passage_id in one.right for hit in library.search(one.question, FIRST)) for one in asked
    )
    return Retrieved(questions=len(asked), found=found)
