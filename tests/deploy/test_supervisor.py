"""Parts come back when they die, and nothing is left when they are told to go."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import control, processes
from deploy.local.errors import DidNotStart
from deploy.local.settings import ROOT
from deploy.local.state import Phase, RunFolder, State
from tests.deploy.small_installation import PATIENCE_S


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    folder = RunFolder(tmp_path / "run")
    yield folder
    assert processes.end_marked(folder.mark, patience_s=1) == []


@pytest.fixture
def supervisor(folder: RunFolder) -> subprocess.Popen[bytes]:
    return start(folder)


def start(folder: RunFolder, *more: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), processes.MARK: folder.mark}
    command = [sys.executable, "-m", "tests.deploy.small_installation", str(folder.path), *more]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    wait_for(folder, serves)
    return process


def serves(state: State) -> bool:
    return all(state.part(name).phase is Phase.READY for name in ("server", "tree", "stubborn"))


def wait_for(folder: RunFolder, condition: Callable[[State], bool], patience_s: float = 30) -> State:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        state = folder.read()
        if state is not None and condition(state):
            return state
        time.sleep(0.05)
    raise AssertionError(f"still waiting; last state {folder.read()}")


def test_all_parts_become_ready_and_an_absent_one_says_why(folder, supervisor):
    state = wait_for(folder, lambda state: state.settled)
    assert [part.phase for part in state.parts] == [Phase.READY, Phase.READY, Phase.READY, Phase.OFF]
    assert state.part("absent").detail == "not on this machine"
    assert not state.complete


def test_a_part_that_never_serves_is_not_waited_for_and_says_why(folder):
    start(folder, "broken")
    state = wait_for(folder, lambda state: state.settled)
    assert state.part("broken").gives_no_hope
    assert state.part("broken").detail == "it ended with exit code 1: no libnuma here"
    assert state.part("server").restarts == 0


def test_a_part_that_works_is_waited_for_and_one_that_sleeps_is_not(folder):
    """Both take longer than the patience; on a crowded machine the language model does, and is at work all the time."""
    start(folder, "slow")
    state = wait_for(folder, lambda state: state.part("asleep").restarts > 0)
    assert state.part("asleep").detail is not None
    assert "idle for" in state.part("asleep").detail
    state = wait_for(folder, lambda state: state.part("busy").phase is Phase.READY, patience_s=120)
    assert state.part("busy").restarts == 0
    assert state.part("busy").seconds_to_ready > 2 * PATIENCE_S


def test_a_killed_part_is_started_again_and_its_death_is_told(folder, supervisor):
    first = wait_for(folder, serves).part("server")
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    told = wait_for(folder, lambda state: state.part("server").phase is Phase.RESTARTING)
    assert told.part("server").detail == "it was ended by SIGKILL"
    second = wait_for(folder, lambda state: state.part("server").phase is Phase.READY).part("server")
    assert second.pid != first.pid
    assert second.restarts == 1


def test_the_children_of_a_dead_part_do_not_pile_up(folder, supervisor):
    before = len(processes.marked(folder.mark))
    pid = wait_for(folder, serves).part("stubborn").pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(folder, lambda state: state.part("stubborn").restarts == 1 and serves(state))
    assert len(processes.marked(folder.mark)) == before


def test_down_leaves_no_process(folder, supervisor):
    ended = control.down(folder)
    assert ended.was_running
    assert ended.still_there == ()
    assert processes.marked(folder.mark) == []
    assert supervisor.wait(timeout=5) == 0


def test_down_leaves_no_process_after_the_supervisor_was_killed(folder, supervisor):
    assert len(processes.marked(folder.mark)) >= 5
    supervisor.kill()
    supervisor.wait()
    ended = control.down(folder)
    assert not ended.was_running
    assert ended.left_over >= 2, "the stubborn part and the grandchild outlive the supervisor"
    assert processes.marked(folder.mark) == []


def test_a_killed_supervisor_is_not_taken_for_a_running_one(folder, supervisor):
    supervisor.kill()
    supervisor.wait()
    assert control.status(folder) is None


def test_another_installation_is_left_alone(folder, supervisor, tmp_path):
    neighbour = RunFolder(tmp_path / "neighbour")
    neighbour.make()
    before = set(processes.marked(folder.mark))
    assert not control.down(neighbour).was_running
    assert set(processes.marked(folder.mark)) == before
    assert neighbour.mark != folder.mark


def test_down_of_what_never_ran_is_no_error(tmp_path):
    assert control.down(RunFolder(tmp_path / "nothing")) == control.Ended(False, 0, ())


def test_a_port_that_another_program_holds_is_named(folder, monkeypatch):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        monkeypatch.setenv("WETREAD_PORT", str(port))
        with pytest.raises(DidNotStart, match=f"port {port} .WETREAD_PORT. is taken"):
            control.up(folder, together=False, progress=lambda state: None)


def test_a_second_supervisor_does_not_start_beside_the_first(folder, monkeypatch):
    folder.make()
    with folder.supervisor_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DidNotStart, match="another supervisor is running"):
            control.up(folder, together=False, progress=lambda state: None)
