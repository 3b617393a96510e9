"""A rule that reads a question: words that make it one of a kind."""

from __future__ import annotations

import re
from typing import NamedTuple

from orchestrator.conversation.intents import Kind


class Rule(NamedTuple):
    """Words that make a question one of a kind."""

    kind: Kind
    pattern: re.Pattern[str]
    needs_a_name: bool = False
    """The rule holds only where the question names something."""


def rule(kind: Kind, *patterns: str, needs_a_name: bool = False) -> Rule:
    """Return a rule that holds where one of the patterns does."""
    return Rule(kind, re.compile("|".join(f"(?:{pattern})" for pattern in patterns)), needs_a_name)


PICTURE = r"(?:film|x-?ray|radiograph|image|study|exam(?:ination)?|cxr|scan|picture)"
