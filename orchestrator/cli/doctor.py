"""``wetread doctor``: what is installed, what is in force, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.observation import Examined, Observation
from orchestrator.cli.parts import JsonOption
from orchestrator.cli.voice import Voice


def doctor(
    ask_specialists: Annotated[
        bool, typer.Option("--specialists/--no-specialists", help="Load the specialists if they are not running.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Show what is installed, which weights and back-ends are in force and why; exit code 5 when something is wrong."""
    from orchestrator.cli.examination import EXAMINATIONS, specialists

    voice = Voice(as_json)
    found: list[Observation] = []
    for examine in (*EXAMINATIONS, *((specialists,) if ask_specialists else ())):
        found.extend(examine())
    problems = sum(item.state == "problem" for item in found)
    voice.result(Examined(observations=tuple(found), problems=problems))
    for about in dict.fromkeys(item.about for item in found):
        rows = [(item.name, item.state, item.detail) for item in found if item.about == about]
        voice.table(about, ("", "", ""), rows)
        voice.text("")
    if problems:
        raise typer.Exit(int(Exit.PROBLEMS))
    voice.text("No problem found.")
