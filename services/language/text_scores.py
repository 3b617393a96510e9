"""How like a text is to its reference: ROUGE, BLEU and METEOR, with intervals and paired significance.

ROUGE is in :mod:`services.language.rouge`. BLEU-4 after Papineni 2002, smoothed by adding one to the longer pieces
(Lin 2004); METEOR after Banerjee 2005 with exact matches only, since stems and synonyms need word lists that are not
here. All over lower-case words.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random
from statistics import fmean

from services.contract import Fact
from services.language.rouge import rouge

RESAMPLES = 1000


class Interval(Fact):
    """A mean with its 95 % interval, by resampling the reports."""

    mean: float
    low: float
    high: float


def words_of(text: str) -> list[str]:
    """Return the lower-case words of a text."""
    return re.findall(r"[a-z0-9]+", text.lower())


def bleu(candidate: str, reference: str) -> float:
    """Return BLEU-4 of one sentence, smoothed, in [0, 1]."""
    said, meant = words_of(candidate), words_of(reference)
    if not said or not meant:
        return 0.0
    logs = []
    for size in range(1, 5):
        pieces, wanted = _pieces(said, size), _pieces(meant, size)
        common, total = sum((pieces & wanted).values()), pieces.total()
        added = int(size > 1)
        if common + added == 0:
            return 0.0
        logs.append(math.log((common + added) / (total + added)) if total + added else 0.0)
    brevity = min(1.0, math.exp(1 - len(meant) / len(said)))
    return brevity * math.exp(fmean(logs))


def meteor(candidate: str, reference: str) -> float:
    """Return METEOR with exact matches, in [0, 1]."""
    said, meant = words_of(candidate), words_of(reference)
    places = {word: [at for at, other in enumerate(meant) if other == word] for word in set(said)}
    matched: list[tuple[int, int]] = []
    for at, word in enumerate(said):
        free = places[word]
        if free:
            after = [place for place in free if matched and place == matched[-1][1] + 1]
            chosen = after[0] if after else free[0]
            free.remove(chosen)
            matched.append((at, chosen))
    if not matched:
        return 0.0
    precision, recall = len(matched) / len(said), len(matched) / len(meant)
    mean = 10 * precision * recall / (recall + 9 * precision)
    chunks = 1 + sum((one[0] + 1, one[1] + 1) != other for one, other in pairwise(matched))
    return mean * (1 - 0.5 * (chunks / len(matched)) ** 3)


SCORES: dict[str, Callable[[str, str], float]] = {
    "ROUGE-1": lambda said, meant: rouge(said, meant)[0],
    "ROUGE-2": lambda said, meant: rouge(said, meant)[1],
    "ROUGE-L": lambda said, meant: rouge(said, meant)[2],
    "BLEU-4": bleu,
    "METEOR": meteor,
}


def interval(values: Sequence[float], seed: int = 0) -> Interval:
    """Return the mean with its 95 % bootstrap interval (Efron 1979), resampling the values."""
    chance = Random(seed)
    means = sorted(fmean(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return Interval(
        mean=round(fmean(values), 4),
        low=round(means[int(0.025 * RESAMPLES)], 4),
        high=round(means[int(0.975 * RESAMPLES)], 4),
    )


def paired_significance(one: Sequence[float], other: Sequence[float], seed: int = 0) -> float:
    """Return how likely a difference of this size is by chance: a two-sided paired permutation test.

    Raises
    ------
    ValueError
        If the two were not measured on the same reports.
    """
    if len(one) != len(other):
        raise ValueError(f"{len(one)} and {len(other)} scores: two models are compared on the same reports")
    differences = [a - b for a, b in zip(one, other, strict=True)]
    observed = abs(sum(differences))
    chance = Random(seed)
    as_large = sum(
        abs(sum(d if chance.random() < 0.5 else -d for d in differences)) >= observed - 1e-12 for _ in range(RESAMPLES)
    )
    return (as_large + 1) / (RESAMPLES + 1)


def _pieces(words: list[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1))
