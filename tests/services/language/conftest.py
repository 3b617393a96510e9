"""A real vLLM with the bundled model, started once for every test that asks for it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from services.contract.profile import LanguageProfile, read_profile
from services.language.proof import prove

ROOT = Path(__file__).parents[3]
PROFILE = ROOT / "deploy" / "language" / "bundled.toml"
PATIENCE_S = 420.0


class LanguageServer(NamedTuple):
    url: str
    profile: LanguageProfile


def language_python() -> Path | None:
    """Return the Python that has vLLM, from WETREAD_LANGUAGE_PYTHON or .venv-language."""
    path = Path(os.environ.get("WETREAD_LANGUAGE_PYTHON", ROOT / ".venv-language" / "bin" / "python"))
    return path if path.exists() else None


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture(scope="session")
def language_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """Yield a proved server; a server that does not come up fails the tests, a missing vLLM skips them."""
    python = language_python()
    if python is None:
        pytest.skip("vLLM is not installed: no WETREAD_LANGUAGE_PYTHON and no .venv-language")
    with served_by(python, PROFILE, tmp_path_factory.mktemp("vllm")) as server:
        yield server


@contextmanager
def served_by(python: Path, file: Path, folder: Path) -> Iterator[LanguageServer]:
    """Yield a proved server of a profile."""
    port, profile = _free_port(), read_profile(file)
    url = f"http://127.0.0.1:{port}"
    log = folder / "log.txt"
    command = [str(python), "-m", "services.language.server", "--profile", str(file), "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    try:
        _wait(url, profile, process, log)
        yield LanguageServer(url, profile)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def _wait(url: str, profile: LanguageProfile, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        proof = prove(url, profile)
        if proof.ready:
            return
        if proof.steps[-1].name != "serves_the_model":
            pytest.fail(f"the server is up and not to be trusted: {proof.steps[-1].detail}")
        time.sleep(1.0)
    pytest.fail(f"vLLM did not come up: {log.read_text()[-2000:]}")
