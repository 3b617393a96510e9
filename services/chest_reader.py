"""What every specialist of chest anatomy does alike, whether it draws outlines or boxes.

It builds the network that its manifest describes, lets the fastest back-end run it, proves it by the manifest's
self-test, and reads one film after the other. What it draws and how it reports that is its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from safetensors.torch import load_file

from services.backend import Backend, offer
from services.contract import (
    Algorithm,
    Finding,
    ImageKind,
    Label,
    Limitation,
    LimitationReason,
    Measurement,
    ModelCard,
    SpecialistResult,
    Structure,
    Subject,
    coded,
)
from services.errors import WeightsDamaged
from services.manifest import Manifest
from services.pixels import Grid, Letterbox, Pixels
from services.settings import ServiceSettings
from services.weights import Floats, FoundWeights, find, run_self_test, self_test_input

NO_CONTRAST = "The image has no contrast at all."


@dataclass(frozen=True)
class Reader:
    """Who reads: the specialist, its algorithm, and the operating points of its only label."""

    specialist: str
    algorithm: Algorithm
    operating_points: dict[str, float]

    def limited(self, image_id: str, what: Label | str, reason: LimitationReason, detail: str) -> Limitation:
        """Return a limitation of one image; a label carries its code."""
        code = coded(what) if isinstance(what, Label) else None
        return Limitation(
            what=str(what), code=code, reason=reason, detail=detail, source=self.specialist, image_id=image_id
        )


@dataclass(frozen=True)
class Reading:
    """What a specialist says about one film."""

    structures: tuple[Structure, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    findings: tuple[Finding, ...] = ()
    limitations: tuple[Limitation, ...] = ()


class ChestReader(ABC):
    """A specialist whose network sees one letterboxed frontal chest film at a time."""

    name: str
    on_by_default: bool = True
    labels: tuple[Label, ...]
    measures: ClassVar[tuple[Label, ...]] = ()
    outlines: ClassVar[tuple[Label, ...]] = (Label.LUNG, Label.HEART, Label.CLAVICLE)
    what: ClassVar[str]
    """What is not read where an image has no contrast."""

    def __init__(self, weights: Path, settings: ServiceSettings | None = None) -> None:
        self._folder = weights
        self._settings = settings
        self._found: FoundWeights | None = None
        self._backend: Backend | None = None
        self._size = 0

    @abstractmethod
    def build(self, manifest: Manifest) -> tuple[torch.nn.Module, int]:
        """Return the untrained network that a manifest describes, and the side of the square it sees, in px."""

    @abstractmethod
    def answer(self, grids: Floats) -> Floats:
        """Return what the self-test compares, in [0, 1], for ``(n, 1, size, size)`` in [0, 1]."""

    @abstractmethod
    def draw(self, image: Pixels, grid: Grid, place: Letterbox, subject: Subject, reader: Reader) -> Reading:
        """Read one film that has contrast."""

    def load(self) -> None:
        """Load the network in fp32, choose what runs it, and ask it the question of the manifest.

        Raises
        ------
        WeightsError
            If the weights are missing, damaged or not allowed here.
        """
        found = find(self._folder, self._settings)
        network, size = self.build(found.manifest)
        try:
            network.load_state_dict({name: value.float() for name, value in load_file(found.path()).items()})
        except RuntimeError as error:
            raise WeightsDamaged(f"{found.manifest.id}: the weights do not fit the network of the manifest") from error
        example = self_test_input(0, (1, 1, size, size))
        self._backend = offer(network.eval(), example, found.sha256, settings=self._settings)
        self._found, self._size = found, size
        run_self_test(found.manifest.self_test, self.answer)

    def card(self) -> ModelCard:
        """Return what these weights draw and measure, and how well."""
        manifest = self.in_force.manifest
        measured = {coded(label) for label in self.measures}
        return ModelCard(
            specialist=self.name,
            algorithm=self._algorithm(),
            weights=self.in_force.described,
            backend=self.backend.described,
            accepts=(ImageKind.CHEST_FRONTAL,),
            assesses=tuple(one.card() for one in manifest.labels if coded(one.label) not in measured),
            measures=tuple(coded(label) for label in self.measures),
            outlines=tuple(coded(label) for label in self.outlines),
            not_assessed=manifest.not_assessed,
            licence=manifest.licence,
            data=tuple(f"{data.name}: {data.terms}" for data in manifest.data),
            limits=manifest.limits,
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Read each film."""
        reader = self._reader()
        readings = [self._read(image, subject, reader) for image in images]
        return SpecialistResult(
            specialist=self.name,
            algorithm=reader.algorithm,
            findings=tuple(one for reading in readings for one in reading.findings),
            measurements=tuple(one for reading in readings for one in reading.measurements),
            structures=tuple(one for reading in readings for one in reading.structures),
            limitations=tuple(one for reading in readings for one in reading.limitations),
            seconds=0.0,
        )

    @property
    def in_force(self) -> FoundWeights:
        assert self._found is not None, "load() comes first"
        return self._found

    @property
    def backend(self) -> Backend:
        assert self._backend is not None, "load() comes first"
        return self._backend

    @property
    def size(self) -> int:
        """Side of the square that the network sees, in px."""
        return self._size

    def _read(self, image: Pixels, subject: Subject, reader: Reader) -> Reading:
        grid, place = image.letterbox(self._size)
        if place.constant:
            reason = LimitationReason.POOR_QUALITY
            return Reading(limitations=(reader.limited(image.image_id, self.what, reason, NO_CONTRAST),))
        return self.draw(image, grid, place, subject, reader)

    def _reader(self) -> Reader:
        (label,) = self.in_force.manifest.labels
        return Reader(self.name, self._algorithm(), label.operating_points)

    def _algorithm(self) -> Algorithm:
        manifest = self.in_force.manifest
        return Algorithm(name=manifest.id, version=manifest.version, weights_sha256=manifest.sha256)
