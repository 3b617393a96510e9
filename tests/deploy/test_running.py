"""How long a part that died is made to wait before it is started again."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local.parts import Part
from deploy.local.running import LONGEST_PAUSE_S, RunningPart
from deploy.local.state import Phase


def deaths(tmp_path: Path, served_s: float, count: int) -> float:
    """Let a part serve for ``served_s`` seconds and kill it, ``count`` times; return its last pause in seconds."""
    with ThreadPoolExecutor(1) as pool:
        part = RunningPart(
            Part("part", ("sleep", "600"), ready=lambda: True), os.environ, tmp_path / "log", tmp_path, pool
        )
        moment = pause = 0.0
        for _ in range(count):
            began = moment
            while part.state().phase is not Phase.READY:
                part.step(moment, may_start=True)
                if part.state().phase in {Phase.WAITING, Phase.RESTARTING}:
                    moment += 0.1
                else:
                    time.sleep(0.005)  # the probe answers from its own thread
            pause = moment - began
            moment += served_s
            pid = part.state().pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            part.step(moment, may_start=True)
            assert part.state().phase is Phase.RESTARTING
    return pause


def test_a_part_that_served_is_back_at_once_however_often_it_is_killed(tmp_path: Path):
    assert deaths(tmp_path, served_s=12, count=8) < 0.8


def test_a_part_that_dies_as_soon_as_it_serves_is_made_to_wait_longer_each_time(tmp_path: Path):
    assert LONGEST_PAUSE_S - 1 < deaths(tmp_path, served_s=0.1, count=9) < LONGEST_PAUSE_S + 1
