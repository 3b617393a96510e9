"""Processes that cannot be lost: each dies with its parent and carries a mark that ``/proc`` shows.

The mark is an environment variable, inherited by every grandchild (vLLM's engine, a decoding child), so that
``wetread down`` finds all of them even after the supervisor was killed with SIGKILL.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

MARK = "WETREAD_RUN_MARK"
_LEASH = Path(__file__).with_name("leash.py")
_PROC = Path("/proc")


def start(command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start a process in its own session that is asked to end (SIGTERM) when this one dies.

    Call it from the main thread: the kernel watches the thread that forked (prctl(2), PR_SET_PDEATHSIG).
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            (sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), *command),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def start_time(pid: int) -> int | None:
    """Return a process's start in clock ticks since boot, or None if it does not live (proc(5) stat, field 22)."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def lives(pid: int, started: int) -> bool:
    """Say whether this very process, not one that got its pid later, is alive."""
    return start_time(pid) == started


def processor_seconds(session: int) -> float:
    """Return the processor time that all living processes of a session have used (proc(5) stat, fields 6, 14, 15)."""
    ticks = 0
    for pid in _pids():
        try:
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def marked(mark: str) -> list[int]:
    """Return every living process that carries the mark, this one excepted."""
    wanted = f"{MARK}={mark}".encode()
    return [pid for pid in _pids() if pid != os.getpid() and wanted in _environment(pid)]


def _pids() -> Iterable[int]:
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []


def end_marked(mark: str, patience_s: float) -> list[int]:
    """End every marked process, asking first; return those that would not go.

    Asked again after each look, since a process may have started another in between.
    """
    deadline = time.monotonic() + patience_s
    while (left := marked(mark)) and time.monotonic() < deadline:
        send(left, signal.SIGTERM)
        time.sleep(0.2)
    deadline = time.monotonic() + 5
    while (left := marked(mark)) and time.monotonic() < deadline:
        send(left, signal.SIGKILL)
        time.sleep(0.1)
    return left


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to processes, some of which may be gone by now."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def end_session(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a part and all it started in its session."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
