"""What the command's exit code means; the same table is in ``--help`` and the README."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    OK = 0
    FAULT = 1
    USAGE = 2
    REFUSED = 3
    UNAVAILABLE = 4
    PROBLEMS = 5


MEANING: dict[Exit, str] = {
    Exit.OK: "done",
    Exit.FAULT: "a fault of ours; please report it",
    Exit.USAGE: "the command line is wrong",
    Exit.REFUSED: "an input was refused; the message says what would be accepted",
    Exit.UNAVAILABLE: "the parts are not running, or one that is needed is not available",
    Exit.PROBLEMS: "done, and problems were found (verify, doctor, an aim of evaluate)",
}


def explained() -> str:
    """Return the table as one paragraph for ``--help``."""
    return "Exit codes: " + "; ".join(f"{int(code)} {meaning}" for code, meaning in MEANING.items()) + "."
