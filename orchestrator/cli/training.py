"""``wetread train`` and ``wetread evaluate``: the specialists' own programs, run as children.

The orchestrator imports nothing of the services, and torch is loaded only in the child. What the child says goes
through as it comes; its exit code becomes one of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pydantic import BaseModel

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption
from orchestrator.cli.voice import Voice

ROOT = Path(__file__).resolve().parents[2]


class Trainable(NamedTuple):
    """A specialist that can be trained and evaluated here."""

    name: str
    room: str
    train: str = ""
    """Module of the room; ``train_<name>`` where nothing is said, and ``evaluate_<name>`` likewise."""
    evaluate: str = ""
    needs_data: bool = True
    """Whether it cannot do without ``--data``; options that only it knows go after ``--``."""
    home: str = "services"
    trained: bool = True
    """False for what is written, not trained, and only measured."""

    def module(self, action: str) -> str:
        """Return the module that trains or evaluates."""
        named = self.train if action == "train" else self.evaluate
        if "." in named:
            return named
        return f"{self.home}.{self.room}.{named or f'{action}_{self.name}'}"


TRAINABLE: tuple[Trainable, ...] = (
    Trainable("image_kind", "classification"),
    Trainable("compact_chest_radiograph", "classification"),
    Trainable("chest_anatomy", "segmentation"),
    Trainable("chest_anatomy_boxes", "detection"),
    Trainable("lung_opacities", "detection"),
    Trainable("language", "language", "train", "evaluate", needs_data=False),
    Trainable("conversation", "", "", "deploy.conversation_figures", needs_data=False, trained=False),
    Trainable(
        "image_dependence",
        "language_figures",
        evaluate="dependence",
        needs_data=False,
        home="deploy",
        trained=False,
    ),
    Trainable(
        "deidentification", "identity_figures", evaluate="free_text", needs_data=False, home="deploy", trained=False
    ),
    Trainable("burned_in", "identity_figures", evaluate="burned_in", home="deploy", trained=False),
)
"""One line a specialist."""
CHILD_CODES = {0: Exit.OK, 2: Exit.USAGE, 3: Exit.REFUSED, 5: Exit.PROBLEMS}
"""What a child's exit code means; any other is a fault."""

Specialist = Annotated[str, typer.Argument(help="One of: " + ", ".join(one.name for one in TRAINABLE) + ".")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder with the films and their table.")]
Out = Annotated[Path, typer.Option("--out", help="Folder that is written.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Where chance begins; the same seed gives the same run.")]
Config = Annotated[Path | None, typer.Option("--config", help="Recipe (TOML); the specialist's own without it.")]
More = Annotated[list[str] | None, typer.Argument(help="After --: options that only this specialist knows.")]


class Ran(BaseModel):
    """The JSON answer of ``train`` and ``evaluate``."""

    specialist: str
    module: str
    out: str
    seconds: float


def train(
    specialist: Specialist,
    out: Out,
    data: Data = None,
    seed: Seed = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in --out.")] = False,
    config: Config = None,
    more: More = None,
    as_json: JsonOption = False,
) -> None:
    """Train a specialist on films of your own or on those it was made from; goes on from its checkpoint."""
    given = {"--data": data, "--config": config, "--seed": seed}
    _run("train", specialist, out, given, [*(["--resume"] if resume else []), *(more or [])], Voice(as_json))


def evaluate(
    specialist: Specialist,
    out: Out,
    data: Data = None,
    run: Annotated[Path | None, typer.Option("--run", help="--out of a training; it becomes weights in --out.")] = None,
    seed: Seed = None,
    config: Config = None,
    more: More = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a specialist on test films: tables, plots, and the numbers of its model card."""
    given = {"--data": data, "--run": run, "--config": config, "--seed": seed}
    _run("evaluate", specialist, out, given, more or [], Voice(as_json))


def _run(action: str, name: str, out: Path, given: dict[str, Path | int | None], more: list[str], voice: Voice) -> None:
    known = {one.name: one for one in TRAINABLE if one.trained or action == "evaluate"}
    if name not in known:
        raise voice.fail(Exit.USAGE, f"{name} cannot be trained here.", ", ".join(known))
    specialist = known[name]
    data = given["--data"]
    if specialist.needs_data and data is None:
        raise voice.fail(Exit.USAGE, f"{name} needs --data.", "the folder with the films and their table")
    missing = [option for option, value in given.items() if isinstance(value, Path) and not value.exists()]
    if missing:
        raise voice.fail(Exit.REFUSED, f"{' and '.join(missing)}: there is no such file or folder.")
    asked = {key: value for key, value in given.items() if value is not None}
    command = [sys.executable, "-m", specialist.module(action), "--out", str(out.absolute())]
    for option, value in asked.items():
        command += [option, str(value.absolute() if isinstance(value, Path) else value)]
    began = time.monotonic()
    code = CHILD_CODES.get(_child([*command, *more]), Exit.FAULT)
    if code is Exit.PROBLEMS:
        raise voice.fail(code, f"{action} {name}: an aim is not met; the table stands above.")
    if code is not Exit.OK:
        raise voice.fail(code, f"{action} {name} ended early; what it said stands above.")
    seconds = round(time.monotonic() - began, 1)
    voice.result(Ran(specialist=name, module=specialist.module(action), out=str(out), seconds=seconds))
    voice.text(f"Done in {seconds:g} s: {out}")


def _child(command: list[str]) -> int:
    """Run a child to its end, its words on our standard error, and return its exit code."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    try:
        return subprocess.run(command, stdout=sys.stderr.fileno(), env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130
