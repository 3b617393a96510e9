"""What a command sends: the files under a PATH, and the order that its options make."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.voice import Voice
from orchestrator.ingest.received import OrderRequest


def files_of(path: Path) -> list[Path]:
    """Return the files under one PATH in a fixed order; hidden ones and a DICOMDIR are left out."""
    if path.is_file():
        return [path]
    found = (item for item in path.rglob("*") if item.is_file() and item.name != "DICOMDIR")
    return sorted(item for item in found if not any(part.startswith(".") for part in item.relative_to(path).parts))


def order_of(voice: Voice, **said: str | float | None) -> OrderRequest | None:
    """Return what the options say as an order, or None if they say nothing.

    Raises
    ------
    typer.Exit
        With the exit code of a wrong command line, if an option has a value that an order cannot have.
    """
    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        return None
    try:
        return OrderRequest.model_validate(given)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise voice.fail(Exit.USAGE, faults) from None
