"""The doors of an installation, each a process of its own, on a folder that is removed afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import ports
from deploy.local.parts import answers_ok
from deploy.local.settings import ROOT

PATIENCE_S = 120.0
MODULES = {"api": "orchestrator.main", "gateway": "orchestrator.gateway"}
TABLES = """
[dicom]
port = {dicom}
associations = 64
associations_of_a_peer = 64
objects_per_s = 10000
idle_s = 10
[stow]
[arrivals]
quiet_s = 1
at_most_s = 5
"""


@dataclass(frozen=True)
class Doors:
    """Where the API and the gateway listen, and the processes behind."""

    folder: Path
    api: str
    host: str
    dicom: int
    hl7: int
    ports: Mapping[str, int]
    processes: dict[str, subprocess.Popen[bytes]]

    def kill_and_start_again(self, name: str) -> None:
        """End a part without a word (SIGKILL), and start it on the same folder and port."""
        self.processes[name].kill()
        self.processes[name].wait()
        self.processes[name] = _started(name, MODULES[name], self.ports[name], self.folder)
        _wait_for(f"http://127.0.0.1:{self.ports[name]}/livez", self.processes[name])

    def dead(self) -> list[str]:
        """Return the parts that ended, each with the end of its log."""
        return [
            f"{name}: {(self.folder / f'{name}.log').read_text(errors='replace')[-300:]}"
            for name, process in self.processes.items()
            if process.poll() is not None
        ]


@contextmanager
def open_doors(tables: str = TABLES) -> Iterator[Doors]:
    """Start the API and the gateway, and end them.

    Parameters
    ----------
    tables
        The hospital's file; ``{dicom}`` and ``{hl7}`` become free ports.
    """
    folder = Path(tempfile.mkdtemp(prefix="wetread-doors-"))
    chosen = ports.choose(("api", "gateway", "dicom", "hl7"), {})
    (folder / "hospital.toml").write_text(tables.format(**chosen))
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, module in MODULES.items():
            processes[name] = _started(name, module, chosen[name], folder)
        for name, process in processes.items():
            _wait_for(f"http://127.0.0.1:{chosen[name]}/livez", process)
        api = f"http://127.0.0.1:{chosen['api']}"
        yield Doors(folder, api, "127.0.0.1", chosen["dicom"], chosen["hl7"], chosen, processes)
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _started(name: str, module: str, port: int, folder: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "WETREAD_STORE": str(folder / "store"),
        "WETREAD_ORIGINALS": str(folder / "originals"),
        "WETREAD_CARDS": str(folder / "cards"),
        "WETREAD_DATABASE_URL": f"sqlite:///{folder}/wetread.db",
        "REDIS_URL": f"unix://{folder}/no-redis.sock",
        "WETREAD_HOSPITAL": str(folder / "hospital.toml"),
        "WETREAD_LOG_LEVEL": "warning",
    }
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, "--port", str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
        )


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not answers_ok(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"a door does not open: {url}")
        time.sleep(0.1)
