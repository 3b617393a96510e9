"""A resource in, kept in the database, and what became of it out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

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
from orchestrator.records.orders import Letter

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
        incoming, letter = said_in(resource, {}), _letter(resource)
        queued = self._records.orders.take(incoming, letter).queued
        return Answer(201, outcome(201, KEPT if incoming else NOTHING_FOR_US), queued, letter.key)

    def read(self, kind: str, resource_id: str) -> Answer:
        """Return a resource as it was created, with the id that it was given.

        Raises
        ------
        UnacceptableResource
            If there is none, or its text is kept no longer.
        """
        text = self._records.orders.message(f"{kind}/{resource_id}")
        if text is None:
            raise UnacceptableResource(404, "not-found", "there is no such resource")
        if not text:
            raise UnacceptableResource(410, "deleted", "what it said is kept, its text no longer")
        return Answer(200, read_resource(text.encode(), kind))

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
        letters = [_letter(resource) for resource in resources]
        queued = self._records.orders.take([one for incoming in said for one in incoming], *letters).queued
        done = [_created(incoming, letter) for incoming, letter in zip(said, letters, strict=True)]
        return Answer(200, _response("transaction-response", done), queued)

    def _batch(self, resources: list[BaseModel], known: Known) -> Answer:
        done: list[Mapping[str, object]] = []
        queued: list[tuple[str, int]] = []
        for resource in resources:
            try:
                incoming, letter = said_in(resource, known), _letter(resource)
                queued += self._records.orders.take(incoming, letter).queued
                done.append(_created(incoming, letter))
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


def _letter(resource: BaseModel) -> Letter:
    """A resource as it is kept: under the id that it is given here, whatever it was called where it comes from."""
    kind, own = type(resource).__name__, str(uuid4())
    document = resource.model_copy(update={"id": own}).model_dump_json(exclude_none=True)
    return Letter(f"{kind}/{own}", kind, hashlib.sha256(document.encode()).hexdigest(), document)


def _created(incoming: tuple[Incoming, ...], letter: Letter) -> dict[str, object]:
    entry = _entry(201, KEPT if incoming else NOTHING_FOR_US)
    return {"response": {**entry["response"], "location": letter.key}}


def _entry(status: int, why: str, code: str | None = None, where: str | None = None) -> dict[str, dict[str, object]]:
    return {"response": {"status": str(status), "outcome": outcome(status, why, code, where)}}


def _response(kind: str, entries: Sequence[Mapping[str, object]]) -> Bundle:
    made = Bundle.model_validate({"resourceType": "Bundle", "type": kind, "entry": entries or None})
    check_value_sets(made)
    return made
