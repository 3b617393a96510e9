"""``wetread audit verify``, ``head`` and ``export``: is the audit as it was written, and what does it say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from orchestrator.audit import Head
from orchestrator.cli.exit_codes import Exit, explained
from orchestrator.cli.parts import JsonOption
from orchestrator.cli.records_opened import records_in_force
from orchestrator.cli.voice import Voice

audit = typer.Typer(help="The audit: who did what, as a chain that shows every change.", no_args_is_help=True)
_HEAD = re.compile(r"^(\d{1,18}):([0-9a-f]{64})$")


class Verified(BaseModel):
    """The JSON answer of ``verify``."""

    head: str
    faults: tuple[str, ...]


class Exported(BaseModel):
    """The JSON answer of ``export``."""

    file: str
    entries: int


@audit.command(epilog=explained())
def head(as_json: JsonOption = False) -> None:
    """Print the end of the chain; keep it elsewhere, and give it to verify later."""
    voice = Voice(as_json)
    with records_in_force(voice) as records:
        found = records.audit.head()
    voice.result(Verified(head=str(found), faults=()))
    voice.text(str(found))


@audit.command(epilog=explained())
def verify(
    kept: Annotated[str | None, typer.Option("--head", help="An earlier end of the chain, as head printed it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Look for entries that were changed, removed or exchanged, and with --head cut off; exit code 5 for any."""
    voice = Voice(as_json)
    earlier = None if kept is None else _read(voice, kept)
    with records_in_force(voice) as records:
        found, faults = records.audit.head(), records.audit.faults(earlier)
    voice.result(Verified(head=str(found), faults=faults))
    for fault in faults:
        voice.text(fault)
    if faults:
        raise typer.Exit(int(Exit.PROBLEMS))
    unseen = "" if earlier else " Without --head an end that was cut off cannot be seen."
    voice.text(f"{found.number} entries, as they were written.{unseen}")


@audit.command(epilog=explained())
def export(
    out: Annotated[Path, typer.Option("--out", help="The file to write, one resource a line (NDJSON).")],
    fhir: Annotated[bool, typer.Option("--fhir", help="As FHIR R4B AuditEvent, not as the chain has it.")] = False,
    study: Annotated[str | None, typer.Option("--study", help="Only what was done to this study.")] = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Only entries after this number.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Write the audit to a file."""
    from orchestrator.exports.fhir_audit import audit_event

    voice, count = Voice(as_json), 0
    with records_in_force(voice) as records, out.open("w") as file:
        for link in records.audit.links(study, after):
            file.write(
                (audit_event(link).model_dump_json(exclude_none=True) if fhir else link.model_dump_json()) + "\n"
            )
            count += 1
    voice.result(Exported(file=str(out), entries=count))
    voice.text(f"{count} entries are in {out}.")


def _read(voice: Voice, text: str) -> Head:
    found = _HEAD.match(text.strip())
    if found is None:
        raise voice.fail(Exit.USAGE, "that is no end of a chain.", "what wetread audit head printed, NUMBER:SHA256")
    return Head(int(found[1]), found[2])
