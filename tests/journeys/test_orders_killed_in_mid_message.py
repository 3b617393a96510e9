"""The gateway is killed again and again while orders come: whatever was acknowledged is there, and once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from deploy.local.ports import choose
from orchestrator.settings import ROOT
from tests.conftest import wait_until
from tests.orchestrator.gateway.hl7.ris import FS, Ris, framed, order, segments

KILLS, ORDERS = 3, 40


def start(folder: Path, port: int, hl7: int) -> subprocess.Popen[bytes]:
    (folder / "hospital.toml").write_text(f'[[hl7]]\nname = "ris"\nport = {hl7}\n')
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "REDIS_URL": f"unix://{folder}/no-redis.sock",
        "WETREAD_DATABASE_URL": f"sqlite:///{folder}/wetread.db",
        "WETREAD_HOSPITAL": str(folder / "hospital.toml"),
        **{f"WETREAD_{name.upper()}": str(folder / name) for name in ("store", "originals", "cards")},
    }
    command = [sys.executable, "-m", "orchestrator.gateway", "--port", str(port)]
    gateway = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    wait_until(lambda: gateway.poll() is None and answers(hl7), "the gateway does not listen", 120)
    return gateway


def answers(port: int) -> bool:
    try:
        Ris(port, timeout_s=2).close()
    except OSError:
        return False
    return True


def send(port: int, number: int) -> bool:
    """Send one order, half of it first; return whether it was acknowledged."""
    data = framed(order(str(number), f"ACC-{number}").encode())
    try:
        ris = Ris(port, timeout_s=10)
        try:
            ris.send(data[:40])
            ris.send(data[40:])
            reply = ris.reply()
        finally:
            ris.close()
    except OSError:
        return False
    return bool(reply) and segments(reply.decode())["MSA"][1] == "AA"


def test_nothing_that_was_acknowledged_is_lost_and_nothing_is_doubled(tmp_path: Path):
    chance = random.Random(1)
    chosen = choose(("gateway", "hl7"), {})
    gateway = start(tmp_path, chosen["gateway"], chosen["hl7"])
    kill_before = set(chance.sample(range(5, ORDERS - 5), KILLS))
    try:
        for number in range(ORDERS):
            if number in kill_before:
                in_mid_message(chosen["hl7"], number)
                time.sleep(chance.random() * 0.05)
                os.kill(gateway.pid, signal.SIGKILL)
                gateway.wait()
                assert not send(chosen["hl7"], number), "nobody is there"
                gateway = start(tmp_path, chosen["gateway"], chosen["hl7"])
            wait_until(lambda n=number: send(chosen["hl7"], n), "an order is not acknowledged", 60)
    finally:
        gateway.kill()
        gateway.wait()
    engine = sa.create_engine(f"sqlite:///{tmp_path}/wetread.db")
    with engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT accession_number FROM orders")).scalars().all()
    engine.dispose()
    assert sorted(kept) == sorted(f"ACC-{number}" for number in range(ORDERS))


def in_mid_message(port: int, number: int) -> None:
    """A sender that has sent everything but the end, and one that has not read its reply."""
    whole = framed(order(str(number), f"ACC-{number}").encode())
    for data in (whole[: whole.index(FS)], whole):
        Ris(port).send(data)
