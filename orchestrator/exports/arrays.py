"""Read what the exports draw: films, masks and heat maps, from the content-addressed store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from orchestrator.release import Told
from orchestrator.study import Study
from services.contract import Evidence, HeatMap, ImageReference, Mask

Array = NDArray[np.generic]
Arrays = Mapping[str, Array]
"""Arrays by their location in the store: films as written, masks and heat maps as 8-bit grey."""


def images_of(study: Study) -> dict[str, ImageReference]:
    """Return the image references of a study by image id."""
    images = (instance.image for series in study.series for instance in series.instances)
    return {image.image_id: image for image in images}


def evidence_of(draft: Told) -> tuple[Evidence, ...]:
    """Return every piece of evidence of a draft, in the order of its facts."""
    facts = draft.facts
    found = [evidence for finding in facts.findings for evidence in finding.evidence]
    found += [evidence for measurement in facts.measurements for evidence in measurement.evidence]
    return (*found, *(structure.evidence for structure in facts.structures))


def read_arrays(draft: Told, study: Study, store: Path) -> Arrays:
    """Return every array that an export of this draft may draw.

    Parameters
    ----------
    store
        Root of the content-addressed store. A file that is missing there, or whose bytes do not hash to its
        name, is left out: a picture is then left out too, and the words of the draft stay as they are.
    """
    references = [(image.location, image.sha256) for image in images_of(study).values()]
    for evidence in evidence_of(draft):
        arrays = (region.array for region in evidence.regions if isinstance(region, Mask | HeatMap))
        references += [(array.location, array.sha256) for array in arrays]
    return dict(_readable(store, dict(references).items()))


def _readable(store: Path, references: Iterable[tuple[str, str]]) -> Iterable[tuple[str, Array]]:
    for location, sha256 in references:
        path = store / location
        if not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            continue
        array = _npy(path) if path.suffix == ".npy" else _png(data)
        if array is not None:
            yield location, array


def _npy(path: Path) -> Array | None:
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError):
        return None
    return array


def _png(data: bytes) -> Array | None:
    grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    return None if grey is None else np.asarray(grey)
