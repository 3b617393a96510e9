"""Text from outside, made fit to stand in a prompt: one fenced block, escaped, and no longer than it may be.

Whatever a sender can write (an indication, a history, an earlier report, an OBX, a header string, a site's own
report) is data. It becomes one line each in which no fence, heading, id, tag or role can be written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from orchestrator.study import DeidentifiedStudy
from services.contract import Fact


class Source(StrEnum):
    """Where a text came from, as the prompt names it."""

    INDICATION = "indication"
    HISTORY = "history"
    PRIOR = "prior report"
    OBSERVATION = "observation"
    """An OBX of an order or a result (HL7 v2)."""
    HEADER = "header"
    STYLE = "example of style"
    """A report of this site that lends its wording, never a fact (:mod:`orchestrator.exemplars`)."""
    QUESTION = "question"
    """What somebody typed in a conversation."""


LONGEST: dict[Source, int] = {
    Source.INDICATION: 400,
    Source.HISTORY: 400,
    Source.PRIOR: 800,
    Source.OBSERVATION: 400,
    Source.HEADER: 80,
    Source.STYLE: 600,
    Source.QUESTION: 400,
}
"""Characters that one text may have."""
LONGEST_BLOCK = 2400
"""Characters of all texts together; what comes last is left out first."""

SHORTEST = 40
"""A text that has less room than this is left out rather than cut to a stump."""

OPENS, CLOSES = "<untrusted>", "</untrusted>"
_READ_AHEAD = 8
"""So many times its own longest is looked at of a text; the rest is not even escaped."""
_PUNCTUATION = frozenset(" .,;:()/%+-'&?!=°\"")
_ROLE = re.compile(
    r"\b(system|developer|user|assistant|human|ai|bot|tool|patient|doctor|chatdoctor|instructions?|input|output|answer|"
    r"response|findings?|impression|measurements?|report|names?|not assessed|network \w+|untrusted|"
    + "|".join(re.escape(source) for source in Source)
    + r")\s*:",
    re.IGNORECASE,
)
_CONTROL_WORDS = re.compile(
    r"\b/?(?:INST|SYS|im start|im end|im sep|eot id|start header id|end header id|begin of text|end of text|endoftext|"
    r"start of turn|end of turn|bos|eos|untrusted)\b",
    re.IGNORECASE,
)


class FreeText(Fact):
    """A text that somebody outside wrote, as it came."""

    source: Source
    text: str


def from_order(indication: str | None, history: str | None = None) -> tuple[FreeText, ...]:
    """Return what an order says in free text, after de-identification."""
    said = ((Source.INDICATION, indication), (Source.HISTORY, history))
    return tuple(FreeText(source=source, text=text) for source, text in said if text)


def from_outside(seen: DeidentifiedStudy) -> tuple[FreeText, ...]:
    """Return everything that was written outside and came with a study, after de-identification; priors last."""
    order = from_order(seen.indication, seen.history)
    observed = (FreeText(source=Source.OBSERVATION, text=seen.observations),) if seen.observations else ()
    return (*order, *observed, *(FreeText(source=Source.PRIOR, text=text) for text in seen.prior_texts))


class Quoted(NamedTuple):
    """The block that a prompt shows, and what of the texts is not in it."""

    block: str
    """Empty when there is nothing to quote."""
    cut: tuple[str, ...]
    """In words, such as ``prior report (cut to 800 characters)``."""


def quote(texts: Sequence[FreeText]) -> Quoted:
    """Return the one fenced block of every text from outside."""
    lines: list[str] = []
    cut: list[str] = []
    left = LONGEST_BLOCK
    for free in texts:
        longest = min(LONGEST[free.source], left)
        whole = one_line(free.text, LONGEST[free.source])
        kept = _shortened(whole.line, longest)
        if not whole.line:
            continue
        if kept != whole.line and longest < SHORTEST:
            cut.append(f"{free.source} (left out)")
            continue
        if whole.cut or kept != whole.line:
            cut.append(f"{free.source} (cut to {longest} characters)")
        lines.append(f"{free.source}: {kept}")
        left -= len(kept)
    block = "\n".join((OPENS, *lines, CLOSES, "")) if lines else ""
    return Quoted(block, tuple(cut))


class Line(NamedTuple):
    """One escaped line, and whether the text was longer."""

    line: str
    cut: bool


def one_line(text: str, longest: int) -> Line:
    """Return a text as one line of letters, digits and plain punctuation, at most ``longest`` characters.

    Compatibility forms are folded first (NFKC), so that a full-width angle bracket is one and goes; marks, invisible
    and directional characters go; the words that open a role or a section lose their colon.
    """
    looked_at = text[: longest * _READ_AHEAD]
    plain = "".join(map(_plain, unicodedata.normalize("NFKC", looked_at)))
    plain = _CONTROL_WORDS.sub(" ", _together(plain))
    plain = _together(_ROLE.sub(r"\1 -", plain))
    kept = _shortened(plain, longest)
    return Line(kept, cut=kept != plain or len(looked_at) < len(text))


def _plain(character: str) -> str:
    if character in _PUNCTUATION:
        return character
    kind = unicodedata.category(character)
    if kind in {"Mn", "Me", "Cf"}:  # marks and invisible characters stand within words
        return ""
    return character if kind[0] == "L" or kind == "Nd" else " "


def _together(text: str) -> str:
    return " ".join(text.split())


def _shortened(line: str, longest: int) -> str:
    """Return a line that ends with a whole word."""
    if len(line) <= longest:
        return line
    return line[: longest + 1].rpartition(" ")[0] or line[:longest]
