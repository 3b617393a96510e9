"""ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004), F1 over lower-case words, without stemming."""

from __future__ import annotations

import re
from collections import Counter


def rouge(candidate: str, reference: str) -> tuple[float, float, float]:
    """Return ROUGE-1, -2 and -L of a candidate against one reference, each in [0, 1]."""
    one, other = (re.findall(r"[a-z0-9]+", text.lower()) for text in (candidate, reference))
    return _of_pieces(one, other, 1), _of_pieces(one, other, 2), _f1(_longest(one, other), len(one), len(other))


def _of_pieces(one: list[str], other: list[str], size: int) -> float:
    counts = [Counter(tuple(words[i : i + size]) for i in range(len(words) - size + 1)) for words in (one, other)]
    return _f1(sum((counts[0] & counts[1]).values()), counts[0].total(), counts[1].total())


def _longest(one: list[str], other: list[str]) -> int:
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for column, against in enumerate(other, start=1):
            before, row[column] = row[column], before + 1 if word == against else max(row[column], row[column - 1])
    return row[-1]


def _f1(common: int, one: int, other: int) -> float:
    return 2 * common / (one + other) if one + other else 0.0
