"""Turns reconciled facts into the question for the language model. Prompts are files; this only fills them in.

A prompt file is Markdown: front matter (``id``, ``version``, ``variables``), the fixed instructions, the line
``<!-- study -->``, and the part that changes with the study. Instructions come first, so that a server with a prefix
cache reads them once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.errors import Misconfigured
from orchestrator.question import Message, Question
from orchestrator.report import Facts, Problem
from services.contract import Fact
from services.contract.phrasing import answer_schema, not_assessed, study_block
from services.contract.profile import LanguageProfile, read_profile

_FRONT_MATTER = re.compile(r"\A---\n(?P<head>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{([a-z_]+)\}\}")
_STUDY_MARK = "<!-- study -->\n"
_HEAD_KEYS = ("id", "version", "variables")
_LONGEST_FREE_TEXT = 400


class PromptFile(Fact):
    """A prompt as it lies on disk, checked."""

    id: str
    version: str
    variables: tuple[str, ...]
    instructions: str
    study: str
    sha256: str


def load_prompt(path: Path) -> PromptFile:
    """Return a prompt file whose placeholders and declared variables agree.

    Raises
    ------
    Misconfigured
        If the file is missing, has no proper front matter or mark, or uses a variable that it does not declare.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"prompt file {path.name} cannot be read; expected {path.name} in the prompts") from error
    match = _FRONT_MATTER.match(content.decode("utf-8"))
    if match is None:
        raise Misconfigured(f"prompt {path.name} has no front matter; expected id, version, variables between ---")
    head = dict(line.partition(":")[::2] for line in match["head"].splitlines() if line.strip())
    if tuple(sorted(head)) != tuple(sorted(_HEAD_KEYS)):
        raise Misconfigured(f"prompt {path.name} declares {sorted(head)}; expected {sorted(_HEAD_KEYS)}")
    instructions, mark, study = match["body"].partition(_STUDY_MARK)
    if not mark:
        raise Misconfigured(f"prompt {path.name} has no line {_STUDY_MARK.strip()}")
    declared = tuple(name.strip() for name in head["variables"].split(",") if name.strip())
    used = set(_PLACEHOLDER.findall(match["body"]))
    if used != set(declared):
        raise Misconfigured(f"prompt {path.name} uses {sorted(used)} but declares {sorted(declared)}")
    if _PLACEHOLDER.search(instructions):
        raise Misconfigured(f"prompt {path.name} has a variable before {_STUDY_MARK.strip()}; instructions are fixed")
    return PromptFile(
        id=head["id"].strip(),
        version=head["version"].strip(),
        variables=declared,
        instructions=instructions.strip(),
        study=study,
        sha256=hashlib.sha256(content).hexdigest(),
    )


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


def fill(prompt: PromptFile, values: Mapping[str, str]) -> str:
    """Return the study part with every variable replaced, in one pass: a value is never read for placeholders.

    Raises
    ------
    Misconfigured
        If a variable is missing or unknown.
    """
    missing, unknown = set(prompt.variables) - set(values), set(values) - set(prompt.variables)
    if missing or unknown:
        raise Misconfigured(f"prompt {prompt.id}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    return _PLACEHOLDER.sub(lambda match: values[match[1]], prompt.study).rstrip("\n") + "\n"


def fenced(text: str | None) -> str:
    """Return free text from outside as one short quoted line that cannot close its fence or open a heading."""
    if text is None or not text.strip():
        return ""
    kept = "".join(character if character.isprintable() else " " for character in text)
    kept = " ".join(re.sub(r"[<>#`{}\[\]|]+", " ", kept).split())[:_LONGEST_FREE_TEXT]
    return f"<indication>\n{kept}\n</indication>\n"


def ids_of(facts: Facts) -> tuple[str, ...]:
    """Return every id that a sentence may cite, in order."""
    findings = [finding.finding_id for finding in facts.findings]
    return (*findings, *(measurement.measurement_id for measurement in facts.measurements))


def ask(prompt: PromptFile, facts: Facts, indication: str | None, profile: LanguageProfile) -> Question:
    """Return the question that asks for a draft of these facts.

    Raises
    ------
    ValueError
        If there is neither a finding nor a measurement: nothing may then be said, and nobody is to be asked.
    """
    if not ids_of(facts):
        raise ValueError("no finding and no measurement: there is nothing to phrase")
    block = study_block(facts.findings, facts.measurements, not_assessed(facts.limitations, facts.findings))
    quoted = fenced(indication) if profile.capabilities.free_text else ""
    study = fill(prompt, {"indication": quoted, "study": block})
    return Question(
        prompt_id=prompt.id,
        prompt_version=prompt.version,
        prompt_sha256=prompt.sha256,
        messages=_messages(prompt.instructions, study, profile),
        answer_schema=answer_schema(ids_of(facts)),
    )


def ask_again(question: Question, answer: str, problems: Sequence[Problem], repair: PromptFile) -> Question:
    """Return the question that shows the model its answer and what the checks found in it."""
    text = fill(repair, {"problems": "\n".join(f"- {problem.message}" for problem in problems)})
    turns = (Message(role="assistant", text=answer), Message(role="user", text=text))
    return question.model_copy(update={"messages": (*question.messages, *turns)})


def _messages(instructions: str, study: str, profile: LanguageProfile) -> tuple[Message, ...]:
    if not profile.capabilities.instructions:
        return (Message(role="user", text=study),)
    if not profile.capabilities.system_role:
        return (Message(role="user", text=f"{instructions}\n\n{study}"),)
    return (Message(role="system", text=instructions), Message(role="user", text=study))
