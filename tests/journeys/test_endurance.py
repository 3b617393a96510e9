"""The endurance campaign in small: ten studies, six kills, receivers that misbehave.

The large one is ``python -m deploy.endurance``.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.endurance.campaign import Killer, Sender, run
from deploy.endurance.receivers import Receivers
from services.contract import Label, Likelihood
from tests.conftest import wait_until
from tests.journeys.line import Line, SmallService, frontal_film_with, open_line
from tests.phantoms import chest_dicom

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


class Keeper:
    """Starts a part again when it has ended, as the supervisor does."""

    def __init__(self, **parts: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._parts = parts
        self._running = {name: start() for name, start in parts.items()}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def pids(self) -> dict[str, int]:
        return {name: one.pid for name, one in self._running.items() if one.poll() is None}

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._stopped.wait(0.1):
            for name, one in list(self._running.items()):
                if one.poll() is not None:
                    self._running[name] = self._parts[name]()


@contextmanager
def kept_line(folder: Path, receivers: Receivers) -> Iterator[tuple[Line, Keeper]]:
    (folder / "secret").write_text("of both")
    (folder / "hospital.toml").write_text(receivers.hospital_file(str(folder / "secret")))
    service = SmallService("classification", frontal_film_with((Label.EFFUSION, Likelihood.PRESENT)), Label.EFFUSION)
    with open_line(folder, {"hospital": folder / "hospital.toml", "job_attempts": 20}, classification=service) as line:
        port = line.http.base_url.port
        line.api.kill()
        line.api.wait()
        outbox = f"{line.folder}/outbox"

        def redis() -> subprocess.Popen[bytes]:
            line.redis.start()
            assert line.redis._process is not None
            return line.redis._process

        line.redis.kill()
        keeper = Keeper(
            redis=redis,
            api=lambda: line._start("orchestrator.main", "--port", str(port)),
            worker=lambda: line._start("orchestrator.worker"),
            outbox=lambda: line._start("orchestrator.outbox", "--port", "0"),
        )
        try:
            wait_until(lambda: "outbox_started" in line.log and "worker_started" in line.log, f"{outbox} not up", 120)
            yield line, keeper
        finally:
            keeper.stop()


def test_nothing_is_lost_and_nothing_is_doubled(tmp_path: Path):
    receivers = Receivers(seed=7)
    films = [chest_dicom("effusion-left", seed=1)]
    began = time.monotonic()
    with kept_line(tmp_path, receivers) as (line, keeper):
        killer = Killer(keeper.pids, kills=6, mean_s=2.0, seed=7)
        sender = Sender(lambda: line.api_url, patience_s=240)
        told = run(line.records, receivers, sender, killer, films=films, studies=10, patience_s=240, say=lambda _: None)
    assert told.is_clean, f"{told.model_dump_json(indent=1)} after {time.monotonic() - began:.0f} s"
    assert sum(told.kills.values()) == 6
    assert {name: one.expected for name, one in told.receivers.items()} == {
        "hl7 (MSH-10)": 20,
        "archive (SOP Instance UID)": 10,
        "webhook (CloudEvents id)": 20,
        "fhir (report and status)": 10,
    }
