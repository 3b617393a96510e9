"""Ask a conversation without HTTP: one turn from a case to what was said, and how long the first sentence took."""

from __future__ import annotations

import time
from typing import NamedTuple

from deploy.language_figures.instructions import texts_of
from orchestrator.conversation.case import Case
from orchestrator.conversation.checks import may_be_shown
from orchestrator.conversation.graph import Remembered, Setting, graph_of
from orchestrator.conversation.phrasing import Phraser
from orchestrator.conversation.readers import Toolbox
from orchestrator.conversation.turn import Audience, Outcome, Said, Spoken
from orchestrator.verification.reading import read
from services.contract import Label
from services.contract.phrasing import label_text

__all__ = ["Answered", "ask", "claims_of", "texts_of"]

_GRAPH = graph_of(None)


class Answered(NamedTuple):
    """One turn."""

    said: tuple[Said, ...]
    outcome: Outcome
    case: Case
    first_s: float | None
    """Until the first checked sentence."""

    @property
    def sentences(self) -> tuple[Spoken, ...]:
        """The sentences that were shown."""
        return tuple(one for one in self.said if isinstance(one, Spoken))

    @property
    def texts(self) -> tuple[str, ...]:
        """Their words."""
        return tuple(one.text for one in self.sentences)

    @property
    def cited(self) -> frozenset[str]:
        """The ids that they rest on, the list of what was assessed apart."""
        return frozenset(one.id for spoken in self.sentences for one in spoken.citations if one.kind != "scope")

    @property
    def unfounded(self) -> int:
        """Sentences that were shown without a valid citation."""
        return sum(not may_be_shown(one, self.case) for one in self.sentences)


async def ask(question: str, case: Case, phraser: Phraser, audience: Audience = Audience.RADIOLOGIST) -> Answered:
    """Return what is said to one question."""
    setting = Setting(question, "", audience, case, phraser, Toolbox())
    began, first = time.perf_counter(), None
    async for said in _GRAPH.astream(Remembered(), context=setting, stream_mode="custom"):
        if first is None and isinstance(said, Spoken):
            first = time.perf_counter() - began
    return Answered(tuple(setting.said), setting.outcome, setting.case, first)


def claims_of(spoken: Spoken, case: Case) -> frozenset[object]:
    """Return what a sentence claims: concept, stance, side, grade and number, whoever it is worded for."""
    known = {str(label) for label in Label}
    measured = {label_text(one.name) for one in case.facts.measurements} - known
    names = {label_text(one.code) for one in case.facts.findings} - known
    reading = read(spoken.text, tuple(sorted(names | measured)), tuple(sorted(measured)))
    claims = {(one.concept, one.stance, one.side, one.severities) for one in reading.claims}
    return frozenset(claims | {(number.value, number.unit) for number in reading.numbers})
