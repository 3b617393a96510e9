"""Tools that a conversation may use: typed, bounded, each call recorded, and never in the making of a draft."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from orchestrator.conversation import notices
from orchestrator.conversation.answers import ANSWERS, Point, said_of, unassessed
from orchestrator.conversation.case import Case, cite_passage
from orchestrator.conversation.intents import Intent, Kind
from orchestrator.conversation.readers import Toolbox, read_again, second_opinion
from orchestrator.conversation.turn import Audience, Notice, Spoken, Used
from orchestrator.knowledge import Passage
from orchestrator.knowledge.differential import differential_of
from orchestrator.knowledge.library import best_sentences
from orchestrator.knowledge.walk import walk
from services.contract import Box, Finding, Measurement, Presence
from services.contract.phrasing import label_text

QUOTED_SENTENCES = 3
"""At most so much of a passage stands in one answer."""
QUOTED_PASSAGES = 2
SURE = 8.0
"""A question that no rule understood is answered from the knowledge base only where the best hit is as good as this."""


class Request(NamedTuple):
    """What a tool is asked."""

    intent: Intent
    case: Case
    asked: str
    """The question as typed; it is searched with, and goes into no prompt."""
    audience: Audience
    toolbox: Toolbox
    region: Box | None


class Worked(NamedTuple):
    """What a tool brought."""

    points: tuple[Point | Notice, ...]
    case: Case
    used: tuple[Used, ...]


Tool = Callable[[Request], Awaitable[Worked]]


async def search_knowledge(request: Request) -> Worked:
    """Quote the passage that answers best, letter by letter, or say that there is none."""
    began = time.perf_counter()
    hits = request.case.library.search(request.asked, 1)
    if request.intent.kind is Kind.UNCLEAR:
        hits = tuple(hit for hit in hits if hit.score >= SURE)
    points = tuple(_quoted((hit.passage for hit in hits), request.asked))
    missing = notices.UNKNOWN if request.intent.kind is Kind.UNCLEAR else notices.NOT_FOUND
    found = hits[0].passage.passage_id if hits else "not found"
    steps = " / ".join(walk(request.asked, request.case.library).steps) if hits else ""
    return Worked(points or (missing,), request.case, (_used("search_knowledge", request, f"{found} {steps}", began),))


async def differential(request: Request) -> Worked:
    """Quote what the knowledge base says of the causes, chosen by rule from what was asked for or is present."""
    began = time.perf_counter()
    findings = request.case.facts.findings
    present = {label_text(one.code) for one in findings if one.presence is Presence.PRESENT}
    passages = differential_of(request.intent.concepts, present, request.case.library)[:QUOTED_PASSAGES]
    told = [
        said_of(one, request.case, request.audience)
        for one in findings
        if label_text(one.code) in request.intent.concepts
    ]
    quoted = list(_quoted(passages, ""))
    ids = ", ".join(passage.passage_id for passage in passages) or "not found"
    points = (*told, *quoted) if quoted else (notices.NOT_FOUND,)
    return Worked(points, request.case, (_used("differential", request, ids, began),))


async def compare_with_prior(request: Request) -> Worked:
    """Set each finding against the latest earlier examination that assessed it."""
    began = time.perf_counter()
    points = tuple(ANSWERS[Kind.COMPARISON](request.intent, request.case, request.audience))
    result = f"{len(request.case.facts.priors)} earlier examinations"
    return Worked(points, request.case, (_used("compare_with_prior", request, result, began),))


async def measure(request: Request) -> Worked:
    """Return what was measured of the thing that was asked for, with its grade."""
    began = time.perf_counter()
    points = tuple(ANSWERS[Kind.SIZE](request.intent, request.case, request.audience))
    return Worked(points, request.case, (_used("measure", request, f"{len(points)} answers", began),))


async def show_evidence(request: Request) -> Worked:
    """Name the pictures that a finding rests on; the reading room shows them."""
    began = time.perf_counter()
    case = request.case
    names = request.intent.concepts or tuple(
        label_text(one.code) for one in case.facts.findings if one.presence is Presence.PRESENT
    )
    points: list[Point | Notice] = []
    shown = 0
    for name in dict.fromkeys(names):
        facts: tuple[Finding | Measurement, ...] = (*case.findings_of(name), *case.measurements_of(name))
        points += [said_of(one, case, request.audience) for one in facts] or [unassessed(name, case)]
        shown += sum(len(evidence.regions) for one in facts for evidence in one.evidence)
    if not shown:
        points.append(notices.NO_PICTURE)
    return Worked(tuple(points), case, (_used("show_evidence", request, f"{shown} regions", began),))


async def run_again(request: Request) -> Worked:
    """Let the specialists read the marked part of the film again; what they say stands beside the draft."""
    began = time.perf_counter()
    if request.region is None:
        return Worked((notices.NO_REGION,), request.case, (_used("run_again", request, "no region", began),))
    found = await read_again(request.case, request.toolbox, request.region)
    result = f"{len(found.case.found_since) - len(request.case.found_since)} statements"
    return Worked(found.points, found.case, (_used("run_again", request, result, began),))


async def ask_second_reader(request: Request) -> Worked:
    """Ask for a reading that has not seen the first, and set the two against each other."""
    began = time.perf_counter()
    found = await second_opinion(request.case, request.toolbox, request.intent.concepts)
    result = f"{len(found.case.found_since) - len(request.case.found_since)} statements"
    return Worked(found.points, found.case, (_used("second_opinion", request, result, began),))


def _quoted(passages: Iterable[Passage], asked: str) -> Iterable[Point]:
    for passage in passages:
        sentences = best_sentences(passage, asked, QUOTED_SENTENCES) if asked else passage.sentences[:QUOTED_SENTENCES]
        for quote in sentences:
            yield Point(Spoken(text=quote, citations=(cite_passage(passage, quote),), author="passage"))


def _used(tool: str, request: Request, result: str, began: float) -> Used:
    return Used(
        tool=tool,
        arguments={"asked": request.intent.in_words()},
        result=result.strip(),
        seconds=round(time.perf_counter() - began, 4),
    )


TOOLS: dict[Kind, Tool] = {
    Kind.KNOWLEDGE: search_knowledge,
    Kind.UNCLEAR: search_knowledge,
    Kind.DIFFERENTIAL: differential,
    Kind.COMPARISON: compare_with_prior,
    Kind.SIZE: measure,
    Kind.SHOW: show_evidence,
    Kind.RERUN: run_again,
    Kind.SECOND_OPINION: ask_second_reader,
}
"""A line a tool."""


def tool_for(intent: Intent, case: Case) -> Tool | None:
    """Return the tool that a question needs; without a study there is only the knowledge base."""
    if intent.kind.is_declined or (intent.either and not intent.concepts and case.study_id is not None):
        return None
    if case.study_id is None:
        return search_knowledge
    return TOOLS.get(intent.kind)
