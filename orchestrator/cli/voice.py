"""What the command says: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from orchestrator.cli.exit_codes import Exit

WIDTH_OF_A_FILE = 160
"""Columns of a table that no terminal shows."""


class Failure(BaseModel):
    """What ``--json`` prints when a command does not succeed."""

    exit_code: int
    detail: str
    expected: str | None = None


@dataclass(frozen=True)
class Voice:
    """One command's way to speak: for a person, or as JSON for a program."""

    as_json: bool

    def progress(self, text: str) -> None:
        """Tell a waiting person how far it is; never part of the result."""
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def text(self, text: str) -> None:
        """Print a result for a person; silent with ``--json``."""
        if not self.as_json:
            sys.stdout.write(text.rstrip("\n") + "\n")

    def table(self, title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """Print a result as a table; silent with ``--json``."""
        if self.as_json or not rows:
            return
        table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
        table.show_header = any(head)
        for name in head:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*row)
        width = None if sys.stdout.isatty() else WIDTH_OF_A_FILE
        Console(highlight=False, markup=False, width=width).print(table)

    def result(self, result: BaseModel) -> None:
        """Print the result as JSON; silent without ``--json``."""
        if self.as_json:
            sys.stdout.write(result.model_dump_json(indent=2) + "\n")

    def fail(self, code: Exit, detail: str, expected: str | None = None) -> typer.Exit:
        """Say what went wrong and return what to raise."""
        if self.as_json:
            sys.stdout.write(Failure(exit_code=int(code), detail=detail, expected=expected).model_dump_json() + "\n")
        sys.stderr.write(f"wetread: {detail}{f' Expected: {expected}' if expected else ''}\n")
        return typer.Exit(int(code))
