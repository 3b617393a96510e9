"""What a compact classifier is taught, from which sets, and how: read from a TOML file.

The bundled networks' own recipes lie in ``recipes/``; a person with films of their own copies one and changes it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.classification.films import UnusableData
from services.contract import Label

BUNDLED = ("adults", "adults_fine", "children")
FOLDER = Path(__file__).parent / "recipes"


class Head(BaseModel):
    """One output of the network. The same label can have several heads, one a population."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: Label
    column: str
    """Column of the table; ``no_finding`` is read the other way round."""
    sets: tuple[str, ...]
    """Sets that may teach it: each must hold both values."""
    population: str = ""
    youngest: float = 0
    """Youngest age in years of the population."""
    oldest: float = 120
    experimental: bool = True
    floor: float = 0.5
    """Area under the curve that a linear model reaches on 28 pixels: what has to be beaten to be shown."""
    weight: float = 1.0
    candidate: bool = True
    """Whether it may earn a place; the others only teach the shared features."""


class Recipe(BaseModel):
    """How one network is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    """Names the run's folder and the file of weights."""
    group: str = ""
    """Networks of one group have the same heads and read together: the mean of their logits counts."""
    title: str
    side: int = Field(default=160, ge=32, multiple_of=32)
    """Rows and columns that the network sees."""
    kept_side: int = Field(default=208, ge=32)
    """Films are kept a little larger than they are read, so that turning them loses nothing."""
    steps: int = Field(default=450, ge=1)
    peak: float = 6e-4
    """Highest learning rate."""
    dropout: float = 0.3
    imagenet: bool = True
    """Begin from ImageNet weights where the package that holds them is installed."""
    frozen: int = Field(default=5, ge=0, le=16)
    """First blocks that are left as ImageNet made them; nothing is frozen in a network from scratch."""
    threads: int = 1
    drawn: Mapping[str, int]
    """Films of each set in a batch."""
    heads: tuple[Head, ...]

    @model_validator(mode="after")
    def _sets_are_drawn(self) -> Recipe:
        for head in self.heads:
            if not set(head.sets) & set(self.drawn):
                raise ValueError(f"head {head.name} learns from {', '.join(head.sets)}, and none of them is drawn")
        return self

    @property
    def together(self) -> str:
        """Name of the group; a network without one is its own."""
        return self.group or self.name

    @property
    def candidates(self) -> tuple[Head, ...]:
        """Heads that may earn a place."""
        return tuple(head for head in self.heads if head.candidate)


def read_recipe(path: Path) -> Recipe:
    """Return the recipe of a TOML file.

    Raises
    ------
    UnusableData
        If it is not TOML, or says something that a recipe does not know.
    """
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text()))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise UnusableData(f"{path.name} is no recipe: {error}") from error


def bundled_recipes() -> tuple[Recipe, ...]:
    """Return the recipes that made the bundled networks, in their order."""
    return tuple(read_recipe(FOLDER / f"{name}.toml") for name in BUNDLED)
