"""``wetread outbox list``, ``dead`` and ``resend``: what waits to leave, what was given up, and sending it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from orchestrator.cli.exit_codes import Exit, explained
from orchestrator.cli.parts import JsonOption
from orchestrator.cli.records_opened import records_in_force
from orchestrator.cli.voice import Voice

outbox = typer.Typer(help="What is to leave the house, message by message.", no_args_is_help=True)
StudyOption = Annotated[str | None, typer.Option("--study", help="Only the messages of this study.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")]


class MessageShown(BaseModel):
    """One message on its way to one destination; nothing in it names a patient."""

    key: str
    study_id: str
    event: str
    destination: str
    state: str
    attempts: int
    updated_at: datetime
    reason: str | None


class MessagesShown(BaseModel):
    """The JSON answer of ``list`` and ``dead``."""

    messages: tuple[MessageShown, ...]


class Resent(BaseModel):
    """The JSON answer of ``resend``."""

    key: str
    destinations: int


@outbox.command("list", epilog=explained())
def list_messages(study: StudyOption = None, limit: LimitOption = 50, as_json: JsonOption = False) -> None:
    """Show messages, the one that changed last first."""
    _show(Voice(as_json), ("waiting", "delivered", "dead"), study, limit)


@outbox.command(epilog=explained())
def dead(study: StudyOption = None, limit: LimitOption = 50, as_json: JsonOption = False) -> None:
    """Show what was given up, and why; exit code 5 where there is any."""
    if _show(Voice(as_json), ("dead",), study, limit):
        raise typer.Exit(int(Exit.PROBLEMS))


@outbox.command(epilog=explained())
def resend(
    key: Annotated[str, typer.Argument(help="The message, as list and dead show it.")],
    destination: Annotated[str | None, typer.Option("--to", help="Only to this destination.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Send a message again, with the id it had; refused where a later version of the report has arrived."""
    from orchestrator.errors import NotFound, RefusedInput

    voice = Voice(as_json)
    with records_in_force(voice) as records:
        try:
            number = records.outbox.resend(key, destination)
        except (NotFound, RefusedInput) as error:
            raise voice.fail(Exit.REFUSED, str(error)) from None
    voice.result(Resent(key=key, destinations=number))
    voice.text(f"It is sent again to {number} destination{'s' if number > 1 else ''}.")


def _show(voice: Voice, states: tuple[str, ...], study: str | None, limit: int) -> int:
    from orchestrator.records.outbox import DeliveryState

    with records_in_force(voice) as records:
        found = records.outbox.list([DeliveryState(state) for state in states], study, limit)
    shown = set(MessageShown.model_fields)
    messages = tuple(MessageShown.model_validate(one.model_dump(include=shown)) for one in found)
    voice.result(MessagesShown(messages=messages))
    rows = [
        (one.key, one.event, one.destination, one.state, str(one.attempts), f"{one.updated_at:%F %T}", one.reason or "")
        for one in messages
    ]
    voice.table("Outbox", ("message", "event", "destination", "state", "attempts", "last change (UTC)", "why"), rows)
    if not messages:
        voice.text("No message.")
    return len(messages)
