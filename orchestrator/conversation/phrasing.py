"""Let the language model phrase one fact, and keep its words only where every check passes.

The model is never shown what a person typed unless its profile reads free text; it is asked a question of ours about
one fact of ours, in the format of :func:`services.contract.phrasing.question_block`. So nothing that is typed, and
nothing that stands in a header or an order, can make it find anything.
"""

from __future__ import annotations

import json

from orchestrator.answer import parse_answer
from orchestrator.conversation.answers import Point
from orchestrator.conversation.case import Case
from orchestrator.conversation.checks import problems_of
from orchestrator.conversation.turn import Audience, Spoken
from orchestrator.errors import LanguageModelUnavailable
from orchestrator.language_model import LanguageModelDoor
from orchestrator.prompt_file import PromptFile, fill
from orchestrator.question import Message, Question
from orchestrator.report import Facts, SectionName, Sentence
from orchestrator.untrusted import FreeText, Source, quote
from services.contract import Finding, Measurement
from services.contract.phrasing import question_block, question_schema

DEADLINE_S = 8.0
"""After so long the plain sentence is shown; somebody is waiting."""


class Phraser:
    """Phrases facts for one conversation.

    Parameters
    ----------
    language
        The door to the model; ``None`` where there is none.
    prompt
        ``prompts/conversation.md``, for a model that reads instructions.
    """

    def __init__(self, language: LanguageModelDoor | None, prompt: PromptFile) -> None:
        self._language, self._prompt = language, prompt

    @property
    def model(self) -> str | None:
        """The name of the model that phrases."""
        return self._language.profile.served_name if self._language else None

    async def phrase(self, point: Point, case: Case, audience: Audience, masked: str = "") -> Spoken:
        """Return the sentence that is shown for a point: the model's where it passes, else the plain one.

        Parameters
        ----------
        masked
            What was typed, masked; shown, fenced, to a model that reads free text, and to no other.
        """
        if point.fact is None or self._language is None or audience is not Audience.RADIOLOGIST:
            return point.plain
        try:
            text = await self._language.phrase(self._question(point, point.fact, masked), DEADLINE_S)
        except LanguageModelUnavailable:
            return point.plain
        said = _sentences(text, point.fact)
        if len(said) != 1 or problems_of(said, point.fact, case.facts):
            return point.plain
        return Spoken(text=said[0].text, citations=point.plain.citations, author="language_model")

    def _question(self, point: Point, fact: Finding | Measurement, masked: str) -> Question:
        findings = (fact,) if isinstance(fact, Finding) else ()
        measurements = (fact,) if isinstance(fact, Measurement) else ()
        block = question_block(findings, measurements, (), point.asked)
        return Question(
            prompt_id=self._prompt.id,
            prompt_version=self._prompt.version,
            prompt_sha256=self._prompt.sha256,
            messages=self._messages(block, masked),
            answer_schema=question_schema((_id(fact),)),
        )

    def _messages(self, block: str, masked: str) -> tuple[Message, ...]:
        assert self._language is not None
        able = self._language.profile.capabilities
        if not able.instructions:
            return (Message(role="user", text=block),)
        typed = (FreeText(source=Source.QUESTION, text=masked),) if masked and able.free_text else ()
        asked = fill(self._prompt, {"quoted": quote(typed).block, "study": block})
        if not able.system_role:
            return (Message(role="user", text=f"{self._prompt.instructions}\n\n{asked}"),)
        return (Message(role="system", text=self._prompt.instructions), Message(role="user", text=asked))


def _sentences(text: str, fact: Finding | Measurement) -> tuple[Sentence, ...]:
    """Read an answer as the findings section of a draft; nothing where it cannot be read."""
    try:
        said = json.loads(text)["answer"]
    except (json.JSONDecodeError, KeyError, TypeError, RecursionError):
        return ()
    alone = Facts(
        findings=(fact,) if isinstance(fact, Finding) else (),
        measurements=(fact,) if isinstance(fact, Measurement) else (),
    )
    answer = parse_answer(json.dumps({"findings": said, "impression": []}), alone)
    if answer.problems:
        return ()
    return next((one.sentences for one in answer.sections if one.name is SectionName.FINDINGS), ())


def _id(fact: Finding | Measurement) -> str:
    return fact.finding_id if isinstance(fact, Finding) else fact.measurement_id
