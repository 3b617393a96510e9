"""``wetread ask``: a question about a study, answered sentence by sentence, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from pydantic import BaseModel

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption, start_parts
from orchestrator.cli.voice import Voice
from orchestrator.conversation.turn import Audience, Begun, Ended, Failed, Notice, Query, Said, Spoken

NO_STUDY = "-"

StudyId = Annotated[str, typer.Argument(help=f"Id of a study, or {NO_STUDY} to ask the knowledge base alone.")]
Words = Annotated[str, typer.Argument(help='The question, such as "On which side is the effusion?"')]
For = Annotated[Audience, typer.Option("--audience", help="Who asks: the claims are the same, the words are not.")]


class Answer(BaseModel):
    """The JSON answer of ``ask``."""

    outcome: str
    said: tuple[Said, ...]


def ask(study_id: StudyId, question: Words, audience: For = Audience.RADIOLOGIST, as_json: JsonOption = False) -> None:
    """Ask about a drafted study: every sentence cites what was found, or a passage of the knowledge base."""
    from orchestrator.cli.api import Api
    from orchestrator.errors import RefusedInput, Unavailable

    voice = Voice(as_json)
    path = "/v1/conversation" if study_id == NO_STUDY else f"/v1/studies/{study_id}/conversation"
    said: list[Said] = []
    outcome = ""
    try:
        for told in Api(str(start_parts(voice).api_url)).converse(path, Query(question=question, audience=audience)):
            if isinstance(told, Failed):
                raise Unavailable("a part that the answer needs is not available")
            if isinstance(told, Ended):
                outcome = told.outcome
            elif not isinstance(told, Begun):
                said.append(told)
                for line in _lines(told):
                    voice.text(line)
    except RefusedInput as error:
        raise voice.fail(Exit.REFUSED, str(error)) from None
    except Unavailable as error:
        raise voice.fail(Exit.UNAVAILABLE, str(error)) from None
    voice.result(Answer(outcome=outcome, said=tuple(said)))


def _lines(said: Said) -> Iterator[str]:
    if isinstance(said, Spoken):
        yield f"{said.text}  [{', '.join(one.id for one in said.citations)}]"
        yield from dict.fromkeys(f"    {one.source}" for one in said.citations if one.source)
    elif isinstance(said, Notice):
        yield f"{said.text} {' or '.join(said.choices)}".strip()
