"""Down the tree of topics in bounded steps, to a passage that answers or to "not found" (after ChatCAD+).

At each step one branch is chosen of those that are there; nobody can invent a branch. By default the branch is the one
that holds the best passage for the question; a chooser of another kind may be given, and is bound in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from orchestrator.knowledge.library import WEAK, Library
from orchestrator.knowledge.passage import Passage

MOST_STEPS = 6
Choose = Callable[[str, Sequence[str]], int | None]
"""The question and the names of the branches; the place of the one to take, or ``None`` for none of them."""


class Walked(NamedTuple):
    """Where a walk led."""

    passage: Passage | None
    """``None`` is "not found"."""
    steps: tuple[str, ...]
    """The branches that were taken."""


def walk(question: str, library: Library, choose: Choose | None = None) -> Walked:
    """Walk from the root to one passage.

    A choice outside of the branches, or none, ends the walk with "not found".
    """
    scores = library.scored(question)
    choose = choose or _by_score(library, scores)
    left, steps = list(library.passages), list[str]()
    while len(steps) < MOST_STEPS:
        branches = sorted({_branch(one, len(steps)) for one in left})
        if len(branches) == 1 and len(left) == 1:
            return Walked(left[0], (*steps, branches[0]) if branches[0] else tuple(steps))
        chosen = choose(question, branches)
        if chosen is None or not 0 <= chosen < len(branches):
            return Walked(None, tuple(steps))
        steps.append(branches[chosen])
        left = [one for one in left if _branch(one, len(steps) - 1) == branches[chosen]]
    best = max(left, key=lambda one: (scores.get(one.passage_id, 0.0), one.passage_id), default=None)
    return Walked(best, tuple(steps))


def path_of(passage: Passage) -> tuple[str, ...]:
    """Return the way to a passage: topics, the aspect, its title."""
    return (*passage.topic, passage.aspect, passage.title)


def _branch(passage: Passage, depth: int) -> str:
    path = path_of(passage)
    return path[depth] if depth < len(path) else ""


def _by_score(library: Library, scores: dict[str, float]) -> Choose:
    """Take the branch with the best passage below it; none where even that is weak."""
    taken: list[str] = []

    def choose(_: str, branches: Sequence[str]) -> int | None:
        depth = len(taken)
        best = [
            max(
                (
                    scores.get(one.passage_id, 0.0)
                    for one in library.passages
                    if path_of(one)[:depth] == tuple(taken) and _branch(one, depth) == branch
                ),
                default=0.0,
            )
            for branch in branches
        ]
        place = max(range(len(branches)), key=lambda at: (best[at], -at))
        if best[place] < WEAK:
            return None
        taken.append(branches[place])
        return place

    return choose
