"""What each release may say of itself in FHIR, and the required value sets that everything is held to."""

from __future__ import annotations

from collections.abc import Mapping

from fhir.resources.R4B.bundle import Bundle

from orchestrator.exports.fhir_value_sets import NotInValueSet, check_value_sets, codes_of
from orchestrator.release import Release, ReleaseEvent

__all__ = ["NotInValueSet", "check_required_values", "report_status"]

_STATUS: dict[ReleaseEvent, str] = {
    ReleaseEvent.DRAFTED: "partial",
    ReleaseEvent.SIGNED: "final",
    ReleaseEvent.CORRECTED: "corrected",
    ReleaseEvent.ADDENDED: "appended",
}
_OBSERVED: dict[ReleaseEvent, frozenset[str]] = {
    ReleaseEvent.DRAFTED: frozenset({"preliminary"}),
    ReleaseEvent.REJECTED: frozenset({"cancelled", "entered-in-error"}),
}
_SIGNED = frozenset({"final", "entered-in-error"})


def report_status(release: Release) -> str:
    """Return DiagnosticReport.status: ``partial`` is unverified, where ``preliminary`` would say that somebody was.

    A draft that nobody signed is ``cancelled``; what was final before it was withdrawn is ``entered-in-error``.
    """
    if release.event is ReleaseEvent.REJECTED:
        return "entered-in-error" if release.version else "cancelled"
    return _STATUS[release.event]


def check_required_values(bundle: Bundle | Mapping[str, object], release: Release) -> None:
    """Hold every resource of a bundle against the tables.

    Raises
    ------
    NotInValueSet
        If a code is not in its required value set, or a resource claims to be more than its release is.
    """
    read = Bundle.model_validate(bundle) if isinstance(bundle, Mapping) else bundle
    check_value_sets(read)
    may_say = {
        "DiagnosticReport.status": frozenset({report_status(release)}),
        "Observation.status": _OBSERVED.get(release.event, _SIGNED),
    }
    for element, code in codes_of(read):
        if code not in may_say.get(element, {code}):
            raise NotInValueSet(f"{element} is {code}; expected {', '.join(sorted(may_say[element]))}")
