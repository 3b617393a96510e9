"""Which words deny, doubt or hedge, and how far they reach (after NegEx, Chapman 2001)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal, NamedTuple


class Stance(StrEnum):
    """What a sentence says of a concept it names."""

    AFFIRMED = "affirmed"
    LIKELY = "likely"
    UNCERTAIN = "uncertain"
    DENIED = "denied"
    CONFUSED = "confused"
    """Denied and doubted at once, or denied twice: nobody can tell."""


class Trigger(NamedTuple):
    """Words that set the stance of the concepts before or after them."""

    stance: Stance
    reaches: Literal["forward", "backward", "either"]
    pattern: re.Pattern[str]


class Found(NamedTuple):
    """A trigger met in a sentence."""

    stance: Stance
    reaches: Literal["forward", "backward", "either"]
    start: int
    end: int


_BE = r"(?:is|are|was|were|be|been)"
_SEEN = (
    r"(?:seen|noted|identified|demonstrated|visible|visualized|visualised|observed|found|detected|shown|evident|"
    r"apparent|appreciated|recognized|depicted|present)"
)


def _triggers(stance: Stance, reaches: Literal["forward", "backward", "either"], *patterns: str) -> tuple[Trigger, ...]:
    return tuple(Trigger(stance, reaches, re.compile(rf"(?<![\w-])(?:{pattern})(?!\w)")) for pattern in patterns)


TRIGGERS: tuple[Trigger, ...] = (
    *_triggers(
        Stance.UNCERTAIN,
        "backward",
        rf"(?:cannot|can not|could not|may not) {_BE} (?:(?:confirmed|confidently|reliably) or )?(?:entirely )?"
        r"(?:excluded|ruled out|determined|confirmed)(?: or (?:excluded|confirmed|ruled out))?",
        rf"{_BE} neither (?:confirmed|present) nor (?:excluded|absent)",
        rf"{_BE} not (?:excluded|ruled out|certain)",
        r"(?:may|might|could) be (?:present|seen)",
        rf"(?:{_BE} )?(?:unclear|inconclusive)",
    ),
    *_triggers(
        Stance.UNCERTAIN,
        "forward",
        r"(?:cannot|can not|could not) (?:exclude|rule out|confirm or exclude)",
        r"(?:may|might|could)(?: (?:be|represent))?",
        r"(?:indeterminate|equivocal|uncertain|inconclusive) (?:for|evidence of|findings? for)",
        r"(?:question|concern) (?:of|for)",
    ),
    *_triggers(
        Stance.UNCERTAIN, "either", r"possible", r"possibly", r"indeterminate", r"uncertain", r"equivocal",
        r"questionable",
    ),
    *_triggers(
        Stance.LIKELY,
        "forward",
        r"(?:suspicious|suggestive) (?:of|for)",
        r"(?:consistent|compatible) with",
        r"suspicion (?:of|for)",
        r"(?:suggests?|suggesting|represents?|representing|favors?)",
    ),
    *_triggers(
        Stance.LIKELY, "either", r"likely", r"probable", r"probably", r"suspected", r"favored",
    ),
    *_triggers(
        Stance.DENIED,
        "backward",
        rf"{_BE} (?:not|neither) {_SEEN}",
        r"(?:does|do|did) not appear(?: to be)?(?: present)?",
        rf"not (?:{_BE} )?{_SEEN}",
        rf"{_BE} (?:excluded|ruled out|absent)",
        r"cannot be (?:seen|identified|demonstrated|detected|found)",
    ),
    *_triggers(
        Stance.DENIED,
        "forward",
        r"no (?:(?:radiographic|definite|convincing) )?(?:evidence|signs?|indication|findings?) (?:of|for)",
        r"(?:absence|free) of",
        r"negative for",
        r"(?:do|does|did) not (?:show|demonstrate|reveal|contain|have)",
        r"no",
        r"not",
        r"without(?: evidence of)?",
        r"neither",
        r"nor",
    ),
    *_triggers(Stance.DENIED, "either", r"absent"),
)  # fmt: skip
"""The longest match at a place wins; what it covers is spent."""


def find_triggers(text: str, covered: set[int]) -> tuple[Found, ...]:
    """Return the triggers of a sentence, left to right.

    Parameters
    ----------
    text
        Lower case.
    covered
        Character positions that belong to a concept and cannot be part of a trigger.
    """
    found = [
        Found(trigger.stance, trigger.reaches, match.start(), match.end())
        for trigger in TRIGGERS
        for match in trigger.pattern.finditer(text)
        if covered.isdisjoint(range(match.start(), match.end()))
    ]
    kept: list[Found] = []
    for one in sorted(found, key=lambda item: (item.start - item.end, item.start)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda item: item.start))
