"""One part in its life: started, ready, dead, started again."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from deploy.local import processes
from deploy.local.parts import Part
from deploy.local.state import PartState, Phase

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
STEADY_S = 10.0
"""A part that served this long is given the first pause again when it dies."""
ASK_EVERY_S = 5.0
LARGEST_LOG_BYTES = 20_000_000
AT_WORK = 0.02
"""A part that uses at least this share of one processor is at work on becoming ready, however long that takes."""
SILENCE_S = 60.0
"""A part that has not answered for so long is killed and started again."""


class RunningPart:
    """A part, its process, and what is known of it. Used from one thread; probes run in the pool."""

    def __init__(
        self, part: Part, environment: Mapping[str, str], log: Path, folder: Path, pool: ThreadPoolExecutor
    ) -> None:
        self.part = part
        self._environment = {**environment, **part.environment}
        self._log = log
        self._folder = folder
        self._pool = pool
        self._process: subprocess.Popen[bytes] | None = None
        self._probe: Future[bool] | None = None
        self._asked_at = 0.0
        self._answered_at = 0.0
        self._started_at = 0.0
        self._ready_at: float | None = None
        self._worked_at = self._looked_at = self._worked_s = 0.0
        self._not_before = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._restarts = 0
        self._seconds_to_ready: float | None = None
        self._detail = part.off
        self._phase = Phase.OFF if part.off else Phase.EXTERNAL if part.external else Phase.WAITING

    @property
    def usable(self) -> bool:
        return self._phase in {Phase.READY, Phase.EXTERNAL}

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def state(self) -> PartState:
        """Return what is known of it now."""
        return PartState(
            name=self.part.name,
            phase=self._phase,
            pid=self._process.pid if self._process is not None and self.lives else None,
            url=self.part.url,
            restarts=self._restarts,
            seconds_to_ready=self._seconds_to_ready,
            detail=self._detail,
            log=None if self.part.off or self.part.external else str(self._log),
        )

    def step(self, moment: float, may_start: bool) -> None:
        """Do what is due: start it, see that it died, ask whether it serves."""
        if self._phase in {Phase.OFF, Phase.EXTERNAL}:
            return
        if self._process is None:
            if may_start and moment >= self._not_before:
                self._start(moment)
        elif (code := self._process.poll()) is not None:
            self._bury(moment, f"{_how_it_ended(code)}{self._last_words()}")
        elif self._phase is Phase.STARTING:
            self._ask_whether_ready(moment)
        else:
            self._ask_whether_alive(moment)

    def ask_to_end(self) -> None:
        """Send SIGTERM to the process and wait for nothing."""
        if self._process is not None and self.lives:
            self._process.terminate()

    def _start(self, moment: float) -> None:
        if self._log.exists() and self._log.stat().st_size > LARGEST_LOG_BYTES:
            self._log.replace(self._log.with_suffix(".earlier.log"))
        self._process = processes.start(self.part.command, self._environment, self._log, self._folder)
        self._phase = Phase.STARTING
        self._started_at = self._answered_at = self._worked_at = self._looked_at = moment
        self._worked_s = 0.0
        self._ready_at = None
        self._probe = None

    def _bury(self, moment: float, why: str) -> None:
        """Clear away what the dead process left, and plan the next start."""
        assert self._process is not None
        processes.end_session(self._process, signal.SIGKILL)
        if self._ready_at is not None and moment - self._ready_at >= STEADY_S:
            self._pause_s = FIRST_PAUSE_S
        self._not_before = moment + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        self._process = None
        self._probe = None
        self._restarts += 1
        self._phase = Phase.RESTARTING
        self._detail = why

    def _last_words(self) -> str:
        """Return what it wrote last, if it never served: most often why it could not."""
        if self._seconds_to_ready is not None or not self._log.exists():
            return ""
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - 2000))
            lines = log.read().decode(errors="replace").strip().splitlines()
        return f": {lines[-1].strip()[:200]}" if lines else ""

    def _ask_whether_ready(self, moment: float) -> None:
        if self._answer(self.part.ready):
            self._phase = Phase.READY
            self._detail = None
            self._answered_at = self._ready_at = moment
            self._seconds_to_ready = round(time.monotonic() - self._started_at, 1)
            return
        self._see_whether_it_works(moment)
        if moment - self._worked_at > self.part.patience_s:
            took = moment - self._started_at
            self._kill(moment, f"it was not ready after {took:.0f} s, and idle for {self.part.patience_s:.0f} s")

    def _see_whether_it_works(self, moment: float) -> None:
        """On a crowded machine a start takes many minutes; only one that has stopped working is given up."""
        assert self._process is not None
        elapsed = moment - self._looked_at
        if elapsed < min(ASK_EVERY_S, self.part.patience_s / 3):
            return
        worked_s = processes.processor_seconds(self._process.pid)
        if worked_s - self._worked_s >= AT_WORK * elapsed:
            self._worked_at = moment
        self._looked_at, self._worked_s = moment, worked_s
        self._detail = f"for {moment - self._started_at:.0f} s, with {worked_s:.0f} s of work done"

    def _ask_whether_alive(self, moment: float) -> None:
        if self.part.alive is None or (self._probe is None and moment - self._asked_at < ASK_EVERY_S):
            return
        self._asked_at = moment
        if self._answer(self.part.alive):
            self._answered_at = moment
        elif moment - self._answered_at > SILENCE_S:
            self._kill(moment, f"it did not answer for {SILENCE_S:.0f} s")

    def _answer(self, probe: object) -> bool:
        """Return True once a probe that ran in the pool said yes; begin one if none is running."""
        if self._probe is None:
            assert callable(probe)
            self._probe = self._pool.submit(probe)
            return False
        if not self._probe.done():
            return False
        finished, self._probe = self._probe, None
        return finished.exception() is None and finished.result()

    def _kill(self, moment: float, why: str) -> None:
        assert self._process is not None
        processes.end_session(self._process, signal.SIGKILL)
        self._process.wait()
        self._bury(moment, why)


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    return f"it ended with exit code {code}"
