"""``wetread feedback``: what people made of drafts, as a table, and sentence by sentence for training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.parts import JsonOption
from orchestrator.cli.records_opened import account, records_in_force
from orchestrator.cli.voice import Voice


def feedback(
    out: Annotated[
        Path | None, typer.Option("--out", help="Also write every judged sentence there, a JSON line each.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how much of the drafts people keep, by month, model and prompt; the export names nobody and is audited."""
    from orchestrator.audit import Action, Entry, audit_name
    from orchestrator.reading_room.feedback import feedback_of, judged_sentences

    voice = Voice(as_json)
    with records_in_force(voice) as records:
        found = feedback_of(records.feedback.judged())
        if out is not None:
            records.audit.record(Entry(action=Action.TRAINING_EXPORT, subject=audit_name(account())))
            with out.open("w") as file:
                for sentence in judged_sentences(records.feedback.judged()):
                    file.write(sentence.model_dump_json(exclude_none=True) + "\n")
    voice.result(found)
    head = ("month", "model", "prompt", "reports", "drafted", "kept", "edited", "rejected", "added", "distance", "why")
    rows = [
        (
            *(row.month, row.language_model, row.prompt),
            *map(str, (row.reports, row.sentences, row.kept, row.edited, row.rejected, row.added)),
            f"{row.edit_distance:.3f}",
            ", ".join(f"{reason} {number}" for reason, number in row.reasons),
        )
        for row in found.rows
    ]
    voice.table("Feedback", head, rows)
    if not rows:
        voice.text("Nothing was signed or rejected yet.")
