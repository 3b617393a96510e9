"""A question as it was meant: punctuation that was said aloud, shorthand, and one slip of the fingers in a long word.

Only a word that nobody here knows is touched, and only where one known word is a single slip away (a letter left out,
doubled, exchanged with its neighbour, or struck beside: Damerau 1964) and begins with the same letter; of several the
one with the same letters, and where that leaves more than one the word stays. What was typed is kept nowhere, and the
answer names what it speaks of, so that a wrong guess shows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from orchestrator.knowledge.shelf import own_passages
from orchestrator.knowledge.terminology import terms_known
from orchestrator.knowledge.words import FILLER

_SHORTEST = 5
"""Letters; shorter words are too near to each other."""
_SHORTEST_WITH_ANOTHER_LETTER = 7
_WORD = re.compile(r"[a-z]{4,}")
_LONG = re.compile(rf"[a-z]{{{_SHORTEST},}}")
_SPOKEN = (
    (re.compile(r"\s+(?:question mark)\b"), "?"),
    (re.compile(r"\s+(?:full stop|period)(?=\s*$)"), "."),
    (re.compile(r"\s+full stop\b"), "."),
    (re.compile(r"\s+(?:comma|semicolon)\b"), ","),
    (re.compile(r"\s+colon\b"), ":"),
    (re.compile(r"(?<!#)#(?!#)"), " fracture "),
)


def normal(text: str) -> str:
    """Return a question in lower case, in plain letters, on one line, with spoken signs as signs."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").replace("`", "'")
    one_line = " ".join("".join(letter for letter in folded if unicodedata.category(letter) != "Cf").split())
    for spoken, sign in _SPOKEN:
        one_line = spoken.sub(sign, one_line)
    return " ".join(one_line.split())


def spelled(text: str, own: Iterable[str] = ()) -> str:
    """Return a question with the slips in its long words mended.

    Parameters
    ----------
    text
        A question after :func:`normal`.
    own
        Names of the study's findings and measurements, whose words are known too.
    """
    here = frozenset(word for name in own for word in _WORD.findall(name))
    return _LONG.sub(lambda match: _mended(match[0], here), text)


def _mended(word: str, here: frozenset[str]) -> str:
    if word in here or _is_known(word):
        return word
    near = {known for known in _neighbours(word) if known in here or known in _targets()}
    exchanged = {known for known in near if sorted(known) == sorted(word)}
    meant = exchanged or near
    return meant.pop() if len(meant) == 1 else word


def _is_known(word: str) -> bool:
    known = _everyday() | _targets()
    return word in known or any(word.endswith(end) and word[: -len(end)] in known for end in ("s", "es", "ed", "ing"))


def _neighbours(word: str) -> Iterable[str]:
    """Yield every word that is one slip away and keeps the first letter."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    for at in range(1, len(word) + 1):
        before, after = word[:at], word[at:]
        yield before + after[1:]
        yield from (before + letter + after for letter in letters)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        if after and len(word) >= _SHORTEST_WITH_ANOTHER_LETTER:
            yield from (before + letter + after[1:] for letter in letters)


@cache
def _targets() -> frozenset[str]:
    """Return the words that a slip may be mended to."""
    lines = (Path(__file__).parent / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    own = (word for line in lines if not line.startswith("#") for word in line.split())
    names = (word for term in terms_known() for spoken in (term.name, *term.synonyms) for word in _WORD.findall(spoken))
    words = {word for word in (*own, *names) if len(word) >= _SHORTEST - 1}
    british = {word.replace("edema", "oedema") for word in words if "edema" in word}
    return frozenset(words | {_plural(word) for word in words} | british)


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


@cache
def _everyday() -> frozenset[str]:
    """Return the words of the knowledge base: English that needs no mending."""
    texts = (passage.text.casefold() for passage in own_passages())
    return frozenset(word for text in texts for word in _WORD.findall(text)) | FILLER
