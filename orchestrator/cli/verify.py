"""``wetread verify``: the checks that released a draft, run again over its file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption
from orchestrator.cli.voice import Voice
from orchestrator.report import Problem


class Verified(BaseModel):
    """The JSON answer of ``verify``."""

    draft_id: str
    sentences: int
    problems: tuple[Problem, ...]


def verify(
    file: Annotated[
        Path, typer.Argument(metavar="DRAFT.json", exists=True, dir_okay=False, help="A draft's JSON file.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Check every sentence of a draft against the findings it cites; exit code 5 when a problem is found."""
    from pydantic import ValidationError

    from orchestrator.report import DraftReport
    from orchestrator.verify import verify as problems_of

    voice = Voice(as_json)
    try:
        report = DraftReport.model_validate_json(file.read_bytes())
    except ValidationError as error:
        where = ", ".join(".".join(map(str, fault["loc"])) or "the file" for fault in error.errors()[:3])
        raise voice.fail(Exit.REFUSED, f"this is no draft report: {where}", "draft.json as wetread writes it") from None
    found = problems_of(report.sections, report.facts)
    voice.result(Verified(draft_id=report.draft_id, sentences=len(report.sentences), problems=found))
    for problem in found:
        place = f"{problem.section} {problem.sentence + 1}: " if problem.sentence is not None else ""
        voice.text(f"{place}{problem.message} [{problem.check}]")
    if found:
        raise typer.Exit(int(Exit.PROBLEMS))
    voice.text(f"{len(report.sentences)} sentences, no problem found.")
