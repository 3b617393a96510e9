"""Reads a table of rules and knows its hash."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from orchestrator.errors import Misconfigured
from orchestrator.report import RuleTable
from services.contract import Fact, Label, Presence, Severity

FOLDER = Path(__file__).parent
Level = Literal["minutes", "hours", "days"]
LEVELS: tuple[Level, ...] = ("minutes", "hours", "days")
"""From the most urgent on."""


class UrgencyRule(Fact):
    """One finding and how soon a person must know of it."""

    id: str
    label: Label
    presence: tuple[Presence, ...] = Field(min_length=1)
    severity: tuple[Severity, ...] = ()
    """Empty for every severity, graded or not."""
    level: Level
    why: str


class UrgencyTable(Fact):
    """The rules of ``urgency.toml``."""

    name: str
    version: str
    source: str
    within_minutes: dict[Level, int]
    rule: tuple[UrgencyRule, ...] = Field(min_length=1)
    sha256: str

    @model_validator(mode="after")
    def _every_level_has_a_time(self) -> UrgencyTable:
        if set(self.within_minutes) != set(LEVELS):
            raise ValueError(f"within_minutes must name {', '.join(LEVELS)}")
        return self

    @property
    def reference(self) -> RuleTable:
        """How a draft names this table."""
        return RuleTable(name=self.name, version=self.version, sha256=self.sha256)


class FollowUpRule(Fact):
    """One finding and what comes next, for whom."""

    id: str
    label: Label
    needs: tuple[str, ...] = Field(min_length=1)
    """Inputs without which nothing is advised; those that this software never knows refuse always."""
    age_from: float = Field(ge=0)
    text: str
    source: str


class FollowUpTable(Fact):
    """The rules of ``follow_up.toml``."""

    name: str
    version: str
    rule: tuple[FollowUpRule, ...] = Field(min_length=1)
    sha256: str

    @property
    def reference(self) -> RuleTable:
        """How a draft names this table."""
        return RuleTable(name=self.name, version=self.version, sha256=self.sha256)


Table = TypeVar("Table", UrgencyTable, FollowUpTable)


def read_table(kind: type[Table], path: Path) -> Table:
    """Return a table of rules.

    Raises
    ------
    Misconfigured
        If the file is missing or not such a table.
    """
    try:
        content = path.read_bytes()
        fields = tomllib.loads(content.decode("utf-8"))
        return kind.model_validate({**fields, "sha256": hashlib.sha256(content).hexdigest()})
    except (OSError, ValueError, ValidationError) as error:
        raise Misconfigured(f"{path.name} is not a table of rules: {error}") from error
