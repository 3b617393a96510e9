"""A server for a measurement: one that runs, or one that is started for it, proved, and ended after it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.contract.profile import LanguageProfile
from services.language.proof import prove

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / "deploy" / "language" / "bundled.toml"
PYTHON = ROOT / ".venv-language" / "bin" / "python"
PATIENCE_S = 600.0


@contextmanager
def served(file: Path, profile: LanguageProfile, url: str | None, python: Path = PYTHON) -> Iterator[str]:
    """Yield the address of a proved server.

    Raises
    ------
    SystemExit
        If the language environment is missing or the server cannot be trusted.
    """
    if url is not None:
        yield url
        return
    if not python.exists():
        raise SystemExit(f"vLLM is not installed at {python.name} of .venv-language; give --url or --python")
    port = _free_port()
    process = subprocess.Popen(
        [str(python), "-m", "services.language.server", "--profile", str(file), "--port", str(port)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}", profile, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def _wait(url: str, profile: LanguageProfile, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        if prove(url, profile).ready:
            return
        time.sleep(2.0)
    sys.stderr.write("the language server did not come up, or is not what its profile says\n")
    raise SystemExit(4)
