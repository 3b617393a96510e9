"""FHIR R4B: orders, patients and earlier reports by POST. Every error here is an OperationOutcome."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from fhir.resources.R4B.operationoutcome import OperationOutcome
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.errors import QueueUnavailable, TooLarge, UploadStalled
from orchestrator.gateway.fhir.capability import capability_statement
from orchestrator.gateway.fhir.desk import Answer, FhirDesk
from orchestrator.gateway.fhir.outcome import MEDIA_TYPE, UnacceptableResource, outcome, written
from orchestrator.gateway.fhir.resources import MOST_BYTES
from orchestrator.http.problems import MEDIA_TYPE as PROBLEM
from orchestrator.http.problems import Responses
from orchestrator.http.rooms import Rooms, WithRooms

BASE = "/fhir"
router = APIRouter(prefix=BASE, tags=["fhir"])
Kind = Literal["DiagnosticReport", "ImagingStudy", "Patient", "ServiceRequest"]
ResourceId = Annotated[str, Path(pattern=r"^[A-Za-z0-9.-]{1,64}$")]
_BODY = {"requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}}
_OUTCOMES: Responses = {
    status: {"description": "OperationOutcome", "content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
    for status in (400, 401, 403, 404, 408, 410, 413, 415, 422, 503)
}


@router.get("/metadata", response_class=Response, responses=_OUTCOMES)
async def metadata() -> Response:
    """Return the CapabilityStatement."""
    return Response(capability_statement().model_dump_json(exclude_none=True), media_type=MEDIA_TYPE)


@router.post("/{kind}", status_code=201, response_class=Response, openapi_extra=_BODY, responses=_OUTCOMES)
async def create(kind: Kind, request: Request, rooms: WithRooms) -> Response:
    """Take one resource. Answered once what it says is in the database."""
    data = await _body(request, rooms)
    return await _answered(request, rooms, await _taken(lambda: FhirDesk(rooms.records).create(kind, data)))


@router.get("/{kind}/{resource_id}", response_class=Response, responses=_OUTCOMES)
async def read(kind: Kind, resource_id: ResourceId, rooms: WithRooms) -> Response:
    """Return a resource that was created here, as long as its text is kept."""
    answer = await _taken(lambda: FhirDesk(rooms.records).read(kind, resource_id))
    return Response(answer.body.model_dump_json(exclude_none=True), answer.status, media_type=MEDIA_TYPE)


@router.post("", response_class=Response, openapi_extra=_BODY, responses=_OUTCOMES)
async def take_bundle(request: Request, rooms: WithRooms) -> Response:
    """Take a Bundle: a batch entry by entry, a transaction as a whole."""
    data = await _body(request, rooms)
    return await _answered(request, rooms, await _taken(lambda: FhirDesk(rooms.records).take_bundle(data)))


async def _taken(take: Callable[[], Answer]) -> Answer:
    try:
        return await asyncio.to_thread(take)
    except UnacceptableResource as refusal:
        return Answer(refusal.status, outcome(refusal.status, refusal.why, refusal.code, refusal.where))


async def _answered(request: Request, rooms: Rooms, answer: Answer) -> Response:
    for study_id, revision in answer.queued:
        with suppress(QueueUnavailable):
            await rooms.jobs.enqueue(study_id, revision)
    headers = {"Location": f"{request.base_url}fhir/{answer.location}"} if answer.location else None
    return Response(
        answer.body.model_dump_json(exclude_none=True), answer.status, headers=headers, media_type=MEDIA_TYPE
    )


async def _body(request: Request, rooms: Rooms) -> bytes:
    """Return the body, as long as it may be and in the time it may take."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {MEDIA_TYPE, "application/json"}:
        raise UnacceptableResource(415, "not-supported", f"expected a body of type {MEDIA_TYPE}")
    data = bytearray()
    try:
        async with asyncio.timeout(rooms.settings.upload_idle_s):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MOST_BYTES:
                    raise TooLarge(f"more than {MOST_BYTES // 1_000_000} MB in one body")
    except (TimeoutError, ClientDisconnect):
        raise UploadStalled("the body did not come to its end in time") from None
    return bytes(data)


class Outcomes:
    """Pure ASGI, outermost: a problem that is answered below ``/fhir`` is told as an OperationOutcome."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything else through as it is."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == BASE or path.startswith(f"{BASE}/")):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def in_fhir(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
            elif held and message["type"] == "http.response.body":
                start = held.pop()
                body = written(_outcome_of(start["status"], message.get("body", b"")))
                headers = [pair for pair in start["headers"] if pair[0] not in {b"content-type", b"content-length"}]
                own = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
                await send({**start, "headers": [*headers, *own]})
                await send({**message, "body": body})
            else:
                await send(message)

        await self._app(scope, receive, in_fhir)


def _is_problem(message: Message) -> bool:
    return any(name == b"content-type" and value.startswith(PROBLEM.encode()) for name, value in message["headers"])


def _outcome_of(status: int, problem: bytes) -> OperationOutcome:
    detail = str(json.loads(problem).get("detail", "")) or "refused"
    return outcome(status, detail)
