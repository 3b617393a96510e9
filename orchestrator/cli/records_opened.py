"""The record of the installation, for commands that work on it directly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import settings_in_force
from orchestrator.cli.voice import Voice

if TYPE_CHECKING:
    from orchestrator.records import Records


@contextmanager
def records_in_force(voice: Voice) -> Iterator[Records]:
    """Open the record of the running parts, or that of the environment; nobody else can, so nobody is asked."""
    from orchestrator.errors import Misconfigured, Unavailable
    from orchestrator.wiring import open_records

    try:
        records = open_records(settings_in_force())
    except (Misconfigured, Unavailable) as error:
        raise voice.fail(Exit.UNAVAILABLE, f"{error}.") from None
    try:
        yield records
    finally:
        records.close()


def account() -> str:
    """Return who runs the command, as the audit names it."""
    import getpass

    return f"account:{getpass.getuser()}"
