"""Tiny real specialists and films for testing the frame that specialists stand in."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.contract import (
    Algorithm,
    Evidence,
    Finding,
    ImageKind,
    ImageReference,
    Label,
    Likelihood,
    ModelCard,
    Presence,
    SpecialistResult,
    Subject,
    coded,
)
from services.pixels import Pixels
from services.settings import ServiceSettings

ALGORITHM = Algorithm(name="mean brightness", version="1")


def put_image(store: Path, image: npt.NDArray[np.generic], image_id: str = "image-1", bits: int = 0) -> ImageReference:
    """Write an image into a store as the orchestrator does, and return its reference."""
    buffer = io.BytesIO()
    np.save(buffer, image, allow_pickle=False)
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    path = store / sha256[:2] / f"{sha256}.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())
    return ImageReference(
        image_id=image_id,
        location=f"{sha256[:2]}/{sha256}.npy",
        sha256=sha256,
        rows=image.shape[0],
        columns=image.shape[1],
        samples_per_pixel=3 if image.ndim == 3 else 1,
        dtype=str(image.dtype),  # type: ignore[arg-type]
        minimum_value=0,
        maximum_value=2 ** (bits or image.dtype.itemsize * 8) - 1,
    )


def settings_for(folder: Path, **changes: object) -> ServiceSettings:
    """Return settings whose store, run folder and specialists.toml lie in ``folder``."""
    switches = folder / "specialists.toml"
    if not switches.exists():
        switches.write_text("")
    return ServiceSettings(store=folder / "store", run=folder / "run", specialists=switches, fsync=False, **changes)  # type: ignore[arg-type]


class Brightness:
    """Says how bright a film is: a specialist without a network."""

    on_by_default = True
    labels = (Label.LUNG_OPACITY,)

    def __init__(
        self,
        name: str = "brightness",
        fault: Callable[[], None] | None = None,
        load_fault: Callable[[], None] | None = None,
        takes_s: float = 0.0,
        bias: float = 0.0,
    ) -> None:
        self.bias = bias
        self.name = name
        self.fault = fault
        self.load_fault = load_fault
        self.takes_s = takes_s
        self.may_load = threading.Event()
        self.may_load.set()
        self.at_work = 0
        self.most_at_work = 0
        self.asked = 0

    def load(self) -> None:
        self.may_load.wait(10)
        if self.load_fault:
            self.load_fault()

    def card(self) -> ModelCard:
        return ModelCard(
            specialist=self.name,
            algorithm=ALGORITHM,
            weights="bundled: it has none",
            backend="numpy",
            accepts=(ImageKind.CHEST_FRONTAL,),
            licence="Apache-2.0",
            data=("none",),
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        self.asked += 1
        self.at_work += 1
        self.most_at_work = max(self.at_work, self.most_at_work)
        try:
            time.sleep(self.takes_s)
            if self.fault:
                self.fault()
            findings = tuple(self._finding(image) for image in images)
            return SpecialistResult(specialist=self.name, algorithm=ALGORITHM, findings=findings, seconds=0.0)
        finally:
            self.at_work -= 1

    def _finding(self, image: Pixels) -> Finding:
        grid, _ = image.letterbox(32)
        return Finding(
            finding_id=f"{self.name}-{image.image_id}",
            code=coded(Label.LUNG_OPACITY),
            presence=Presence.INDETERMINATE,
            likelihood=Likelihood.INDETERMINATE,
            evidence=(Evidence(image_id=image.image_id, algorithm=ALGORITHM, score=float(grid.mean()) + self.bias),),
        )
