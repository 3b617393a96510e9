"""The learning rate of a run: a short warm-up, then half a cosine to nothing."""

from __future__ import annotations

import math


def learning_rate(step: int, steps: int, peak: float, warm_up: int = 100) -> float:
    """Return the rate of one step of ``steps``."""
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))
