"""What came of a campaign."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts of answers, by door; and of what must never be."""

    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    deaths: list[str] = field(default_factory=list)
    """Parts that ended, with what they said last."""
    server_errors: list[str] = field(default_factory=list)
    """Answers of 500 and above, with the number of the case: the seed makes it again."""
    hung: list[str] = field(default_factory=list)
    """Cases without an answer or an end in time."""
    unserved: list[str] = field(default_factory=list)
    """Good films between the damaged ones that were not taken."""

    @property
    def clean(self) -> bool:
        """Nothing happened that must never be."""
        return not (self.deaths or self.server_errors or self.hung or self.unserved)

    def table(self) -> str:
        """Return the counts, a line each."""
        never = {"deaths": self.deaths, "5xx": self.server_errors, "hung": self.hung, "unserved": self.unserved}
        lines = [f"{'sent':32} {self.sent:7d}"]
        lines += [f"{name:32} {count:7d}" for name, count in sorted(self.answers.items())]
        lines += [f"{name:32} {len(cases):7d} {' '.join(cases[:5])}" for name, cases in never.items()]
        return "\n".join(lines)
