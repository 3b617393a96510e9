"""What the bench says: each ratio beside its aim, and what it was made of."""

from __future__ import annotations

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from deploy.bench.line import Line


class Ratio(BaseModel):
    """One promise and how it was kept."""

    name: str
    value: float
    aim: float
    at_least: bool
    """Whether the aim is a lower bound; else it is an upper one."""
    made_of: dict[str, float] = {}
    """In milliseconds, unless the name says otherwise."""

    @property
    def kept(self) -> bool:
        return self.value >= self.aim if self.at_least else self.value <= self.aim


class Bench(BaseModel):
    """One run, on one machine."""

    processor: str
    cores: int | None
    weights: str = "official formats, random weights; lungs and heart fitted to drawings"
    control_ms: tuple[float, ...]
    control_spread: float
    trustworthy: bool
    """Whether the control kept its pace all along."""
    backends: dict[str, str]
    ratios: tuple[Ratio, ...]
    line: Line | None = None


def show(bench: Bench, console: Console | None = None) -> None:
    """Print the tables."""
    console = console or Console(highlight=False)
    table = Table(title=f"{bench.cores} cores of {bench.processor}", box=None)
    for head in ("ratio", "measured", "aim", "", "made of, ms"):
        table.add_column(head, justify="right" if head in {"measured", "aim"} else "left", overflow="fold")
    for one in bench.ratios:
        sign = "≥" if one.at_least else "≤"
        made_of = ", ".join(f"{name} {value:.3g}" for name, value in one.made_of.items())
        kept = "kept" if one.kept else "NOT kept"
        table.add_row(one.name, f"{one.value:.3g}", f"{sign} {one.aim:g}", kept, made_of)
    console.print(table)
    for network, described in bench.backends.items():
        console.print(f"{network}: {described}", markup=False)
    console.print(f"control: x {bench.control_spread:.2f} from fast to slow")
    if not bench.trustworthy:
        console.print("The machine was NOT quiet: these figures are not to be quoted.")
    if bench.line is not None:
        _show_line(bench.line, console)


def _show_line(line: Line, console: Console) -> None:
    table = Table(title=f"{line.films} films of 2500 x 2048, as shipped", box=None)
    for head in ("stage", "median, ms", "slowest, ms"):
        table.add_column(head, justify="left" if head == "stage" else "right")
    for row in line.stages:
        table.add_row(row.stage, f"{row.median_s * 1000:.0f}", f"{row.slowest_s * 1000:.0f}")
    table.add_section()
    for row in line.specialists:
        table.add_row(f"  {row.stage} (mean)", f"{row.median_s * 1000:.0f}", "")
    table.add_section()
    table.add_row(line.whole.stage, f"{line.whole.median_s * 1000:.0f}", f"{line.whole.slowest_s * 1000:.0f}")
    console.print(table)
    kept = "kept" if line.whole.median_s <= line.aim_s else "NOT kept"
    console.print(f"Aim: median of at most {line.aim_s:g} s: {kept} ({line.whole.median_s:.2f} s).")
