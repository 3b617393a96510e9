"""Do drafts of different findings begin to read alike? Counted over the last ones, shown and alarmed.

Studies with the same facts must give the same words; so one draft of each set of facts is looked at, and of it only
what the language model wrote. A model in a rut says one long passage of everybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from orchestrator.report import DraftReport
from services.contract import Fact
from services.contract.phrasing import finding_line, measurement_line

LAST = 200
"""So many drafts are looked at while the software runs."""
LONGEST_RUN = 40
"""A run of words this long that drafts of different facts share is an alarm."""
FEWEST_DISTINCT = 0.9
"""A smaller share of texts that differ from every other is one, too."""
FEWEST_DRAFTS = 20
"""Fewer sets of facts say nothing."""


class Variety(Fact):
    """How different drafts of different facts are."""

    drafts: int
    """Drafts looked at: one a set of facts."""
    distinct: float
    """Share of the texts that differ from every other, in [0, 1]."""
    longest_common_run: int
    """Most words in a row that two drafts share."""

    @property
    def alarm(self) -> bool:
        """Whether somebody should look at the language model."""
        enough = self.drafts >= FEWEST_DRAFTS
        return enough and (self.longest_common_run >= LONGEST_RUN or self.distinct < FEWEST_DISTINCT)

    def __str__(self) -> str:
        said = f"{self.distinct:.1%} of {self.drafts} distinct, longest shared run {self.longest_common_run} words"
        return f"{said}: ALARM" if self.alarm else said


def variety_of(drafts: Iterable[DraftReport]) -> Variety:
    """Return how different the drafts are, the last of each set of facts."""
    return variety({_facts(draft): text for draft in drafts if (text := _written(draft))})


def variety(texts: Mapping[str, str]) -> Variety:
    """Return how different texts are, by the facts that each is about."""
    if not texts:
        return Variety(drafts=0, distinct=1.0, longest_common_run=0)
    return Variety(
        drafts=len(texts),
        distinct=round(len(set(texts.values())) / len(texts), 4),
        longest_common_run=longest_common_run(list(texts.values())),
    )


def longest_common_run(texts: Sequence[str]) -> int:
    """Return the most words in a row that two different texts share."""
    words = [text.lower().split() for text in dict.fromkeys(texts)]
    low, high = 0, max((len(one) for one in words), default=0)
    while low < high:  # what shares a run of so many words shares every shorter one
        size = (low + high + 1) // 2
        low, high = (size, high) if _share(words, size) else (low, size - 1)
    return low


def _share(words: Sequence[list[str]], size: int) -> bool:
    runs = ({tuple(one[at : at + size]) for at in range(len(one) - size + 1)} for one in words)
    return max(Counter(run for one in runs for run in one).values(), default=0) > 1


def _facts(draft: DraftReport) -> str:
    lines = [finding_line(one) for one in draft.facts.findings]
    return "\n".join(lines + [measurement_line(one) for one in draft.facts.measurements])


def _written(draft: DraftReport) -> str:
    return " ".join(one.text for one in draft.sentences if one.author == "language_model")
