"""``wetread keys add``, ``list``, ``rotate`` and ``revoke``: who may come in by API key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel, ValidationError

from orchestrator.access.keys import LONGEST_DAYS, ApiKey
from orchestrator.access.person import EVERY_DEPARTMENT, Role
from orchestrator.cli.exit_codes import Exit, explained
from orchestrator.cli.parts import JsonOption
from orchestrator.cli.records_opened import account, records_in_force
from orchestrator.cli.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

keys = typer.Typer(help="API keys of people and programs; a key is shown once.", no_args_is_help=True)
DaysOption = Annotated[int, typer.Option("--days", min=1, max=LONGEST_DAYS, help="Until it expires.")]


class KeyShown(BaseModel):
    """The JSON answer of ``add`` and ``rotate``: the only time that the key itself is shown."""

    key: str
    kept: ApiKey


class KeysShown(BaseModel):
    """The JSON answer of ``list``."""

    keys: tuple[ApiKey, ...]


@keys.command(epilog=explained())
def add(
    name: Annotated[str, typer.Argument(help="The program, or the person as he or she signs.")],
    role: Annotated[list[Role], typer.Option("--role", help="What it may do; can be given more than once.")],
    person: Annotated[bool, typer.Option("--person", help="It is issued to a person; only then can it sign.")] = False,
    department: Annotated[list[str] | None, typer.Option("--department", help="Whose studies it sees.")] = None,
    every_department: Annotated[bool, typer.Option("--every-department", help="It sees all studies.")] = False,
    days: DaysOption = 365,
    as_json: JsonOption = False,
) -> None:
    """Make a key, and show it once."""
    voice = Voice(as_json)
    if bool(department) == every_department:
        raise voice.fail(Exit.USAGE, "whose studies it sees is not said.", "--department NAME, or --every-department")
    departments = [EVERY_DEPARTMENT] if every_department else (department or [])
    with records_in_force(voice) as records:
        try:
            kept, key = records.access.add_key(name, role, departments, days, is_human=person, by=account())
        except ValidationError as error:
            raise voice.fail(Exit.USAGE, f"{error.errors()[0]['msg']}.") from None
    _show(voice, key, kept)


@keys.command("list", epilog=explained())
def list_keys(as_json: JsonOption = False) -> None:
    """Show every key, without its secret."""
    voice = Voice(as_json)
    with records_in_force(voice) as records:
        found = records.access.keys()
    voice.result(KeysShown(keys=found))
    voice.table("Keys", ("key", "name", "roles", "departments", "until (UTC)", "state"), _rows(found))
    if not found:
        voice.text("No key.")


@keys.command(epilog=explained())
def rotate(
    key_id: Annotated[str, typer.Argument(help="The key, as list shows it.")],
    days: DaysOption = 365,
    grace_hours: Annotated[
        float, typer.Option("--grace-hours", min=0, max=720, help="For how long the old one goes on.")
    ] = 24.0,
    as_json: JsonOption = False,
) -> None:
    """Make a key that may do the same; the old one ends after a while."""
    from orchestrator.errors import NotFound

    voice = Voice(as_json)
    with records_in_force(voice) as records:
        try:
            kept, key = records.access.rotate_key(key_id, days, grace_hours, by=account())
        except NotFound as error:
            raise voice.fail(Exit.REFUSED, f"{error}.") from None
    _show(voice, key, kept)


@keys.command(epilog=explained())
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key, as list shows it.")], as_json: JsonOption = False
) -> None:
    """End a key now, and every session begun with it."""
    from orchestrator.errors import NotFound

    voice = Voice(as_json)
    with records_in_force(voice) as records:
        try:
            kept = records.access.revoke_key(key_id, by=account())
        except NotFound as error:
            raise voice.fail(Exit.REFUSED, f"{error}.") from None
    voice.result(kept)
    voice.text(f"{key_id} opens nothing any more.")


def _show(voice: Voice, key: str, kept: ApiKey) -> None:
    voice.result(KeyShown(key=key, kept=kept))
    voice.text(key)
    voice.progress(f"Shown once, until {kept.expires_at:%F}. Keep it where only {kept.name} can read it.")


def _rows(found: Sequence[ApiKey]) -> list[tuple[str, ...]]:
    return [
        (
            one.key_id,
            one.name + (" (person)" if one.is_human else ""),
            " ".join(sorted(one.roles)),
            " ".join(sorted(one.departments)),
            f"{one.expires_at:%F %H:%M}",
            _state(one),
        )
        for one in found
    ]


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "valid" if key.is_valid(datetime.now(UTC)) else "expired"
