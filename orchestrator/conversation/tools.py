"""Tools that a conversation may use: typed, bounded, each call recorded, and never in the making of a draft."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from orchestrator.conversation import notices
from orchestrator.conversation.answers import ANSWERS, Point
from orchestrator.conversation.case import Case, cite_passage
from orchestrator.conversation.intents import Intent, Kind
from orchestrator.conversation.turn import Audience, Notice, Spoken, Used
from orchestrator.knowledge.library import best_sentences
from services.contract import Box

QUOTED_PASSAGES = 1
QUOTED_SENTENCES = 3
"""At most so much of the knowledge base stands in one answer."""


@dataclass(frozen=True)
class Toolbox:
    """What the tools work with; without services, those that need one say that they cannot."""


class Worked(NamedTuple):
    """What a tool brought."""

    points: tuple[Point | Notice, ...]
    case: Case
    used: tuple[Used, ...]


Tool = Callable[[Intent, Case, Toolbox, str, Box | None], Awaitable[Worked]]


async def search_knowledge(intent: Intent, case: Case, toolbox: Toolbox, asked: str, region: Box | None) -> Worked:
    """Quote the passage that answers best, letter by letter, or say that there is none."""
    began = time.perf_counter()
    hits = case.library.search(asked, QUOTED_PASSAGES)
    points = tuple(
        Point(Spoken(text=quote, citations=(cite_passage(hit.passage, quote),), author="passage"))
        for hit in hits
        for quote in best_sentences(hit.passage, asked, QUOTED_SENTENCES)
    )
    used = _used("search_knowledge", intent, f"{len(hits)} passages", began)
    return Worked(points or (notices.NOT_FOUND,), case, (used,))


async def compare_with_prior(intent: Intent, case: Case, toolbox: Toolbox, asked: str, region: Box | None) -> Worked:
    """Set each finding against the latest earlier examination that assessed it."""
    began = time.perf_counter()
    points = tuple(ANSWERS[Kind.COMPARISON](intent, case, Audience.RADIOLOGIST))
    used = _used("compare_with_prior", intent, f"{len(case.facts.priors)} earlier examinations", began)
    return Worked(points, case, (used,))


def _used(tool: str, intent: Intent, result: str, began: float) -> Used:
    return Used(
        tool=tool,
        arguments={"asked": intent.in_words()},
        result=result,
        seconds=round(time.perf_counter() - began, 4),
    )


TOOLS: dict[Kind, Tool] = {
    Kind.KNOWLEDGE: search_knowledge,
    Kind.COMPARISON: compare_with_prior,
}
"""A line a tool."""
