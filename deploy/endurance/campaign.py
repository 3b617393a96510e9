"""What happens: studies are sent and signed while parts are killed at random instants, until nothing waits any more."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
from pydantic import BaseModel

from deploy.endurance.receivers import Receivers
from deploy.endurance.verdict import AtReceiver, verdict
from orchestrator.records import Records
from orchestrator.records.outbox import DeliveryState

_FINAL = {"drafted", "failed", "refused"}
_OWN_WORDS = {
    "sections": [
        {
            "name": "findings",
            "sentences": [{"sentence_id": "added.1", "text": "No acute finding.", "decision": "added"}],
        },
        {"name": "impression", "sentences": []},
    ]
}
"""What a radiologist writes where every specialist was down and the draft says nothing."""


class Told(BaseModel):
    """How a campaign ended."""

    studies: int
    kills: dict[str, int]
    """By part."""
    seconds: float
    drafted_once: int
    """Studies with exactly one draft kept, and one signed version."""
    dead_letters: dict[str, int]
    """By destination and reason."""
    receivers: dict[str, AtReceiver]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost and nothing doubled."""
        arrived = all(one.lost == one.doubled == 0 for one in self.receivers.values())
        return arrived and self.drafted_once == self.studies and not self.dead_letters


class Killer:
    """Kills a random part at random instants until it has done so often enough.

    Parameters
    ----------
    pids
        Returns the processes that may be killed now, by part.
    mean_s
        Mean time between two kills (exponential).
    """

    def __init__(self, pids: Callable[[], Mapping[str, int]], kills: int, mean_s: float, seed: int) -> None:
        self._pids, self._left, self._mean_s, self._chance = pids, kills, mean_s, random.Random(seed)
        self.killed = Counter[str]()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        self._thread.join()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._left > 0:
            time.sleep(self._chance.expovariate(1 / self._mean_s))
            alive = self._pids()
            if alive:
                part = self._chance.choice(sorted(alive))
                with suppress(ProcessLookupError):
                    os.kill(alive[part], signal.SIGKILL)
                    self.killed[part] += 1
                    self._left -= 1


class Sender:
    """Sends studies and signs their drafts over an API that may be away at any moment."""

    def __init__(self, api_url: Callable[[], str], patience_s: float) -> None:
        self._api_url, self._patience_s = api_url, patience_s

    def send_and_sign(self, key: str, film: bytes) -> str:
        """Return the id of a study that is accepted, drafted and signed."""
        headers = {"Idempotency-Key": key}
        sent = self._until(
            lambda http: http.post("/v1/studies", files={"files": ("film", film)}, headers=headers), lambda a: True
        )
        study_id = str(sent.json()["study_id"])
        self._until(lambda http: http.get(f"/v1/studies/{study_id}"), lambda answer: answer.json()["status"] in _FINAL)
        self._until(lambda http: self._sign(http, study_id), lambda answer: bool(answer.json()["signed"]))
        return study_id

    @staticmethod
    def _sign(http: httpx.Client, study_id: str) -> httpx.Response:
        """Sign unless it is signed: the answer to a signature that was kept may have been lost."""
        report = http.get(f"/v1/studies/{study_id}/report")
        if report.status_code != 200 or report.json()["signed"]:
            return report
        path, number = f"/v1/studies/{study_id}/report", {"If-Match": report.headers["etag"]}
        if not any(section["sentences"] for section in report.json()["working_copy"]["sections"]):
            return http.put(path, json=_OWN_WORDS, headers=number)  # no specialist had answered; the next round signs
        return http.post(f"{path}/sign", json={"name": "Dr Ada Nowak"}, headers=number)

    def _until(
        self, ask: Callable[[httpx.Client], httpx.Response], is_so: Callable[[httpx.Response], bool]
    ) -> httpx.Response:
        deadline = time.monotonic() + self._patience_s
        last = "nothing"
        while time.monotonic() < deadline:
            with (
                suppress(httpx.TransportError),
                httpx.Client(base_url=self._api_url(), timeout=60, trust_env=False) as http,
            ):
                answer = ask(http)
                last = f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}"
                if answer.is_success and is_so(answer):
                    return answer
            time.sleep(0.2)
        raise TimeoutError(f"not so after {self._patience_s:.0f} s; the last answer was {last}")


def run(
    records: Records,
    receivers: Receivers,
    sender: Sender,
    killer: Killer,
    *,
    films: Sequence[bytes],
    studies: int,
    patience_s: float = 3600.0,
    at_once: int = 4,
    say: Callable[[str], None] = print,
) -> Told:
    """Send ``studies`` studies while the killer works, let everything arrive, and compare."""
    began = time.monotonic()
    killer.start()
    with ThreadPoolExecutor(at_once) as pool:
        sent = [pool.submit(sender.send_and_sign, f"endurance-{n}", films[n % len(films)]) for n in range(studies)]
        ids = []
        for number, one in enumerate(sent, 1):
            ids.append(one.result())
            if number % 25 == 0:
                say(f"{number} studies signed, {killer.killed.total()} kills, {time.monotonic() - began:.0f} s")
    killer.wait()
    receivers.be_calm()
    _until_settled(records, patience_s)
    kept = [Counter(event.kind.value for event in records.events(study_id)) for study_id in ids]
    return Told(
        studies=studies,
        kills=dict(killer.killed),
        seconds=time.monotonic() - began,
        drafted_once=sum(one["drafted"] == one["signed"] == 1 for one in kept),
        dead_letters=Counter(
            f"{one.destination}: {one.reason}" for one in records.outbox.list((DeliveryState.DEAD,), limit=10_000)
        ),
        receivers=verdict(records, ids, receivers),
    )


def _until_settled(records: Records, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while left := records.outbox.list((DeliveryState.WAITING,), limit=10):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still waiting: {[(one.destination, one.attempts, one.reason) for one in left]}")
        time.sleep(0.5)
