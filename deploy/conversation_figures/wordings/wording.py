"""What a set of wordings holds, and how people at a keyboard or a microphone mangle them."""

from __future__ import annotations

import re
from random import Random
from typing import NamedTuple

_LONG = re.compile(r"[a-z]{6,}")
_SPOKEN = {"?": " question mark", ",": " comma", ".": " full stop", ":": " colon"}


class Wordings(NamedTuple):
    """Ways to ask, each with ``{it}`` for the name; and what each name is called."""

    called: dict[str, tuple[str, ...]]
    presence: tuple[str, ...]
    side: tuple[str, ...]
    size: tuple[str, ...]
    """Of a finding."""
    value: tuple[str, ...]
    """Of a measurement."""
    number: tuple[str, ...]
    """Of all findings."""
    number_of: tuple[str, ...]
    comparison: tuple[str, ...]
    missing: tuple[str, ...]
    all_missing: tuple[str, ...]
    why: tuple[str, ...]
    differential: tuple[str, ...]
    out: tuple[str, ...]
    """Out of scope: treatment, prognosis, identity, other patients, signing, instructions, anything else."""
    spoken: float = 0.0
    """The share that is dictated: punctuation said aloud, no capitals."""
    mistyped: float = 0.0
    """The share with one slip of the fingers in one long word."""

    def call(self, name: str, chance: Random) -> str:
        """Return one of the ways to call a finding or a measurement."""
        return chance.choice(self.called.get(name, (name,)))

    def as_sent(self, text: str, chance: Random) -> str:
        """Return the question as it arrives: dictated, mistyped, or as it was meant."""
        drawn = chance.random()
        if drawn < self.spoken:
            return dictated(text)
        return mistyped(text, chance) if drawn < self.spoken + self.mistyped else text


def dictated(text: str) -> str:
    """Return a question as a recogniser writes it down that knows no punctuation."""
    for sign, word in _SPOKEN.items():
        text = re.sub(rf"{re.escape(sign)}(?=\s|$)", word, text)
    return text.lower()


def mistyped(text: str, chance: Random) -> str:
    """Return a question with one slip in a word of at least six letters; its first letter stands."""
    words = list(_LONG.finditer(text))
    if not words:
        return text
    word = chance.choice(words)
    at = chance.randrange(word.start() + 1, word.end() - 1)
    before, here, after = text[:at], text[at], text[at + 1 :]
    return chance.choice((before + after[:1] + here + after[1:], before + after, before + here + here + after))
