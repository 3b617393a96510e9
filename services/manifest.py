"""What is known about a set of weights: ``services/<room>/weights/<id>/manifest.json``."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from services.contract import Fact, Label, LabelCard, coded
from services.contract.fact import Sha256
from services.errors import WeightsDamaged, WeightsMissing

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$")]
"""A name, perhaps in a folder below; a manifest cannot point out of its own folder."""
Parameter = bool | int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...] | None

DesignT = TypeVar("DesignT", bound=Fact)

_NON_COMMERCIAL = re.compile(r"\bNC\b|non-?commercial|research[ -](use|only)", re.IGNORECASE)


class WeightsFile(Fact):
    """One file of the weights and its SHA-256."""

    name: FileName
    sha256: Sha256


class Architecture(Fact):
    """The network that the weights fit, and how it is built."""

    name: str = Field(min_length=1)
    parameters: dict[str, Parameter] = Field(default_factory=dict)


class DataSet(Fact):
    """A set of images that the weights were trained on, and its terms."""

    name: str = Field(min_length=1)
    terms: str = Field(min_length=1)
    images: int | None = Field(default=None, ge=0)


class AssessedLabel(Fact):
    """One label with the thresholds and the people it was shown to work on."""

    label: Label
    population: str = Field(min_length=1)
    experimental: bool = False
    minimum_age_years: float | None = Field(default=None, ge=0)
    maximum_age_years: float | None = Field(default=None, ge=0)
    operating_points: dict[str, float] = Field(default_factory=dict)
    """Score thresholds: ``absent``, ``likely``, ``present``, and any that are reported beside them."""
    figures: dict[str, str] = Field(default_factory=dict)

    def card(self) -> LabelCard:
        """Return what the model card says about this label."""
        return LabelCard(
            code=coded(self.label),
            population=self.population,
            experimental=self.experimental,
            operating_points=self.operating_points,
            figures=self.figures,
        )


class SelfTest(Fact):
    """A seeded synthetic input and what the weights answer to it."""

    seed: int = Field(ge=0)
    shape: tuple[int, ...] = Field(min_length=1)
    """Of the input: uniform float32 in [0, 1) from ``numpy.random.default_rng(seed)``."""
    expected: tuple[float, ...] = Field(min_length=1, max_length=256)
    """Values at evenly spaced places of the flattened output."""
    tolerance: float = Field(default=1e-3, gt=0)


class Hub(Fact):
    """Where the same files lie on a model hub."""

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = Field(min_length=7)


class Manifest(Fact):
    """A set of weights: what it is, where it comes from, what it may be used for."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: str = Field(min_length=1)
    architecture: Architecture
    files: tuple[WeightsFile, ...] = Field(min_length=1)
    licence: str = Field(min_length=1)
    commercial_use: bool
    """False where the licence or the terms of a data set forbid it; then ``clinical`` refuses the weights."""
    data: tuple[DataSet, ...] = Field(min_length=1)
    labels: tuple[AssessedLabel, ...] = ()
    not_assessed: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    self_test: SelfTest | None = None
    training_command: str = Field(min_length=1)
    hub: Hub | None = None
    format: Literal[1] = 1

    @model_validator(mode="after")
    def _terms_are_not_hidden(self) -> Manifest:
        """Terms that say NC or research only cannot stand beside ``commercial_use = true``."""
        terms = (self.licence, *(data.terms for data in self.data))
        if self.commercial_use and any(_NON_COMMERCIAL.search(term) for term in terms):
            raise ValueError("commercial_use is true although a licence or a data set forbids it")
        return self

    @property
    def sha256(self) -> str:
        """The hash that findings carry: of the only file, or of all hashes in the order of the manifest."""
        if len(self.files) == 1:
            return self.files[0].sha256
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()

    def label(self, label: Label) -> AssessedLabel:
        """Return what the manifest says about one label.

        Raises
        ------
        KeyError
            If the weights do not assess it.
        """
        return {assessed.label: assessed for assessed in self.labels}[label]


def design_of(manifest: Manifest, design: type[DesignT], what: str) -> DesignT:
    """Read the design of a network out of its manifest.

    Parameters
    ----------
    design
        The facts that describe such a network.
    what
        What the manifest should describe, for the message.

    Raises
    ------
    WeightsDamaged
        If the manifest describes no such network.
    """
    try:
        return design.model_validate(manifest.architecture.parameters)
    except ValidationError as error:
        raise WeightsDamaged(f"{manifest.id}: the manifest does not describe {what}") from error


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json`` of a folder.

    Raises
    ------
    WeightsMissing
        If there is none.
    WeightsDamaged
        If it is malformed.
    """
    try:
        return Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    except FileNotFoundError as error:
        raise WeightsMissing(f"no manifest.json in {folder.name}") from error
    except (OSError, ValidationError) as error:
        raise WeightsDamaged(f"manifest.json of {folder.name} is malformed: {error}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``, as training scripts do when they are done."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def described_file(path: Path) -> WeightsFile:
    """Return the name and SHA-256 of a file of weights.

    Raises
    ------
    WeightsMissing
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return WeightsFile(name=path.name, sha256=hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise WeightsMissing(f"{path.name} cannot be read") from error
