"""Which of several impressions a findings text supports: the model proposes, a reader of claims decides.

The likeliest impression is often the one for a normal film. So several are sampled, and the one is taken that is most
like all the others (minimum Bayes risk, Kumar 2004, by ROUGE) and whose positive claims are those of the findings text.
A sentence of the findings whose claim is missing may be taken over as it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from statistics import fmean

from deploy.language_figures.impressions import claims_of
from services.language.rouge import rouge

WEIGHT_OF_CLAIMS = 0.3
EXTENDED = 3
"""So many of the samples are also tried with sentences of the findings; both chosen on the validation part."""
_SENTENCE = re.compile(r"(?<=[.])\s+")


def choose(said: Sequence[str], findings: str) -> str:
    """Return one of several impressions, or one of them with sentences of the findings text after it."""
    asserted, counted = _positive(findings), Counter(said)
    candidates = [*said, *(longer for one in said[:EXTENDED] for longer in _extended(one, findings))]
    return max(
        dict.fromkeys(candidates),
        key=lambda one: (
            sum(times * _likeness(one, other) for other, times in counted.items()) / len(said)
            + WEIGHT_OF_CLAIMS * _agreement(_positive(one), asserted)
        ),
    )


def _extended(impression: str, findings: str) -> list[str]:
    known = _positive(impression)
    missing = [one for one in _SENTENCE.split(findings) if _positive(one) - known]
    kept = " ".join(one for one in _SENTENCE.split(impression) if not _calls_normal(one))
    added = [" ".join(missing), *missing] if missing else []
    return [f"{kept} {one}".strip() for one in added]


def _calls_normal(sentence: str) -> bool:
    """Whether a sentence would contradict a finding that is put beside it."""
    return ("anything acute", "absent") in claims_of(sentence)


@lru_cache(65_536)
def _likeness(one: str, other: str) -> float:
    return fmean(rouge(one, other))


@lru_cache(65_536)
def _positive(text: str) -> frozenset[tuple[str, str]]:
    return frozenset(claim for claim in claims_of(text) if claim[1] != "absent")


def _agreement(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0
