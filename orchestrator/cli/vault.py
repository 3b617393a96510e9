"""``wetread vault``: link research pseudonyms back, with a purpose that is recorded; expire, rotate, look."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption
from orchestrator.cli.voice import Voice

if TYPE_CHECKING:
    from orchestrator.records.vault import Vault
    from orchestrator.sealing import Keys

vault = typer.Typer(
    help="The sealed vault of research pseudonyms: opened with a key from outside, each use recorded.",
    no_args_is_help=True,
)
By = Annotated[str, typer.Option("--by", help="Who does this, as it is recorded; the account's name without it.")]


class Counted(BaseModel):
    """The JSON answer of ``expire`` and ``rotate``."""

    entries: int


class Key(BaseModel):
    """The JSON answer of ``key``."""

    key: str


def _account() -> str:
    return getpass.getuser()


@vault.command()
def key(as_json: JsonOption = False) -> None:
    """Print a new key; put it into a file that only this service's account can read."""
    from orchestrator.sealing import new_key

    made, voice = new_key(), Voice(as_json)
    voice.result(Key(key=made))
    voice.text(made)


@vault.command()
def relink(
    pseudonym: Annotated[str, typer.Argument(help="A PatientID or SOP Instance UID of an exported file.")],
    purpose: Annotated[
        str,
        typer.Option(
            "--purpose",
            help="incidental_finding, withdrawal_of_consent, correction_of_data, safety_of_patients or inspection.",
        ),
    ],
    by: By = "",
    as_json: JsonOption = False,
) -> None:
    """Say whom a pseudonym stands for. Who asked, when and what for is recorded first."""
    from orchestrator.errors import NotFound
    from orchestrator.records.vault import Purpose

    voice = Voice(as_json)
    if purpose not in {one.value for one in Purpose}:
        raise voice.fail(Exit.USAGE, "that is no purpose.", ", ".join(one.value for one in Purpose))
    opened, keys = opened_vault(voice)
    try:
        identity = opened.relink(keys, pseudonym, by or _account(), Purpose(purpose))
    except NotFound as error:
        raise voice.fail(Exit.REFUSED, f"{error}.") from error
    voice.result(identity)
    for name, value in {**identity.patient.model_dump(), **identity.model_dump(exclude={"patient"})}.items():
        if value:
            voice.text(f"{name}: {value}")


@vault.command()
def expire(by: By = "", as_json: JsonOption = False) -> None:
    """Delete every entry whose time is over; nobody can link those again."""
    voice = Voice(as_json)
    opened, _ = opened_vault(voice)
    gone = opened.expire(by or _account())
    voice.result(Counted(entries=gone))
    voice.text(f"{gone} entries deleted.")


@vault.command()
def rotate(by: By = "", as_json: JsonOption = False) -> None:
    """Seal every entry anew under the first key given; keep the old one below it until this is done."""
    voice = Voice(as_json)
    opened, keys = opened_vault(voice)
    sealed = opened.rotate(keys, by or _account())
    voice.result(Counted(entries=sealed))
    voice.text(f"{sealed} entries sealed anew; the old keys can go.")


@vault.command()
def status(as_json: JsonOption = False) -> None:
    """Say how many entries there are; none is opened."""
    voice = Voice(as_json)
    opened, keys = opened_vault(voice)
    standing = opened.standing(keys)
    voice.result(standing)
    voice.text(
        f"{standing.entries} entries, {standing.expired} past their time, "
        f"{standing.under_current_key} under the current key."
    )


def opened_vault(voice: Voice) -> tuple[Vault, Keys]:
    """Return the vault of this installation and the keys that open it, or end the command."""
    from orchestrator.errors import Misconfigured
    from orchestrator.settings import settings_from_environment
    from orchestrator.wiring import open_records, open_vault_keys

    settings = settings_from_environment()
    try:
        return open_records(settings).vault, open_vault_keys(settings)
    except Misconfigured as error:
        raise voice.fail(Exit.REFUSED, f"{error}.") from error
