"""The list of commands. Each imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import (
    ask,
    audit,
    conformance,
    deidentify,
    doctor,
    draft,
    feedback,
    fetch,
    findings,
    keys,
    outbox,
    parts,
    prompt,
    replay,
    training,
    vault,
    verify,
)
from orchestrator.cli.exit_codes import explained

app = typer.Typer(
    name="wetread",
    help="Draft radiology reports whose every sentence can be walked back to pixels. Research software, not a medical "
    "device: a person reads and signs.",
    epilog=explained(),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(asked: bool) -> None:
    if asked:
        from orchestrator.provenance import software_version

        typer.echo(f"wetread {software_version()}")
        raise typer.Exit


@app.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


COMMANDS = (
    draft.draft,
    findings.findings,
    ask.ask,
    fetch.fetch,
    verify.verify,
    prompt.prompt,
    replay.replay,
    deidentify.deidentify,
    feedback.feedback,
    doctor.doctor,
    conformance.conformance,
    training.train,
    training.evaluate,
    parts.up,
    parts.down,
    parts.status,
)

app.add_typer(keys.keys, name="keys")
app.add_typer(audit.audit, name="audit")
app.add_typer(vault.vault, name="vault")
app.add_typer(outbox.outbox, name="outbox")
for command in COMMANDS:
    app.command(epilog=explained())(command)
