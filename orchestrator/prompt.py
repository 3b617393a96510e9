"""Turns reconciled facts into the question for the language model. Prompts are files; this only fills them in.

Four styles: ``p4`` (the default) says each finding in words, with what was not assessed and ids to cite; ``p1``,
``p2`` and ``p3`` are ChatCAD's (:mod:`orchestrator.chatcad`), for comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Literal

from orchestrator.budget import LONGEST_PROBLEM, PROBLEMS_TOLD, Shown, fit
from orchestrator.chatcad import Scored, chatcad_values
from orchestrator.errors import Misconfigured
from orchestrator.prompt_file import PromptFile, fill, load_prompt, within
from orchestrator.question import Message, Question
from orchestrator.report import Facts, Problem
from orchestrator.untrusted import FreeText, quote
from services.contract import Finding
from services.contract.phrasing import (
    answer_schema,
    finding_line,
    label_text,
    measurement_line,
    not_assessed,
    study_block,
)
from services.contract.profile import LanguageProfile, read_profile

__all__ = ["PromptFile", "Style", "ask", "ask_again", "fill", "load_profile", "load_prompt", "prompt_of"]

Style = Literal["p1", "p2", "p3", "p4"]
_FROM_SCORES = "draft_from_scores"


def load_profile(path: Path) -> LanguageProfile:
    """Return a language model's profile.

    Raises
    ------
    Misconfigured
        If the file is missing or not a profile.
    """
    try:
        return read_profile(path)
    except (OSError, ValueError) as error:
        raise Misconfigured(str(error)) from error


def prompt_of(style: Style, profile: LanguageProfile, folder: Path) -> PromptFile:
    """Return the prompt file of a style.

    Raises
    ------
    Misconfigured
        If a file is missing or malformed, or the model was trained on one format and reads no other.
    """
    if style == "p4":
        return load_prompt(folder / f"{profile.prompt}.md")
    if not profile.capabilities.instructions:
        raise Misconfigured(
            f"the model {profile.name} reads its own format only; expected p4, or for {style} the profile of a model "
            "that reads instructions, such as llama3_instruct"
        )
    return within(load_prompt(folder / f"{_FROM_SCORES}.md"), load_prompt(folder / f"{style}.md"), "network")


def ids_of(facts: Facts) -> tuple[str, ...]:
    """Return every id that a sentence may cite, in order."""
    findings = [finding.finding_id for finding in facts.findings]
    return (*findings, *(measurement.measurement_id for measurement in facts.measurements))


def ask(prompt: PromptFile, facts: Facts, texts: Sequence[FreeText] | None, profile: LanguageProfile) -> Question:
    """Return the question that asks for a draft of these facts.

    Parameters
    ----------
    texts
        What was written outside; only a model that may read free text is shown it, in one fenced block.

    Raises
    ------
    ValueError
        If there is neither a finding nor a measurement: nothing may then be said, and nobody is to be asked.
    PromptTooLong
        If what may not be left out does not fit into the model's context.
    InvalidScore
        If the prompt tells scores and there is none.
    """
    if not ids_of(facts):
        raise ValueError("no finding and no measurement: there is nothing to phrase")
    readable = tuple(texts or ()) if profile.capabilities.free_text else ()
    everything = Shown(facts, readable, not_assessed(facts.limitations, facts.findings))

    def messages(shown: Shown) -> tuple[Message, ...]:
        return _messages(prompt.instructions, fill(prompt, _values(prompt, shown)), profile)

    fitted = fit(everything, lambda shown: "\n".join(message.text for message in messages(shown)), profile)
    return Question(
        prompt_id=prompt.id,
        prompt_version=prompt.version,
        prompt_sha256=prompt.sha256,
        messages=messages(fitted.shown),
        answer_schema=answer_schema(ids_of(fitted.shown.facts)),
        left_out=(*fitted.left_out, *quote(fitted.shown.texts).cut),
    )


def ask_again(question: Question, answer: str, problems: Sequence[Problem], repair: PromptFile) -> Question:
    """Return the question that shows the model its last answer and what the checks found in it.

    Earlier answers are left out, and so are problems beyond the first few: what is asked again stays within the room
    that :func:`orchestrator.budget.room` keeps for it.
    """
    text = fill(repair, {"problems": "\n".join(_told(problem) for problem in problems[:PROBLEMS_TOLD])})
    turns = (Message(role="assistant", text=answer), Message(role="user", text=text))
    first = tuple(takewhile(lambda message: message.role != "assistant", question.messages))
    return question.model_copy(update={"messages": (*first, *turns)})


def _told(problem: Problem) -> str:
    return f"- {problem.message[:LONGEST_PROBLEM]}"


def _values(prompt: PromptFile, shown: Shown) -> dict[str, str]:
    """Return a value for each variable that this module knows and the prompt declares."""
    facts = shown.facts
    values = {
        "quoted": quote(shown.texts).block,
        "study": study_block(facts.findings, facts.measurements, shown.missing),
    }
    if "names" in prompt.variables:
        scored = [finding for finding in facts.findings if _score(finding) is not None]
        told = [Scored(_sided(finding), score) for finding in scored if (score := _score(finding)) is not None]
        values |= chatcad_values(told, "chatcad") | {"names": _names(facts)}
    return {name: value for name, value in values.items() if name in prompt.variables}


def _names(facts: Facts) -> str:
    """Return the ids beside the names that the network's result uses; what has no score is said as P4 says it."""
    lines = [
        finding_line(finding) if _score(finding) is None else f"[{finding.finding_id}] {_sided(finding)}"
        for finding in facts.findings
    ]
    return "\n".join([*lines, *map(measurement_line, facts.measurements)])


def _score(finding: Finding) -> float | None:
    return finding.evidence[0].score


def _sided(finding: Finding) -> str:
    side = f"{finding.laterality} " if finding.laterality else ""
    return f"{side}{label_text(finding.code)}"


def _messages(instructions: str, study: str, profile: LanguageProfile) -> tuple[Message, ...]:
    if not profile.capabilities.instructions:
        return (Message(role="user", text=study),)
    if not profile.capabilities.system_role:
        return (Message(role="user", text=f"{instructions}\n\n{study}"),)
    return (Message(role="system", text=instructions), Message(role="user", text=study))
