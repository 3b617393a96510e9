"""The orchestrator's HTTP API as the command uses it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from orchestrator.conversation.turn import Query, Told
from orchestrator.errors import RefusedInput, Unavailable
from orchestrator.ingest.received import OrderRequest
from orchestrator.progress import Event, StudyStatus
from services.contract import ProblemDetails

_TOLD: TypeAdapter[Told] = TypeAdapter(Told)
QUIET_S = 30.0
"""An event stream that says nothing for so long is asked anew."""


class _Accepted(BaseModel):
    study_id: str


class _Standing(BaseModel):
    status: StudyStatus
    reason: str | None = None


class Fetched(BaseModel):
    """What came of a fetch."""

    fetch_id: str
    status: str
    reason: str | None = None
    study_ids: tuple[str, ...] = ()


class EvidencePicture(BaseModel):
    """One picture of the evidence list."""

    name: str


class _EvidenceList(BaseModel):
    evidence: tuple[EvidencePicture, ...]


class Api:
    """One orchestrator. Problems become the errors of :mod:`orchestrator.errors`.

    Parameters
    ----------
    key
        The API key to send; needed where access is on.
    """

    def __init__(self, address: str, key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        patience = httpx.Timeout(60.0, connect=5.0)
        self._client = httpx.Client(base_url=address, headers=headers, timeout=patience, trust_env=False)

    def upload(self, files: list[Path], order: OrderRequest | None) -> str:
        """Send the files of one study; return its id once it is on disk and in the database.

        Raises
        ------
        RefusedInput
            If the orchestrator refuses what was sent.
        Unavailable
            If it does not answer, or a part it needs is down.
        """
        with ExitStack() as opened:
            # The name of a file may be the name of a person: it stays here.
            parts = [
                ("files", (f"{number}{path.suffix.lower()}", opened.enter_context(path.open("rb"))))
                for number, path in enumerate(files)
            ]
            said = {"order": order.model_dump_json(exclude_none=True)} if order else None
            response = self._ask("POST", "/v1/studies", files=parts, data=said)
        return _Accepted.model_validate_json(response.content).study_id

    def fetch(self, accession_number: str, source: str | None) -> Fetched:
        """Ask for a study and its priors."""
        wanted = {"accession_number": accession_number, **({"source": source} if source else {})}
        return Fetched.model_validate_json(self._ask("POST", "/v1/fetch", json=wanted).content)

    def fetched(self, fetch_id: str) -> Fetched:
        """Return what came of it so far."""
        return Fetched.model_validate_json(self._ask("GET", f"/v1/fetch/{fetch_id}").content)

    def follow(self, study_id: str) -> Iterator[Event]:
        """Yield what happens to a study until there is a draft or there will be none."""
        last = 0
        while True:
            try:
                for event in self._events(study_id, last):
                    last = event.number
                    yield event
                    if event.is_final:
                        return
            except httpx.TransportError:
                time.sleep(0.2)

    def _events(self, study_id: str, last: int) -> Iterator[Event]:
        headers = {"accept": "text/event-stream", **({"last-event-id": str(last)} if last else {})}
        timeout = httpx.Timeout(QUIET_S, connect=5.0)
        with self._client.stream("GET", f"/v1/studies/{study_id}/events", headers=headers, timeout=timeout) as stream:
            if stream.status_code != httpx.codes.OK:
                stream.read()
                raise _error(stream)
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    yield Event.model_validate_json(line.removeprefix("data:"))

    def converse(self, path: str, query: Query) -> Iterator[Told]:
        """Yield what is said to a question, event by event."""
        content = query.model_dump_json()
        headers = {"accept": "text/event-stream", "content-type": "application/json"}
        try:
            with self._client.stream("POST", path, content=content, headers=headers) as stream:
                if stream.status_code != httpx.codes.OK:
                    stream.read()
                    raise _error(stream)
                for line in stream.iter_lines():
                    if line.startswith("data:"):
                        yield _TOLD.validate_json(line.removeprefix("data:"))
        except httpx.TransportError as error:
            raise Unavailable("the orchestrator does not answer") from error

    def standing(self, study_id: str) -> tuple[StudyStatus, str | None]:
        """Return where a study stands, and why if it failed or was refused."""
        standing = _Standing.model_validate_json(self._ask("GET", f"/v1/studies/{study_id}").content)
        return standing.status, standing.reason

    def draft(self, study_id: str, form: str | None = None) -> bytes:
        """Return the draft as JSON, or as ``text``, ``pdf``, ``hl7`` or ``fhir``."""
        suffix = f"/{form}" if form else ""
        return self._ask("GET", f"/v1/studies/{study_id}/draft{suffix}").content

    def evidence(self, study_id: str) -> Iterator[tuple[str, bytes]]:
        """Yield name and PNG of each evidence picture."""
        listed = self._ask("GET", f"/v1/studies/{study_id}/evidence")
        for picture in _EvidenceList.model_validate_json(listed.content).evidence:
            path = f"/v1/studies/{study_id}/evidence/{picture.name}.png"
            yield f"{picture.name}.png", self._ask("GET", path).content

    def _ask(self, method: str, path: str, **content: object) -> httpx.Response:
        try:
            response = self._client.request(method, path, **content)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            raise Unavailable("the orchestrator does not answer") from error
        if response.status_code >= 400:
            raise _error(response)
        return response


def _error(response: httpx.Response) -> RefusedInput | Unavailable:
    try:
        problem = ProblemDetails.model_validate_json(response.content)
        said = f"{problem.detail}{f' Expected: {problem.expected}' if problem.expected else ''}"
    except ValidationError:
        said = f"the orchestrator answered {response.status_code}"
    return Unavailable(said) if response.status_code >= 500 else RefusedInput(said)
