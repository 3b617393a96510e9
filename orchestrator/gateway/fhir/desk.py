"""A resource in, kept in the database, and what became of it out."""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from fhir.resources.R4B.bundle import Bundle
from pydantic import BaseModel, ValidationError

from orchestrator.errors import WetreadError
from orchestrator.exports.fhir_value_sets import check_value_sets
from orchestrator.gateway.fhir.outcome import UnacceptableResource, outcome
from orchestrator.gateway.fhir.reading import READERS, said_by
from orchestrator.gateway.fhir.resources import read_resource
from orchestrator.gateway.fhir.subjects import Known, known_in
from orchestrator.orders.incoming import Incoming
from orchestrator.records import Records

KEPT, NOTHING_FOR_US = "kept", "valid, and nothing here is done with it"
_ALL_OR_NOTHING = frozenset({"transaction", "collection", "message", "searchset"})
_METHODS = frozenset({"POST", "PUT"})


class Answer(NamedTuple):
    """What goes back, and which studies are to be queued, as ``(study_id, revision)``."""

    status: int
    body: BaseModel
    queued: tuple[tuple[str, int], ...] = ()
    location: str | None = None


class FhirDesk:
    """Takes resources for one installation. Methods block: call them in a thread."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def create(self, kind: str, data: bytes) -> Answer:
        """Take one resource.

        Raises
        ------
        UnacceptableResource
            If it is not taken.
        """
        resource = read_resource(data, kind)
        incoming = said_in(resource, {})
        queued = self._records.orders.take(incoming).queued
        location = f"{kind}/{uuid5(NAMESPACE_URL, hashlib.sha256(data).hexdigest())}"
        return Answer(201, outcome(201, KEPT if incoming else NOTHING_FOR_US), queued, location)

    def take_bundle(self, data: bytes) -> Answer:
        """Take a bundle: a batch entry by entry, everything else as a whole or not at all.

        Raises
        ------
        UnacceptableResource
            If it is not taken; of a batch, only if it is no bundle.
        """
        bundle = read_resource(data, "Bundle")
        assert isinstance(bundle, Bundle)
        entries = [(entry.fullUrl, entry.resource, entry) for entry in bundle.entry or [] if entry.resource]
        known = known_in((url, resource) for url, resource, _ in entries)
        for number, (_, _, entry) in enumerate(entries):
            if entry.request is not None and entry.request.method not in _METHODS:
                where = f"Bundle.entry[{number}].request.method"
                raise UnacceptableResource(422, "not-supported", "expected POST or PUT", where)
        resources = [resource for _, resource, _ in entries]
        if bundle.type == "batch":
            return self._batch(resources, known)
        if bundle.type not in _ALL_OR_NOTHING:
            raise UnacceptableResource(
                422, "not-supported", "expected a transaction, batch or collection", "Bundle.type"
            )
        said = [said_in(resource, known) for resource in resources]
        queued = self._records.orders.take([one for incoming in said for one in incoming]).queued
        done = [_entry(201, KEPT if incoming else NOTHING_FOR_US) for incoming in said]
        return Answer(200, _response("transaction-response", done), queued)

    def _batch(self, resources: list[BaseModel], known: Known) -> Answer:
        done: list[dict[str, object]] = []
        queued: list[tuple[str, int]] = []
        for resource in resources:
            try:
                incoming = said_in(resource, known)
                queued += self._records.orders.take(incoming).queued
                done.append(_entry(201, KEPT if incoming else NOTHING_FOR_US))
            except UnacceptableResource as refusal:
                done.append(_entry(refusal.status, refusal.why, refusal.code, refusal.where))
            except WetreadError as error:
                done.append(_entry(error.status, str(error)))
        return Answer(200, _response("batch-response", done), tuple(queued))


def said_in(resource: BaseModel, known: Known) -> tuple[Incoming, ...]:
    """Return what a resource says here; nothing of a type that says nothing here.

    Raises
    ------
    UnacceptableResource
        If it lacks what it is about, or a value is none that can be held here.
    """
    if type(resource).__name__ not in READERS:
        return ()
    try:
        return tuple(said_by(resource, known))
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise UnacceptableResource(422, "value", f"{place} is not what it can be") from None


def _entry(status: int, why: str, code: str | None = None, where: str | None = None) -> dict[str, object]:
    return {"response": {"status": str(status), "outcome": outcome(status, why, code, where)}}


def _response(kind: str, entries: list[dict[str, object]]) -> Bundle:
    made = Bundle.model_validate({"resourceType": "Bundle", "type": kind, "entry": entries or None})
    check_value_sets(made)
    return made
