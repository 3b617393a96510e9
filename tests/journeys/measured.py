"""What a part takes of the machine's memory while something happens to it."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType

_PROC = Path("/proc")


class Watched:
    """A process and all its children, watched while the context is open.

    ``peak_bytes`` is the most memory they held together (proportional set size, so that what forked processes share
    counts once), ``before_bytes`` what they held at first.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.before_bytes = self.peak_bytes = memory_of(family(pid))

    @property
    def grown_bytes(self) -> int:
        return self.peak_bytes - self.before_bytes

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self.peak_bytes = max(self.peak_bytes, memory_of(family(self._pid)))


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    parents: dict[int, int] = {}
    for entry in _PROC.glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def memory_of(pids: list[int]) -> int:
    return sum(map(_proportional_bytes, pids))


def _proportional_bytes(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
