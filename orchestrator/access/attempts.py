"""Failed attempts to be known, counted by address and by what was claimed: guessing ends soon, others go on."""

from __future__ import annotations

import time
from collections import OrderedDict, deque

from orchestrator.errors import TooOften

WINDOW_S = 300.0
MOST_FOR_ONE_KEY = 10
"""Of one claimed key from one address."""
MOST_FOR_ONE_ADDRESS = 100
"""Of whatever keys; behind a proxy, where many share an address, it is what all of them may get wrong."""
_REMEMBERED = 10_000


class Attempts:
    """What failed lately, in memory of one process."""

    def __init__(self) -> None:
        self._failed: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def check(self, address: str, claimed: str) -> None:
        """Raise :class:`TooOften` where too much failed lately; then nothing is even looked at."""
        if self._count(address, claimed) >= MOST_FOR_ONE_KEY or self._count(address, "") >= MOST_FOR_ONE_ADDRESS:
            raise TooOften("too many attempts failed; try again in a few minutes")

    def failed(self, address: str, claimed: str) -> None:
        """Count one failure."""
        for name in {claimed, ""}:
            times = self._failed.setdefault((address, name), deque(maxlen=MOST_FOR_ONE_ADDRESS))
            times.append(time.monotonic())
            self._failed.move_to_end((address, name))
        while len(self._failed) > _REMEMBERED:
            self._failed.popitem(last=False)

    def _count(self, address: str, claimed: str) -> int:
        since = time.monotonic() - WINDOW_S
        return sum(moment >= since for moment in self._failed.get((address, claimed), ()))
