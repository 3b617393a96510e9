"""``wetread findings``: what the specialists say of many files, one line each, without a draft or a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption, start_parts
from orchestrator.cli.voice import Voice


def findings(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", exists=True, help="DICOM, PNG, JPEG or zip; folders are searched."),
    ],
    jsonl: Annotated[
        Path, typer.Option("--jsonl", metavar="FILE", help="Where the lines go, in the order of the files.")
    ],
    age: Annotated[
        float | None, typer.Option("--age", min=0, max=120, help="Age in years, where no header says.")
    ] = None,
    sex: Annotated[str | None, typer.Option("--sex", metavar="F|M|O", help="Sex, where no header says.")] = None,
    view: Annotated[
        str | None, typer.Option("--view", metavar="PA|AP|LL", help="View position, where no header says.")
    ] = None,
    at_once: Annotated[int, typer.Option("--at-once", min=1, max=64, help="Files being read at the same time.")] = 4,
    as_json: JsonOption = False,
) -> None:
    """Ask the specialists only: one line a file with findings, measurements, limitations and scores.

    A file that is refused gets a line that says why, and the next file is read. Exit code 3 when no file could be
    read, 4 when a service did not answer for at least one.
    """
    import asyncio

    from orchestrator.cli.parts import settings_of
    from orchestrator.cli.reading import read_all
    from orchestrator.cli.sending import files_of, order_of

    voice = Voice(as_json)
    state = start_parts(voice)
    files = [file for path in paths for file in files_of(path)]
    order = order_of(voice, age=age, sex=sex, view_position=view)
    jsonl.parent.mkdir(parents=True, exist_ok=True)
    shown = asyncio.run(read_all(files, order, settings_of(state), jsonl, at_once))
    voice.result(shown)
    voice.text(f"{shown.read} of {shown.files} files read in {shown.seconds:.0f} s, {shown.refused} refused: {jsonl}")
    if shown.unavailable:
        raise typer.Exit(int(Exit.UNAVAILABLE))
    if not shown.read:
        raise typer.Exit(int(Exit.REFUSED))
