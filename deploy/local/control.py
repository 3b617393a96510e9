"""Start, ask and end the parts of this checkout."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.local import processes
from deploy.local.errors import DidNotStart
from deploy.local.settings import ROOT, LocalSettings
from deploy.local.state import RunFolder, State

Progress = Callable[[State], None]


@dataclass(frozen=True)
class Ended:
    """What ``down`` did."""

    was_running: bool
    left_over: int
    """Processes of an earlier, killed supervisor that had to be ended one by one."""
    still_there: tuple[int, ...]


def folder_in_force() -> RunFolder:
    """Return the run folder of this checkout (or the one the environment names)."""
    return RunFolder(LocalSettings().run)


def status(folder: RunFolder) -> State | None:
    """Return the state of the running parts, or None when nothing runs."""
    state = folder.read()
    if state is None or not processes.lives(state.supervisor_pid, state.supervisor_start):
        return None
    return state


def up(folder: RunFolder, together: bool, progress: Progress, patience_s: float = 1200.0) -> State:
    """Start the parts if they do not run, and return once each is ready or is known not to run here.

    Raises
    ------
    DidNotStart
        If the supervisor ends, or the parts are not ready in time.
    """
    folder.make()
    with _alone(folder):
        state = status(folder) or _start(folder, together)
    deadline = time.monotonic() + patience_s
    while not state.settled:
        progress(state)
        if time.monotonic() > deadline:
            waiting = ", ".join(part.name for part in state.parts if not part.settled)
            raise DidNotStart(f"not ready after {patience_s:.0f} s: {waiting}; see {folder.logs}")
        time.sleep(0.2)
        following = status(folder)
        if following is None:
            raise DidNotStart(f"the supervisor ended; see {folder.logs / 'supervisor.log'}")
        state = following
    progress(state)
    return state


def down(folder: RunFolder) -> Ended:
    """End every process of this installation, also those an earlier supervisor left when it was killed."""
    if not folder.path.exists():
        return Ended(was_running=False, left_over=0, still_there=())
    with _alone(folder):
        state = status(folder)
        if state is not None:
            processes.send([state.supervisor_pid], signal.SIGTERM)
            _wait_for_end(state, patience_s=25)
        left = processes.marked(folder.mark)
        still_there = processes.end_marked(folder.mark, patience_s=5) if left else []
        return Ended(state is not None, len(left), tuple(still_there))


def _start(folder: RunFolder, together: bool) -> State:
    command = [sys.executable, "-m", "deploy.local.supervisor", *(["--together"] if together else [])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), processes.MARK: folder.mark, "WETREAD_RUN": str(folder.path)}
    path = folder.logs / "supervisor.log"
    with path.open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        state = folder.read()
        if state is not None and state.supervisor_pid == process.pid:
            return state
        time.sleep(0.1)
    said = path.read_text(errors="replace").strip().splitlines()
    raise DidNotStart(f"the supervisor did not start: {said[-1] if said else 'it said nothing'} ({path})")


def _wait_for_end(state: State, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while processes.lives(state.supervisor_pid, state.supervisor_start) and time.monotonic() < deadline:
        time.sleep(0.05)


@contextmanager
def _alone(folder: RunFolder) -> Iterator[None]:
    """Let one caller at a time start or end the supervisor of this checkout."""
    with folder.control_lock.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
