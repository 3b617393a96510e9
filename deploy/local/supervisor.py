"""Keep the parts running until asked to end: ``python -m deploy.local.supervisor [--together]``.

One loop: start what may start, see what died, ask what should answer, write down what is known. A part that dies
is started again after 0.5, 1, 2, ... at most 30 seconds; one that served for ten begins anew at 0.5.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

from deploy.local import ports, processes
from deploy.local.parts import Installation, plan, port_names
from deploy.local.running import RunningPart
from deploy.local.settings import ROOT, LocalSettings
from deploy.local.state import RunFolder, State, now

TICK_S = 0.2


class Supervisor:
    """Every part of one installation, watched."""

    def __init__(
        self,
        folder: RunFolder,
        installation: Installation,
        chosen: dict[str, int],
        *,
        together: bool = False,
        patience_at_end_s: float = 10.0,
    ) -> None:
        self._folder = folder
        self._patience_at_end_s = patience_at_end_s
        self._ports = chosen
        self._together = together
        self._asked_to_end = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=len(installation.parts), thread_name_prefix="probe")
        environment = {**os.environ, **installation.environment}
        self._parts = {
            part.name: RunningPart(part, environment, folder.logs / f"{part.name}.log", ROOT, self._pool)
            for part in installation.parts
        }
        self._since = now()
        self._environment = dict(installation.environment)
        self._written: State | None = None

    def run(self) -> None:
        """Watch until SIGTERM or SIGINT, then end every part, the last one first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        while not self._asked_to_end.is_set():
            self.look()
            self._asked_to_end.wait(TICK_S)
        self.end()

    def look(self) -> None:
        """Go round all parts once and write the state if it changed."""
        moment = time.monotonic()
        usable = {name for name, part in self._parts.items() if part.usable}
        for part in self._parts.values():
            part.step(moment, set(part.part.after) <= usable)
        self._write()

    def end(self) -> None:
        """End every part, users before what they use, then whatever they left behind."""
        for part in reversed(list(self._parts.values())):
            part.ask_to_end()
        deadline = time.monotonic() + self._patience_at_end_s
        while any(part.lives for part in self._parts.values()) and time.monotonic() < deadline:
            time.sleep(0.05)
        processes.end_marked(self._folder.mark, patience_s=1)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_end.set()

    def _write(self) -> None:
        state = State(
            supervisor_pid=os.getpid(),
            supervisor_start=processes.start_time(os.getpid()) or 0,
            since=self._since,
            together=self._together,
            environment=self._environment,
            ports=self._ports,
            parts=tuple(part.state() for part in self._parts.values()),
        )
        if state != self._written:
            self._folder.write(state)
            self._written = state


def main() -> int:
    """Hold the lock, clear what an earlier supervisor left, and watch; 3 when another one is running."""
    arguments = argparse.ArgumentParser(description="Keep the parts of wetread running.")
    arguments.add_argument("--together", action="store_true", help="the three services in one process")
    together = bool(arguments.parse_args().together)
    settings = LocalSettings()
    folder = RunFolder(settings.run)
    folder.make()
    lock = os.open(folder.supervisor_lock, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write("another supervisor is running\n")
        return 3
    processes.end_marked(folder.mark, patience_s=5)
    earlier = folder.read()
    kept = dict(earlier.ports) if earlier else {}
    if settings.port:
        if not ports.is_free(settings.port):
            sys.stderr.write(f"port {settings.port} (WETREAD_PORT) is taken by another program\n")
            return 4
        kept["orchestrator"] = settings.port
    chosen = ports.choose(port_names(together), kept)
    Supervisor(folder, plan(settings, folder, chosen, together), chosen, together=together).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
