"""How much a prompt may hold, and what is left out when the facts are more.

Never left out: what is PRESENT or INDETERMINATE, every measurement, and every critical label whatever its presence.
Left out in this order, until it fits: examples of style, the other texts from outside, the names of what was not
assessed, and ABSENT findings from the end. What is left out stays in the draft's list of findings and limitations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from orchestrator.errors import PromptTooLong
from orchestrator.report import Facts
from orchestrator.rules.urgency import urgency_table
from orchestrator.untrusted import FreeText, Source
from services.contract import Code, Finding, Presence, coded
from services.contract.phrasing import label_text
from services.contract.profile import LanguageProfile

PROBLEMS_TOLD, LONGEST_PROBLEM = 12, 160
"""How many problems of an answer go back to the model, and characters of each."""
_PROBLEMS = PROBLEMS_TOLD * LONGEST_PROBLEM // 2
"""Tokens kept for them."""
_TEMPLATE = 64
"""Tokens that a chat template may add."""


class Shown(NamedTuple):
    """What a prompt shows."""

    facts: Facts
    texts: tuple[FreeText, ...]
    missing: tuple[str, ...]
    """Names of what was not assessed."""


class Fitted(NamedTuple):
    """What fits, and what was left out, in words."""

    shown: Shown
    left_out: tuple[str, ...]


def tokens_of(text: str, profile: LanguageProfile) -> int:
    """Return how many tokens a text has at most, as the profile says how long a token is at least."""
    ascii_characters = sum(character < "\x80" for character in text)
    return math.ceil(ascii_characters / profile.characters_per_token) + len(text.encode()) - ascii_characters


def room(profile: LanguageProfile) -> int | None:
    """Return the tokens that a first question may have; ``None`` where the profile does not know its context."""
    context = profile.context_tokens
    if context is None:
        return None
    again = profile.max_answer_tokens + _PROBLEMS if profile.capabilities.repair else 0
    return context - profile.max_answer_tokens - again - _TEMPLATE


def fit(shown: Shown, write: Callable[[Shown], str], profile: LanguageProfile) -> Fitted:
    """Leave out what must be left out for the prompt to fit.

    Parameters
    ----------
    shown
        Everything.
    write
        Returns the whole text of the prompt for what is shown.

    Raises
    ------
    PromptTooLong
        If what may not be left out does not fit.
    """
    longest = room(profile)
    if longest is None or tokens_of(write(shown), profile) <= longest:
        return Fitted(shown, ())
    left_out: list[str] = []
    for name, smaller in _smaller(shown):
        left_out.append(name)
        if tokens_of(write(smaller), profile) <= longest:
            return Fitted(smaller, tuple(left_out))
    raise PromptTooLong("The findings do not fit into what the language model can read at once.")


def _smaller(shown: Shown) -> Iterator[tuple[str, Shown]]:
    """Yield what is left out next, and what is shown then."""
    for place in _texts_last_first(shown.texts):
        without = tuple(text for at, text in enumerate(shown.texts) if at not in place.gone)
        yield str(shown.texts[place.next].source), shown._replace(texts=without)
    shown = shown._replace(texts=())
    if shown.missing:
        shown = shown._replace(missing=())
        yield "names of what was not assessed", shown
    for finding in reversed([one for one in shown.facts.findings if _may_go(one)]):
        kept = tuple(one for one in shown.facts.findings if one is not finding)
        shown = shown._replace(facts=shown.facts.model_copy(update={"findings": kept}))
        yield f"{label_text(finding.code)} ({finding.finding_id}, absent)", shown


@lru_cache(maxsize=1)
def critical() -> frozenset[Code]:
    """Return the labels that a rule makes urgent: their absence, too, a draft says when it was assessed."""
    return frozenset(coded(rule.label) for rule in urgency_table().rule)


class _Gone(NamedTuple):
    next: int
    gone: frozenset[int]


def _texts_last_first(texts: Sequence[FreeText]) -> Iterator[_Gone]:
    order = sorted(range(len(texts)), key=lambda at: (texts[at].source is not Source.STYLE, -at))
    for number, at in enumerate(order, start=1):
        yield _Gone(at, frozenset(order[:number]))


def _may_go(finding: Finding) -> bool:
    return finding.presence is Presence.ABSENT and finding.code not in critical()
