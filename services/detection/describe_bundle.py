"""Write the manifest of a MONAI bundle that a site has downloaded, so that it is loaded only as it was looked at.

::

    python -m services.detection.describe_bundle FOLDER --version 0.6.9 --licence Apache-2.0 --data "LUNA16: CC BY 3.0"

``FOLDER`` is the bundle's own, named ``lung_nodule_ct_detection``, with ``configs/inference.json`` and
``models/model.pt``. The manifest lists both with their SHA-256, and what the network answers to a drawn volume.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from services.detection.bundle import CHECKPOINT, CONFIGURATION, read_bundle, read_checkpoint
from services.detection.lung_nodule_ct import LungNoduleCt
from services.detection.network import build_network
from services.manifest import DataSet, Manifest, WeightsFile, described_file, write_manifest
from services.settings import ServiceSettings
from services.weights import record_self_test

SELF_TEST_SEED = 3
SELF_TEST_SIDE = 32
"""Voxels a side: enough for every level of the pyramid, and quick."""


def describe(folder: Path, version: str, licence: str, data: str, *, commercial_use: bool) -> Manifest:
    """Write ``manifest.json`` into a bundle's folder, and return it.

    Raises
    ------
    WeightsDamaged
        If the folder holds no RetinaNet bundle, or its checkpoint does not fit.
    """
    bundle = read_bundle(folder)
    build_network(bundle.design).load_state_dict(read_checkpoint(folder))
    name, _, terms = data.partition(":")
    files = tuple(
        WeightsFile(name=file, sha256=described_file(folder / file).sha256) for file in (CONFIGURATION, CHECKPOINT)
    )
    manifest = Manifest(
        id=folder.name,
        version=version,
        architecture=bundle.design.architecture(),
        files=files,
        licence=licence,
        commercial_use=commercial_use,
        data=(DataSet(name=name.strip(), terms=terms.strip() or "not stated"),),
        training_command="published as a MONAI bundle; trained elsewhere",
    )
    write_manifest(folder, manifest)
    specialist = LungNoduleCt(folder, ServiceSettings(weights=None, air_gapped=True))
    specialist.load()
    shape = (1, 1, *(SELF_TEST_SIDE,) * bundle.design.spatial_dims)
    proved = manifest.model_copy(update={"self_test": record_self_test(specialist.answer, SELF_TEST_SEED, shape)})
    write_manifest(folder, proved)
    return proved


def main() -> None:
    """Describe the bundle of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--licence", required=True)
    parser.add_argument("--data", required=True, help="name: terms")
    parser.add_argument("--commercial-use", action="store_true", help="the licence and the data's terms allow it")
    given = parser.parse_args()
    describe(given.folder, given.version, given.licence, given.data, commercial_use=given.commercial_use)


if __name__ == "__main__":
    main()
