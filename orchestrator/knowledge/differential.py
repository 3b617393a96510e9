"""A differential by rule: which passage is quoted for the findings that stand together. No model has a say."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError

from orchestrator.errors import Misconfigured
from orchestrator.knowledge.library import Library
from orchestrator.knowledge.passage import Passage
from services.contract import Fact, Label

ASPECT = "differential"


class Rule(Fact):
    """Findings that stand together, and what is read then."""

    id: str
    when: tuple[Label, ...] = Field(min_length=2)
    passage: str


class Table(Fact):
    """The rules of ``differential.toml``."""

    name: str
    version: str
    rule: tuple[Rule, ...]


@lru_cache(maxsize=1)
def differential_table() -> Table:
    """Return the table.

    Raises
    ------
    Misconfigured
        If the file is not such a table.
    """
    try:
        content = (Path(__file__).parent / "differential.toml").read_text(encoding="utf-8")
        return Table.model_validate(tomllib.loads(content))
    except (OSError, ValueError, ValidationError) as error:
        raise Misconfigured(f"differential.toml is not a table of rules: {error}") from error


def differential_of(asked: Sequence[str], present: Collection[str], library: Library) -> tuple[Passage, ...]:
    """Return what is quoted: for the findings that were asked for, else by the first rule that is met."""
    if not asked:
        for rule in differential_table().rule:
            passage = library.get(rule.passage)
            if passage is not None and set(map(str, rule.when)) <= set(present):
                return (passage,)
    return tuple(
        passage
        for name in asked or sorted(present)
        for passage in library.passages
        if passage.topic[-1] == name and passage.aspect == ASPECT
    )
