"""Errors on the wire: problem+json (RFC 9457), in handlers and in the OpenAPI document."""

from __future__ import annotations

import re
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from orchestrator.errors import NotKnown, TooLarge, UnreadableImage, UnsupportedImage, WetreadError
from orchestrator.logs import fault
from services.contract import ProblemDetails

MEDIA_TYPE = "application/problem+json"
Responses = dict[int | str, dict[str, object]]
log = structlog.get_logger()

_RETRY_AFTER_S: dict[int, str] = {HTTPStatus.SERVICE_UNAVAILABLE: "2", HTTPStatus.TOO_MANY_REQUESTS: "300"}
_EXPECTED: dict[type[WetreadError], str] = {
    UnreadableImage: "DICOM, PNG or JPEG files, or a zip of them, complete and undamaged",
    UnsupportedImage: "DICOM, PNG or JPEG files, or a zip of them, as multipart/form-data",
    TooLarge: "fewer or smaller files; the limits are settings of the installation",
}


def problem(status: int, detail: str, kind: str, expected: str | None = None) -> Response:
    """Return a response that describes a problem."""
    title = HTTPStatus(status).phrase
    body = ProblemDetails(
        type=f"urn:wetread:problem:{kind}", title=title, status=status, detail=detail, expected=expected
    )
    headers = {"Retry-After": _RETRY_AFTER_S[status]} if status in _RETRY_AFTER_S else None
    return Response(body.model_dump_json(exclude_none=True), status, headers, media_type=MEDIA_TYPE)


def answer_of(_: Request, error: Exception) -> Response:
    """Return one of our errors as a problem."""
    assert isinstance(error, WetreadError)
    answer = problem(error.status, str(error), _kind(error), _EXPECTED.get(type(error)))
    if isinstance(error, NotKnown):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def documented(*statuses: int) -> Responses:
    """Return the ``responses`` of a route that may answer with these problems."""
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def speak_problems(app: FastAPI) -> None:
    """Make an application answer every error as problem+json, and say so in its OpenAPI document."""
    app.add_exception_handler(WetreadError, answer_of)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _internal_error)

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas["ProblemDetails"] = ProblemDetails.model_json_schema(mode="serialization")
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _kind(error: Exception) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()


def _invalid_request(_: Request, error: Exception) -> Response:
    """Say where the request is wrong, and never what it held."""
    assert isinstance(error, RequestValidationError)
    places = sorted({f"{'.'.join(_place(item['loc']))}: {item['type']}" for item in error.errors()})
    return problem(422, "; ".join(places[:8]), "invalid-request", "what the OpenAPI document at /docs describes")


def _place(location: tuple[int | str, ...]) -> list[str]:
    """Positions stay, and names that look like a field; a made-up field name could hold anything."""
    return [
        str(part) if re.fullmatch(r"\d+|[a-z][a-z0-9_-]{0,31}", str(part)) else "(unknown field)" for part in location
    ]


def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title = HTTPStatus(error.status_code).phrase
    answer = problem(error.status_code, f"{title}; see /docs for what there is", title.lower().replace(" ", "-"))
    answer.headers.update(error.headers or {})
    return answer


def _internal_error(_: Request, error: Exception) -> Response:
    log.error("request_failed", **fault(error))
    return problem(500, "This program made a mistake; it is logged.", "internal-error")
