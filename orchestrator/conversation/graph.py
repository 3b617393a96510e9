"""One turn as a graph (LangGraph): understand, look it up or use a tool, say it sentence by sentence, remember.

The state that outlives a turn is small and holds no typed text: how many turns there were, and what the last answer
was about, so that "how large is it?" can be understood.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from orchestrator.conversation import notices
from orchestrator.conversation.answers import Point, about, answer
from orchestrator.conversation.case import Case
from orchestrator.conversation.checks import may_be_shown
from orchestrator.conversation.intents import Intent, Kind
from orchestrator.conversation.phrasing import Phraser
from orchestrator.conversation.readers import Toolbox
from orchestrator.conversation.tools import Request, tool_for
from orchestrator.conversation.turn import Audience, Notice, NoticeKind, Outcome, Said, Spoken
from orchestrator.conversation.understanding import understand
from services.contract import Box

_AT_A_TIME = 4
"""Facts that are phrased at the same time."""


class Remembered(TypedDict, total=False):
    """What is kept between two turns: plain data."""

    turns: int
    before: list[str]
    """Names that the last answer was about."""


@dataclass
class Setting:
    """One turn: what it works with, and what becomes of it."""

    question: str
    """As typed; it is read by the rules and by nothing else."""
    masked: str
    audience: Audience
    case: Case
    phraser: Phraser
    toolbox: Toolbox
    region: Box | None = None
    stopped: Callable[[], Awaitable[bool]] | None = None
    intent: Intent = field(default_factory=lambda: Intent(kind=Kind.UNCLEAR))
    points: list[Point | Notice] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    was_stopped: bool = False

    @property
    def outcome(self) -> Outcome:
        """How the turn ended."""
        if self.was_stopped:
            return Outcome.STOPPED
        if any(isinstance(one, Spoken) for one in self.said):
            return Outcome.ANSWERED
        shown = [one.notice for one in self.said if isinstance(one, Notice)]
        if NoticeKind.CLARIFY in shown:
            return Outcome.CLARIFY
        return Outcome.DECLINED if NoticeKind.DECLINED in shown else Outcome.UNKNOWN


Graph = CompiledStateGraph[Remembered, Setting, Any, Any]
__all__ = ["Graph", "Remembered", "RunnableConfig", "Setting", "graph_of"]


def graph_of(saver: BaseCheckpointSaver[str] | None) -> Graph:
    """Return the graph, its state kept by a saver; without one each turn begins anew."""
    graph = StateGraph(Remembered, context_schema=Setting)
    graph.add_node("understand", _understand)
    graph.add_node("use_a_tool", _use_a_tool)
    graph.add_node("look_it_up", _look_it_up)
    graph.add_node("say", _say)
    graph.add_node("remember", _remember)
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", _which_way, ["use_a_tool", "look_it_up"])
    graph.add_edge("use_a_tool", "say")
    graph.add_edge("look_it_up", "say")
    graph.add_edge("say", "remember")
    graph.add_edge("remember", END)
    return graph.compile(checkpointer=saver)


async def _understand(state: Remembered, runtime: Runtime[Setting]) -> Remembered:
    setting = runtime.context
    setting.intent = understand(setting.question, setting.case.own_names, tuple(state.get("before", ())))
    return {}


def _which_way(state: Remembered, runtime: Runtime[Setting]) -> str:
    return "look_it_up" if tool_for(runtime.context.intent, runtime.context.case) is None else "use_a_tool"


async def _use_a_tool(state: Remembered, runtime: Runtime[Setting]) -> Remembered:
    setting = runtime.context
    tool = tool_for(setting.intent, setting.case)
    assert tool is not None
    asked = Request(setting.intent, setting.case, setting.question, setting.audience, setting.toolbox, setting.region)
    worked = await tool(asked)
    setting.case = worked.case
    setting.points = list(worked.points)
    for used in worked.used:
        _tell(setting, used, runtime)
    return {}


async def _look_it_up(state: Remembered, runtime: Runtime[Setting]) -> Remembered:
    setting = runtime.context
    setting.points = list(answer(setting.intent, setting.case, setting.audience))
    return {}


async def _say(state: Remembered, runtime: Runtime[Setting]) -> Remembered:
    """Phrase several facts at once, show them in order, and each only when it has passed."""
    setting = runtime.context
    gate = asyncio.Semaphore(_AT_A_TIME)
    tasks = [asyncio.create_task(_phrased(point, setting, gate)) for point in setting.points]
    try:
        for task in tasks:
            if setting.stopped is not None and await setting.stopped():
                setting.was_stopped = True
                break
            said = await task
            if said is not None:
                _tell(setting, said, runtime)
    finally:
        for task in tasks:
            task.cancel()
    if not setting.said and not setting.was_stopped:
        _tell(setting, notices.UNKNOWN, runtime)
    return {}


async def _remember(state: Remembered, runtime: Runtime[Setting]) -> Remembered:
    setting = runtime.context
    named = about(setting.points, setting.intent, setting.case)
    return {"turns": state.get("turns", 0) + 1, "before": list(named or state.get("before", ()))}


async def _phrased(point: Point | Notice, setting: Setting, gate: asyncio.Semaphore) -> Said | None:
    if isinstance(point, Notice):
        return point if notices.KNOWN.get(point.id) == point.text else None
    async with gate:
        said = await setting.phraser.phrase(point, setting.case, setting.audience, setting.masked)
    return next((one for one in _in_order(said, point.plain) if may_be_shown(one, setting.case)), None)


def _in_order(said: Spoken, plain: Spoken) -> Sequence[Spoken]:
    return (said,) if said is plain else (said, plain)


def _tell(setting: Setting, said: Said, runtime: Runtime[Setting]) -> None:
    setting.said.append(said)
    runtime.stream_writer(said)
