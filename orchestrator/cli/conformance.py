"""``wetread conformance``: what this software takes and sends, made from the code that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer


def _dicom() -> str:
    from orchestrator.gateway.dimse.conformance import statement

    return statement()


def _hl7() -> str:
    from orchestrator.gateway.hl7.specification import specification

    return specification()


def _fhir() -> str:
    from orchestrator.gateway.fhir.capability import capability_statement

    return f"{capability_statement().model_dump_json(exclude_none=True, indent=2)}\n"


DOCUMENTS: dict[str, tuple[str, Callable[[], str]]] = {
    "dicom": ("dicom.md", _dicom),
    "hl7": ("hl7-specification.md", _hl7),
    "fhir": ("fhir-capability.json", _fhir),
}
"""The documents by name, each with its file in ``deploy/conformance/``."""


def conformance(
    document: Annotated[str, typer.Argument(help=f"One of: {', '.join(DOCUMENTS)}.")],
) -> None:
    """Print the DICOM conformance statement, the HL7 v2 specification or the FHIR CapabilityStatement."""
    if document not in DOCUMENTS:
        raise typer.BadParameter(f"expected one of {', '.join(DOCUMENTS)}")
    typer.echo(DOCUMENTS[document][1](), nl=False)
