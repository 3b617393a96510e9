"""A fixed piece of work between everything that is measured: where its time changes, the machine is to blame."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Mapping

import numpy as np

LARGEST_SPREAD = 1.25
"""Slowest tenth over fastest tenth of the control; beyond it no ratio would mean anything."""
FEWEST_BEATS = 5


class TooNoisy(Exception):
    """The machine does other work; said with what was measured of the control."""


class Control:
    """The work, on every core at once, and how long it took each time."""

    def __init__(self) -> None:
        self._numbers = np.random.default_rng(0).random(1_500_000)
        self.seconds: list[float] = []

    def beat(self) -> None:
        """Do the work once."""
        workers = [threading.Thread(target=self._work) for _ in range(os.cpu_count() or 1)]
        began = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.seconds.append(time.perf_counter() - began)

    @property
    def spread(self) -> float:
        """Return the 90th percentile of the times over the 10th."""
        low, high = np.percentile(self.seconds, (10, 90))
        return float(high / low)

    def refuse_noise(self) -> None:
        """Raise :class:`TooNoisy` where the control took longer at one time than at another."""
        if len(self.seconds) >= FEWEST_BEATS and self.spread > LARGEST_SPREAD:
            low, high = (1000 * value for value in np.percentile(self.seconds, (10, 90)))
            raise TooNoisy(
                f"the same fixed work took from {low:.0f} to {high:.0f} ms (x {self.spread:.2f}, at most "
                f"{LARGEST_SPREAD} is allowed): the machine does other work. Stop it and measure again."
            )

    def _work(self) -> None:
        np.sort(self._numbers)


def take_turns(contestants: Mapping[str, Callable[[], object]], turns: int, control: Control) -> dict[str, float]:
    """Return the median seconds of each contestant; all take turns, so that the machine's moods hit all of them.

    Each runs once before anything is measured. The control beats before each.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run()
    for _ in range(turns):
        for name, run in contestants.items():
            control.beat()
            began = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in seconds.items()}
