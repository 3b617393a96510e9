"""A sender at the door: films go in over HTTP, a draft comes back, whatever restarts in between."""

from __future__ import annotations

import json
import time
from typing import NamedTuple

import httpx

from orchestrator.report import DraftReport

FINAL = frozenset({"drafted", "failed", "refused"})
APART = ("draft_id", "study_id", "created_at", "stages")
"""What of a draft may differ when the same study is drafted again: ids and times."""


class Film(NamedTuple):
    """One file as it is sent."""

    content: bytes
    name: str = "film"


class Clinic:
    """Sends studies to one address and waits for their drafts."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=120, trust_env=False)

    def close(self) -> None:
        self.http.close()

    def post(self, *films: bytes | Film, order: dict[str, object] | None = None) -> httpx.Response:
        """Send one study and return the answer, whatever it is."""
        sent = [one if isinstance(one, Film) else Film(one) for one in films]
        data = {"order": json.dumps(order)} if order else None
        return self.http.post("/v1/studies", files=[("files", (one.name, one.content)) for one in sent], data=data)

    def send(self, *films: bytes | Film, order: dict[str, object] | None = None) -> str:
        """Send one study that is accepted, and return its id."""
        answer = self.post(*films, order=order)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["study_id"])

    def state(self, study_id: str) -> dict:
        return self.http.get(f"/v1/studies/{study_id}").raise_for_status().json()

    def draft(self, study_id: str) -> DraftReport:
        return DraftReport.model_validate_json(self.get(study_id, "draft"))

    def get(self, study_id: str, what: str) -> bytes:
        """Return one thing of a study: ``draft``, ``draft/text``, ``evidence``, ..."""
        return self.http.get(f"/v1/studies/{study_id}/{what}").raise_for_status().content

    def stages(self, study_id: str) -> list[str]:
        """Return the stages that a study has been through so far, of every attempt."""
        return [event["stage"] for event in self.state(study_id)["progress"] if event["kind"] == "stage"]

    def wait_for(self, *study_ids: str, patience_s: float = 400) -> None:
        """Wait until every study is final; the API may be away in between."""
        self._wait(lambda: all(self.state(one)["status"] in FINAL for one in study_ids), "final", patience_s)

    def wait_until_past(self, study_id: str, stage: str, patience_s: float = 240) -> None:
        """Wait until a study has been through a stage."""
        self._wait(lambda: stage in self.stages(study_id), f"past {stage}", patience_s)

    def drafted(self, *films: bytes | Film, order: dict[str, object] | None = None) -> DraftReport:
        """Send a study and return its draft."""
        study_id = self.send(*films, order=order)
        self.wait_for(study_id)
        return self.draft(study_id)

    def assert_drafted_once(self, *study_ids: str) -> None:
        """Nothing lost: there is a draft. Nothing doubled: it was kept once, and the story has no gap."""
        for study_id in study_ids:
            state = self.state(study_id)
            assert state["status"] == "drafted", state
            kinds = [event["kind"] for event in state["progress"]]
            assert kinds.count("drafted") == 1
            assert [event["number"] for event in state["progress"]] == list(range(1, len(kinds) + 1))
            assert self.draft(study_id).study_id == study_id

    def _wait(self, condition, what: str, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while True:
            try:
                if condition():
                    return
            except (httpx.TransportError, httpx.HTTPStatusError):
                pass  # the API is being started again
            assert time.monotonic() < deadline, f"not {what} after {patience_s:.0f} s"
            time.sleep(0.05)


def apart_from_times_and_ids(draft: bytes) -> bytes:
    """Return a draft's own bytes without the values that name it or say when."""
    content = json.loads(draft)
    for name in APART:
        del content[name]
    return json.dumps(content).encode()


def said(report: DraftReport) -> str:
    """Return every sentence of a draft, in lower case."""
    return " ".join(sentence.text for sentence in report.sentences).lower()
