"""What an unsigned draft may say of itself in FHIR, and the required value sets that everything is held to."""

from __future__ import annotations

from collections.abc import Mapping

from fhir.resources.R4B.bundle import Bundle

from orchestrator.exports.fhir_value_sets import NotInValueSet, check_value_sets, codes_of

__all__ = ["MUST_BE", "NotInValueSet", "check_required_values"]

MUST_BE = {"DiagnosticReport.status": "partial", "Observation.status": "preliminary"}
"""What an unsigned draft may say of itself, and nothing else."""


def check_required_values(bundle: Bundle | Mapping[str, object]) -> None:
    """Hold every resource of a bundle against the table.

    Raises
    ------
    NotInValueSet
        If a code is not in its required value set, or a resource claims to be more than a draft.
    """
    read = Bundle.model_validate(bundle) if isinstance(bundle, Mapping) else bundle
    check_value_sets(read)
    for element, code in codes_of(read):
        if element in MUST_BE and code != MUST_BE[element]:
            raise NotInValueSet(f"{element} is {code}; an unsigned draft is {MUST_BE[element]}")
