"""The options that every training and evaluation of the house understands.

``--data DIR --out DIR --seed N --resume --config FILE.toml``: what a recipe leaves out has its default, a name it does
not know is refused, and a folder that holds an unfinished run is only touched with ``--resume``.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from services.contract import Fact

RecipeT = TypeVar("RecipeT", bound=Fact)


class Asked(NamedTuple, Generic[RecipeT]):
    """What the command line asked for."""

    data: Path
    out: Path
    seed: int
    resume: bool
    recipe: RecipeT
    weights: Path | None = None
    """Of an evaluation: a folder of weights instead of the bundled one."""


def ask_training(doc: str, recipe: type[RecipeT], seed: int) -> Asked[RecipeT]:
    """Read the command line of a training, and keep seed and recipe in ``run.json``."""
    parser = _parser(doc, seed)
    given = parser.parse_args()
    asked = Asked(given.data, given.out, given.seed, given.resume, read_recipe(parser, recipe, given.config))
    if (asked.out / "checkpoint.pt").exists() and not asked.resume:
        parser.error(f"{asked.out} holds an unfinished run; --resume goes on with it, another --out begins a new one")
    asked.out.mkdir(parents=True, exist_ok=True)
    kept = {"seed": asked.seed, "recipe": asked.recipe.model_dump(mode="json")}
    (asked.out / "run.json").write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return asked


def ask_evaluation(doc: str, recipe: type[RecipeT]) -> Asked[RecipeT]:
    """Read the command line of an evaluation; it begins anew whether or not ``--resume`` is given."""
    parser = _parser(doc, 95)
    parser.add_argument("--weights", type=Path, help="a folder of weights; without it the bundled ones")
    given = parser.parse_args()
    read = read_recipe(parser, recipe, given.config)
    given.out.mkdir(parents=True, exist_ok=True)
    return Asked(given.data, given.out, given.seed, given.resume, read, given.weights)


def read_recipe(parser: argparse.ArgumentParser, recipe: type[RecipeT], path: Path | None) -> RecipeT:
    """Return a recipe; a file that is none ends the command with an explanation."""
    try:
        return recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")) if path else {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        parser.error(f"--config: {type(error).__name__}; expected a TOML file")
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        parser.error(f"--config: {wrong}; a recipe knows {', '.join(recipe.model_fields)}")


def _parser(doc: str, seed: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the films and their table")
    parser.add_argument("--out", type=Path, required=True, help="folder that is written")
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--config", type=Path, help="a recipe (TOML); without it the defaults")
    return parser
