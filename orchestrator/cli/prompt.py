"""``wetread prompt``: what the language model would be sent about a study, in any of the four styles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption
from orchestrator.cli.voice import Voice

if TYPE_CHECKING:
    from orchestrator.chatcad import Compat, Scored
    from orchestrator.report import Facts

_EXPECTED = "a draft.json, a line of wetread findings, an object of names and scores, or an image"


def prompt(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="PATH|FINDINGS",
            exists=True,
            dir_okay=False,
            help="A draft.json, a file of `wetread findings` (its first line), a JSON object of names and scores, or "
            "an image, which the specialists then read.",
        ),
    ],
    style: Annotated[
        Literal["p1", "p2", "p3", "p4"],
        typer.Option("--style", help="p4: words and ids. ChatCAD's p1: scores, p2: diagnosis, p3: grades."),
    ] = "p4",
    profile: Annotated[
        Path | None, typer.Option("--profile", exists=True, dir_okay=False, help="A file of deploy/language.")
    ] = None,
    compat: Annotated[
        Literal["chatcad", "readable"],
        typer.Option("--compat", help="ChatCAD's very bytes, or with its missing spaces."),
    ] = "chatcad",
    as_json: JsonOption = False,
) -> None:
    """Print what would be sent to the language model, and what would be left out for want of room. Nothing is sent."""
    voice = Voice(as_json)
    if (scored := _scores(file)) is not None:
        _show_scores(voice, scored, style, compat)
        return
    _show_question(voice, _facts(voice, file), style, profile)


def _show_scores(voice: Voice, scored: tuple[Scored, ...], style: str, compat: Compat) -> None:
    from orchestrator.chatcad import chatcad_text
    from orchestrator.errors import WetreadError
    from orchestrator.prompt_file import load_prompt
    from orchestrator.question import Message
    from orchestrator.settings import settings_from_environment

    if style == "p4":
        raise voice.fail(Exit.USAGE, "p4 says findings, and scores alone are none", "--style p1, p2 or p3")
    try:
        text = chatcad_text(load_prompt(settings_from_environment().prompts / f"{style}.md"), scored, compat)
    except WetreadError as error:
        raise voice.fail(Exit.REFUSED, str(error)) from None
    voice.result(Message(role="user", text=text))
    voice.text(text)


def _show_question(voice: Voice, facts: Facts, style: Literal["p1", "p2", "p3", "p4"], profile: Path | None) -> None:
    from orchestrator.errors import WetreadError
    from orchestrator.prompt import ask, load_profile, prompt_of
    from orchestrator.settings import settings_from_environment

    settings = settings_from_environment()
    try:
        model = load_profile(profile or settings.language_profile)
        question = ask(prompt_of(style, model, settings.prompts), facts, (), model)
    except (WetreadError, ValueError) as error:
        raise voice.fail(Exit.REFUSED, str(error)) from None
    voice.result(question)
    for message in question.messages:
        voice.text(f"--- {message.role}\n{message.text}")
    for name in question.left_out:
        voice.progress(f"left out for want of room: {name}")


def _scores(file: Path) -> tuple[Scored, ...] | None:
    """Return names and scores where the file is a JSON object of nothing else; NaN is read, for the error to say so."""
    from orchestrator.chatcad import Scored

    try:
        held = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=list)
    except ValueError:
        return None
    if not isinstance(held, list) or not held or not all(isinstance(pair, (list, tuple)) for pair in held):
        return None
    if not all(len(pair) == 2 and type(pair[1]) in {int, float} for pair in held):
        return None
    return tuple(Scored(str(name), float(score)) for name, score in held)


def _facts(voice: Voice, file: Path) -> Facts:
    from pydantic import ValidationError

    from orchestrator.cli.reading import Line
    from orchestrator.report import DraftReport, Facts

    is_image = file.suffix.lower() not in {".json", ".jsonl"}
    text = _read_by_specialists(voice, file) if is_image else file.read_text(encoding="utf-8", errors="replace")
    try:
        if '"sections"' in text:
            return DraftReport.model_validate_json(text).facts
        line = Line.model_validate_json((text.splitlines() or [""])[0])
    except ValidationError:
        raise voice.fail(Exit.REFUSED, "there are no findings in this file", _EXPECTED) from None
    if line.status != "read":
        raise voice.fail(Exit.REFUSED, line.reason or "this file was not read", _EXPECTED)
    return Facts(findings=line.findings, measurements=line.measurements, limitations=line.limitations)


def _read_by_specialists(voice: Voice, file: Path) -> str:
    """Return the line that ``wetread findings`` writes for an image."""
    import asyncio
    from tempfile import TemporaryDirectory

    from orchestrator.cli.parts import settings_of, start_parts
    from orchestrator.cli.reading import read_all

    state = start_parts(voice)
    with TemporaryDirectory() as folder:
        lines = Path(folder) / "findings.jsonl"
        asyncio.run(read_all([file], None, settings_of(state), lines, 1))
        return lines.read_text(encoding="utf-8")
