"""A prompt file: Markdown with front matter (``id``, ``version``, ``variables``), filled in and nothing else.

After the front matter come the fixed instructions, the line ``<!-- study -->``, and the part that changes with the
study. Instructions come first, so that a server with a prefix cache reads them once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import Misconfigured
from services.contract import Fact

_FRONT_MATTER = re.compile(r"\A---\n(?P<head>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{([a-z_]+)\}\}")
_STUDY_MARK = "<!-- study -->\n"
_HEAD_KEYS = ("id", "version", "variables")


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


def within(outer: PromptFile, inner: PromptFile, variable: str) -> PromptFile:
    """Return ``outer`` with the study part of ``inner`` in the place of a variable, under the name of ``inner``.

    Raises
    ------
    Misconfigured
        If ``outer`` has no such variable.
    """
    if variable not in outer.variables:
        raise Misconfigured(f"prompt {outer.id} has no variable {variable}; expected a place for {inner.id}")
    kept = tuple(name for name in outer.variables if name != variable)
    return PromptFile(
        id=inner.id,
        version=f"{inner.version} in {outer.id} {outer.version}",
        variables=(*kept, *inner.variables),
        instructions=outer.instructions,
        study=outer.study.replace("{{" + variable + "}}", inner.study.rstrip("\n")),
        sha256=hashlib.sha256(f"{outer.sha256}{inner.sha256}".encode()).hexdigest(),
    )
