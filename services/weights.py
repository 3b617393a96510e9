"""Find the weights of a specialist, prove them, and say which ones are in force and why.

A folder of the site (``WETREAD_WEIGHTS/<id>/``) goes before the bundled weights, and those before the
hub, which is asked only where ``WETREAD_AIR_GAPPED`` is not set. Damaged weights are refused: nothing
falls back in silence from what a site has put in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from services.downloads import answers
from services.errors import WeightsDamaged, WeightsForbidden, WeightsMissing
from services.manifest import Manifest, SelfTest, described_file, read_manifest
from services.settings import ServiceSettings, read_settings

Floats = npt.NDArray[np.float32]
Source = Literal["bundled", "folder", "hub"]
SELF_TEST_VALUES = 32


@dataclass(frozen=True)
class FoundWeights:
    """Weights that are whole and allowed here."""

    manifest: Manifest
    folder: Path
    source: Source
    why: str

    @property
    def described(self) -> str:
        """``bundled: ...`` as a model card and ``wetread doctor`` say it."""
        return f"{self.source}: {self.why}"

    @property
    def sha256(self) -> str:
        return self.manifest.sha256

    def path(self, name: str = "model.safetensors") -> Path:
        """Return the path of one file that the manifest lists.

        Raises
        ------
        WeightsMissing
            If the manifest does not list it.
        """
        if name not in {file.name for file in self.manifest.files}:
            raise WeightsMissing(f"the manifest of {self.manifest.id} lists no file {name}")
        return self.folder / name


def find(manifest_folder: Path, settings: ServiceSettings | None = None) -> FoundWeights:
    """Return the weights in force for the manifest that lies in ``manifest_folder``.

    Raises
    ------
    WeightsMissing
        If no place that may be asked holds them.
    WeightsDamaged
        If a SHA-256 does not agree with the manifest.
    WeightsForbidden
        If the licence does not allow this deployment.
    """
    settings = settings or read_settings()
    found = _locate(manifest_folder, settings)
    _allow(found.manifest, settings)
    for file in found.manifest.files:
        if described_file(found.folder / file.name).sha256 != file.sha256:
            raise WeightsDamaged(f"{found.manifest.id} ({found.source}): {file.name} does not have the SHA-256 listed")
    return found


def _locate(manifest_folder: Path, settings: ServiceSettings) -> FoundWeights:
    identifier = manifest_folder.name
    site = settings.weights / identifier if settings.weights else None
    if site and (site / "manifest.json").is_file():
        return FoundWeights(read_manifest(site), site, "folder", "the folder of WETREAD_WEIGHTS has its own manifest")
    manifest = read_manifest(manifest_folder)
    if site and _has_files(site, manifest):
        return FoundWeights(manifest, site, "folder", "the folder of WETREAD_WEIGHTS has the files of the manifest")
    if _has_files(manifest_folder, manifest):
        return FoundWeights(manifest, manifest_folder, "bundled", "shipped beside the code; no folder goes before it")
    if manifest.hub and not settings.air_gapped:
        return FoundWeights(manifest, _download(manifest), "hub", f"downloaded from {manifest.hub.repository}")
    asked = "the hub is not asked in an air-gapped deployment" if manifest.hub else "the manifest names no hub"
    raise WeightsMissing(f"{manifest.id}: not bundled, not in the folder of WETREAD_WEIGHTS, and {asked}")


def _has_files(folder: Path, manifest: Manifest) -> bool:
    return all((folder / file.name).is_file() for file in manifest.files)


def _allow(manifest: Manifest, settings: ServiceSettings) -> None:
    if settings.deployment == "clinical" and not manifest.commercial_use:
        raise WeightsForbidden(
            f"{manifest.id} is licensed {manifest.licence}, which forbids commercial use; "
            "a clinical deployment needs weights without that restriction"
        )


def _download(manifest: Manifest) -> Path:
    from huggingface_hub import constants, hf_hub_download

    assert manifest.hub is not None
    if not answers(constants.ENDPOINT):
        raise WeightsMissing(f"{manifest.id}: not on this machine, and the hub cannot be reached from here")
    try:
        paths = [
            hf_hub_download(manifest.hub.repository, file.name, revision=manifest.hub.revision, etag_timeout=3)
            for file in manifest.files
        ]
    except (OSError, ValueError) as error:
        raise WeightsMissing(f"{manifest.id}: the download from the hub stopped ({type(error).__name__})") from error
    return Path(paths[0]).parent


def self_test_input(seed: int, shape: tuple[int, ...]) -> Floats:
    """Return the synthetic input of a self-test: uniform float32 in [0, 1)."""
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def record_self_test(
    run: Callable[[Floats], npt.ArrayLike], seed: int, shape: tuple[int, ...], tolerance: float = 1e-3
) -> SelfTest:
    """Return the self-test of freshly trained weights, for their manifest."""
    expected = _samples(run(self_test_input(seed, shape)), SELF_TEST_VALUES)
    return SelfTest(seed=seed, shape=shape, expected=tuple(float(value) for value in expected), tolerance=tolerance)


def run_self_test(self_test: SelfTest | None, run: Callable[[Floats], npt.ArrayLike]) -> None:
    """Ask loaded weights the question of the manifest.

    Parameters
    ----------
    run
        From ``self_test.shape`` float32 to an array of any shape: the very function that serves.

    Raises
    ------
    WeightsDamaged
        If the answer differs by more than the tolerance, or is not finite.
    """
    if self_test is None:
        return
    expected = np.asarray(self_test.expected, np.float32)
    answer = _samples(run(self_test_input(self_test.seed, self_test.shape)), len(expected))
    if answer.shape != expected.shape or not np.isfinite(answer).all():
        raise WeightsDamaged("the self-test gave values that are missing or not numbers")
    difference = float(np.abs(answer - expected).max())
    if difference > self_test.tolerance:
        raise WeightsDamaged(f"the self-test differs by {difference:.2g}; at most {self_test.tolerance:.2g} is allowed")


def _samples(output: npt.ArrayLike, count: int) -> Floats:
    flat: Floats = np.asarray(output, np.float32).ravel()
    places = np.unique(np.linspace(0, flat.size - 1, min(count, flat.size)).astype(int))
    return flat.take(places)
