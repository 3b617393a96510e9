"""Text to search terms: the same words give the same terms, whoever asks and whenever."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from orchestrator.knowledge.names import named_in

_WORD = re.compile(r"[^\W_]+")
_FILLER = """
a an the this that these those of in on at to for by from as with within without and or nor but if then than so
it its is are was were be been being has have had do does did done can could may might must shall should will
would i you he she we they me my your his her our their them us who whom which what when where why how not no
yes any some all each there here about into over under also only just very more most much many such same other
else one ones get gets got make makes made say says said tell me please show see seen look looks looking mean
means know knows like use used using need needs patient patients someone somebody something anything thing
things way ways usually often typically general generally good bad best x ray xray chest film films radiograph
radiographs radiography image images picture
"""
FILLER = frozenset(_FILLER.split())
"""Words that say nothing of what is asked."""
_ENDINGS = (
    "ization",
    "isation",
    "ations",
    "ation",
    "ities",
    "ically",
    "ing",
    "ies",
    "ity",
    "ed",
    "er",
    "es",
    "ly",
    "s",
)


def _synonyms() -> dict[str, str]:
    """Return the word that stands for each word of ``synonyms.txt``."""
    lines = (Path(__file__).parent / "synonyms.txt").read_text(encoding="utf-8").splitlines()
    groups = (line.split() for line in lines if line and not line.startswith("#"))
    return {word: group[0] for group in reversed(list(groups)) for word in group}


_STANDS_FOR = _synonyms()


def terms(text: str) -> list[str]:
    """Return the search terms of a text: folded, without filler words, one word for all that mean it, cut to stems."""
    words = (word for word in _WORD.findall(folded(text)) if word not in FILLER or word in _STANDS_FOR)
    return [stem(_STANDS_FOR.get(word) or _STEM_STANDS_FOR.get(stem(word), word)) for word in words]


def folded(text: str) -> str:
    """Return lower case without accents, British spellings as American."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"oed", "ed", re.sub(r"(?<=[a-z])ae(?=[mt])|\bhae", _american, plain))


def stem(word: str) -> str:
    """Return a word without its endings, after Porter's steps (1980) shortened; crude, and always the same."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            break
    if len(word) > 4 and word[-1] in "ey":
        return word[:-1]
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "ls" else word


_STEM_STANDS_FOR = {stem(word): first for word, first in reversed(_STANDS_FOR.items())}
"""Forms of a word that the list does not hold."""


def named_terms(text: str) -> list[str]:
    """Return a term for each thing that a text names, whatever word it uses for it."""
    named = named_in(" ".join(folded(text).split()))
    return [f"name:{name}" for name in named.concepts]


def repeated(items: Iterable[str], times: int) -> list[str]:
    """Return terms several times, so that they weigh more."""
    return [item for item in items for _ in range(times)]


def _american(match: re.Match[str]) -> str:
    return match[0].replace("ae", "e")
