"""How long each stage of a draft took."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from orchestrator.report import StageTime

Tell = Callable[[StageTime], Awaitable[None]]
"""Called as each stage ends."""


class Stages:
    """A stopwatch with one lap a stage."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._times: list[StageTime] = []

    @property
    def times(self) -> tuple[StageTime, ...]:
        """The stages that ended so far."""
        return tuple(self._times)

    @asynccontextmanager
    async def __call__(self, stage: str) -> AsyncIterator[None]:
        """Time the block and tell of it; a block that raises is not told of."""
        started = time.perf_counter()
        yield
        self._times.append(StageTime(stage=stage, seconds=round(time.perf_counter() - started, 6)))
        await self._tell(self._times[-1])
