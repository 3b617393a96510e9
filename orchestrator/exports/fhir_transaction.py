"""A bundle as a transaction that a server may be sent twice and ends up the same (FHIR R4B 3.1.0.11, http.html#trules).

The report and its observations are conditional updates: one resource from the draft to the last correction. Person,
images, devices and provenance are conditional creates: what is there already is used. Resources carry no id of ours.
"""

from __future__ import annotations

from urllib.parse import quote

from fhir.resources.R4B.bundle import Bundle, BundleEntry
from fhir.resources.R4B.resource import Resource

from orchestrator.exports.fhir_parts import ALGORITHMS, FACTS, PATIENTS, RELEASES, REPORTS

_UPDATED = {"DiagnosticReport": REPORTS, "Observation": FACTS}
_CREATED = {"Patient": PATIENTS, "ImagingStudy": "urn:dicom:uid", "Device": ALGORITHMS}


def as_transaction(bundle: Bundle) -> Bundle:
    """Return the same bundle with a request for each entry."""
    return Bundle(type="transaction", timestamp=bundle.timestamp, entry=[_requested(one) for one in bundle.entry])


def _requested(entry: BundleEntry) -> BundleEntry:
    resource = entry.resource
    kind = resource.get_resource_type()
    if kind in _UPDATED:
        request = {"method": "PUT", "url": f"{kind}?{_identifier(resource, _UPDATED[kind])}"}
    elif kind in _CREATED:
        request = {"method": "POST", "url": kind, "ifNoneExist": _identifier(resource, _CREATED[kind])}
    else:
        request = {"method": "POST", "url": kind, "ifNoneExist": f"_tag={_token(RELEASES, resource.meta.tag[0].code)}"}
    return BundleEntry(fullUrl=entry.fullUrl, resource=resource.model_copy(update={"id": None}), request=request)


def _identifier(resource: Resource, system: str) -> str:
    value = next(one.value for one in resource.identifier if one.system == system)
    return f"identifier={_token(system, value)}"


def _token(system: str, value: str) -> str:
    """Return a search token: its own delimiters within a value are escaped (search.html#escaping)."""
    escaped = "".join(f"\\{letter}" if letter in "\\,$|" else letter for letter in value)
    return quote(f"{system}|{escaped}", safe="")
