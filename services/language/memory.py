"""How much of its training text a model gives back: the longest overlaps, and whether a person can come out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from services.contract import Fact
from services.language.text_scores import words_of

LONG = 12
"""Words in a row that are more than a common phrase."""
_PERSON = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof)\b\.?\s+[A-Z]|\b\d{1,2}[/-]\d{1,2}[/-]\d{2,4}\b|\b(?:19|20)\d\d\b|\b\d{5,}\b|"
    r"\b\d{1,3}[- ]year[- ]old\b|\S@\S"
)


class Memorised(Fact):
    """Overlaps of what the model wrote with the reports it was trained on."""

    texts: int
    longest_overlap_words: int
    long_overlaps: int
    """Texts that share at least :data:`LONG` words in a row with a training report, and not with their own prompt."""
    persons: int
    """Texts with what looks like a name, a date, an age or a number of somebody."""
    persons_in_training: int
    """The same, counted in the training reports: their source masked names, dates and ages."""


def memorised(written: Sequence[tuple[str, str]], training: Iterable[str]) -> Memorised:
    """Return how much of the training reports is in what was written, beyond what the prompts held.

    Parameters
    ----------
    written
        Prompt and answer, pair by pair.
    """
    reports = list(training)
    known = {piece for report in reports for piece in _pieces(words_of(report), LONG)}
    joined = [" ".join(words_of(report)) for report in reports]
    longest = long_ones = 0
    for prompt, answer in written:
        words = words_of(answer)
        if _pieces(words, LONG) & known - _pieces(words_of(prompt), LONG):
            long_ones += 1
        longest = max(longest, _longest(words, joined, longest))
    return Memorised(
        texts=len(written),
        longest_overlap_words=longest,
        long_overlaps=long_ones,
        persons=sum(_PERSON.search(answer) is not None for _, answer in written),
        persons_in_training=sum(_PERSON.search(report) is not None for report in reports),
    )


def _pieces(words: list[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}


def _longest(words: list[str], reports: Sequence[str], at_least: int) -> int:
    """Return the most words in a row that some report holds, if more than ``at_least``."""
    size = at_least + 1
    best = at_least
    while size <= len(words):
        pieces = [" ".join(words[at : at + size]) for at in range(len(words) - size + 1)]
        if not any(f" {piece} " in f" {report} " for piece in pieces for report in reports):
            break
        best, size = size, size + 1
    return best
