"""Bytes to a valid resource: JSON, no deeper than it needs to be, of a known type, every required code in its set."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel, ValidationError

from orchestrator.exports.fhir_value_sets import NotInValueSet, check_value_sets
from orchestrator.gateway.fhir.outcome import UnacceptableResource

TAKEN = ("DiagnosticReport", "ImagingStudy", "Patient", "ServiceRequest")
"""Resources that say something here; a Bundle holds them, and whatever they refer to."""
DEEPEST = 40
"""Objects and lists within each other; no resource needs as many, and a validator calls itself for each."""
MOST_BYTES = 4_000_000
_SHOWN = 3


def read_resource(data: bytes, kind: str | None = None) -> BaseModel:
    """Return a resource.

    Parameters
    ----------
    kind
        The type that it must be of; any that is taken, and Bundle, where not given.

    Raises
    ------
    UnacceptableResource
        If it is none, or not of this type, or not valid.
    """
    said = _json(data)
    named = said.get("resourceType") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(named, str):
        raise UnacceptableResource(400, "structure", "the body is no resource: it names no resourceType")
    if kind is not None and named != kind:
        raise UnacceptableResource(400, "invalid", f"the body is no {kind}", "resourceType")
    if named not in {*TAKEN, "Bundle"}:
        raise UnacceptableResource(
            422, "not-supported", f"expected one of {', '.join(TAKEN)}, or a Bundle of them", "resourceType"
        )
    return _validated(named, said)


def _json(data: bytes) -> object:
    try:
        said = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UnacceptableResource(400, "structure", "the body is no JSON in UTF-8") from None
    if _depth_exceeds(said, DEEPEST):
        raise UnacceptableResource(400, "too-costly", f"more than {DEEPEST} levels within each other")
    return said


def _no_number(_: str) -> NoReturn:
    raise ValueError


def _depth_exceeds(said: object, deepest: int) -> bool:
    level = [said]
    for _ in range(deepest):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _validated(kind: str, said: dict[str, object]) -> BaseModel:
    try:
        model = get_fhir_model_class(kind).model_validate(said)
        assert isinstance(model, BaseModel)
        check_value_sets(model)
    except NotInValueSet as error:
        raise UnacceptableResource(422, "code-invalid", str(error)) from None
    except ValidationError as error:
        places = sorted({_place(kind, fault["loc"]) for fault in error.errors(include_input=False, include_url=False)})
        why = f"not valid FHIR R4B at {', '.join(places[:_SHOWN])}"
        raise UnacceptableResource(422, "structure", why, places[0] if places else None) from None
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError, AssertionError):
        raise UnacceptableResource(422, "structure", "not valid FHIR R4B") from None
    return model


def _place(kind: str, location: tuple[int | str, ...]) -> str:
    """Names that look like an element stay; a made-up one could hold anything."""
    parts = [f"[{one}]" if isinstance(one, int) else f".{_named(one)}" for one in location]
    return kind + "".join(parts)


def _named(part: str) -> str:
    return part if re.fullmatch(r"[a-z][A-Za-z]{0,31}", part) else "unknown"
