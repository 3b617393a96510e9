"""A line of one's own: the real API, real workers, a real Redis and record, and small services that can misbehave.

The whole installation with real specialists and a real vLLM is the ``stack`` fixture; this one is for what must be
broken at a chosen instant.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import httpx
import uvicorn
from fastapi import FastAPI, Response

from orchestrator.progress import EventKind
from orchestrator.records import Records
from orchestrator.settings import Settings
from services.contract import AnalyzeRequest, AnalyzeResponse, Label, Likelihood
from tests.conftest import RedisProcess, settings_in, wait_until
from tests.orchestrator.small_clinic import card, finding, look, result, service_app

ROOT = Path(__file__).parents[2]
FINAL = {"drafted", "failed", "refused"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Door(Protocol):
    """Something that answers at an address: a small service, or a recorder in front of a real one."""

    @property
    def url(self) -> str: ...

    def stop(self) -> None: ...


class SmallService:
    """A specialist service on a real socket; it takes ``takes_s`` over a study and says what it is told to say."""

    def __init__(self, name: str, answer: Callable[[AnalyzeRequest], AnalyzeResponse], *labels: Label) -> None:
        self.takes_s = 0.0
        self.says: Callable[[AnalyzeRequest], Response] | None = None
        """Answers instead, while it is set."""
        self._answer = answer
        self._port = free_port()
        app = self._slow(service_app(self._say, card(name, "chest_radiograph", *labels)))
        self._server = uvicorn.Server(uvicorn.Config(app, port=self._port, log_level="critical", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started, "the small service did not start")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)

    def _say(self, request: AnalyzeRequest) -> AnalyzeResponse | Response:
        return (self.says or self._answer)(request)

    def _slow(self, app: FastAPI):
        async def slowly(scope, receive, send):
            if scope["type"] == "http" and scope["path"] == "/v1/analyze":
                await asyncio.sleep(self.takes_s)
            await app(scope, receive, send)

        return slowly


def frontal_film_with(*said: tuple[Label, Likelihood], specialist: str = "chest_radiograph"):
    """The answers of a service whose gate sees a frontal film and whose reader says this of every image."""

    def answer(request: AnalyzeRequest) -> AnalyzeResponse:
        ids = [one.image_id for one in request.images]
        if request.specialists == ("image_kind",):
            return AnalyzeResponse(results=(result("image_kind", images=tuple(look(image_id=one) for one in ids)),))
        findings = [finding(label, likelihood, specialist, one, score=0.5) for one in ids for label, likelihood in said]
        return AnalyzeResponse(results=(result(specialist, *findings),))

    return answer


class Line:
    """The orchestrator's processes around services."""

    def __init__(self, settings: Settings, folder: Path, redis: RedisProcess, **services: Door) -> None:
        self.redis, self.services, self.folder = redis, services, folder
        nowhere = "http://127.0.0.1:9"
        urls = {f"{name}_url": nowhere for name in ("classification", "segmentation", "detection", "language")}
        urls |= {f"{name}_url": service.url for name, service in services.items()}
        self.settings = settings.model_copy(update={**urls, "redis_url": redis.url})
        self._port = free_port()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._workers: list[subprocess.Popen[bytes]] = []
        self.records = Records.open(self.settings.database_url)
        self.api_url = f"http://127.0.0.1:{self._port}"
        self.http = httpx.Client(base_url=self.api_url, timeout=30, trust_env=False)

    @property
    def environment(self) -> dict[str, str]:
        chosen = {f"WETREAD_{name.upper()}": str(value) for name, value in self.settings if value is not None}
        return {
            **os.environ,
            **chosen,
            "REDIS_URL": self.settings.redis_url,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
        }

    @property
    def log(self) -> str:
        return (self.folder / "log.jsonl").read_text()

    def start_api(self) -> None:
        self.api = self._start("orchestrator.main", "--port", str(self._port))
        wait_until(self._answers, "the API did not start", 120)

    def start_workers(self, number: int) -> list[subprocess.Popen[bytes]]:
        """Start several at the same time, which takes no longer than one."""
        started = self.log.count("worker_started")
        workers = [self._start("orchestrator.worker") for _ in range(number)]
        self._workers += workers
        wait_until(lambda: self.log.count("worker_started") >= started + number, "the workers did not start", 120)
        return workers

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start_workers(1)[0]

    def upload(self, film: bytes, key: str | None = None, order: dict | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        data = {"order": json.dumps(order)} if order else None
        return self.http.post("/v1/studies", files={"files": ("film", film)}, data=data, headers=headers)

    def state(self, study_id: str) -> dict:
        return self.http.get(f"/v1/studies/{study_id}").raise_for_status().json()

    def draft(self, study_id: str) -> dict:
        return self.http.get(f"/v1/studies/{study_id}/draft").raise_for_status().json()

    def wait_for(self, *study_ids: str, patience_s: float = 60) -> None:
        """Wait until every study is final."""
        deadline = time.monotonic() + patience_s
        while True:
            left = [one for one in study_ids if not self.records.record(one).status.is_final]
            if not left:
                return
            assert time.monotonic() < deadline, f"{len(left)} studies are not final:\n{self.log[-4000:]}"
            time.sleep(0.05)

    def wait_until_taken(self, study_id: str, attempt: int = 1) -> None:
        """Wait until a worker is in the middle of this attempt."""

        def is_taken() -> bool:
            kinds = [event.kind for event in self.records.events(study_id) if event.attempt == attempt]
            return EventKind.RUNNING in kinds and EventKind.STAGE in kinds

        wait_until(is_taken, f"nobody took attempt {attempt}", 60)

    def wait_until_logged(self, event: str) -> None:
        wait_until(lambda: f'"{event}"' in self.log, f"{event} was not logged", 60)

    def kill_worker_of(self, study_id: str, workers: list[subprocess.Popen[bytes]]) -> None:
        """Kill the worker that said last that it drafts this study."""
        entries = [json.loads(line) for line in self.log.splitlines() if '"drafting"' in line and study_id in line]
        holder = next(worker for worker in workers if worker.pid == entries[-1]["pid"])
        kill(holder)

    def drafts_of(self, study_id: str) -> int:
        """How many times a draft of this study was kept."""
        return sum(event.kind is EventKind.DRAFTED for event in self.records.events(study_id))

    def kill_workers(self) -> None:
        """Leave no worker at work, as between two journeys."""
        for process in self._workers:
            if process.poll() is None:
                kill(process)
        self._workers.clear()

    def stop(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._processes:
            process.wait(30)
        self.http.close()
        self.records.close()

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / "log.jsonl").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], env=self.environment, cwd=ROOT, stderr=log, stdout=log
        )
        self._processes.append(process)
        return process

    def _answers(self) -> bool:
        assert self.api.poll() is None, self.log[-4000:]
        try:
            return self.http.get("/livez").status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def open_line(folder: Path, chosen: Mapping[str, object] | None = None, **services: Door) -> Iterator[Line]:
    """Start the API and a Redis of its own around the services; workers are the journey's to start.

    ``chosen`` are settings that this line has otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="wetread-redis-") as redis_folder:
        redis = RedisProcess(Path(redis_folder))
        redis.start()
        settings = settings_in(folder, redis.url).model_copy(update=dict(chosen or {}))
        line = Line(settings, folder, redis, **services)
        try:
            line.start_api()
            yield line
        finally:
            line.stop()
            redis.kill()
            for service in services.values():
                service.stop()


def kill(process: subprocess.Popen[bytes]) -> None:
    """As a crash would."""
    process.send_signal(signal.SIGKILL)
    process.wait()
