"""Pictures that are prepared before anyone reads them: turned over, cut, or developed anew for a second reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from orchestrator.ingest.store import put_array
from orchestrator.triage import Triage
from services.contract import Box, ImageReference, Window


def turn_over(plan: Triage, store: Path) -> Triage:
    """Return the plan with its inverted images turned over; the pixels that came stay where they are."""
    return plan.reading_instead([_turned_over(image, store) for image in plan.to_turn_over])


def _turned_over(image: ImageReference, store: Path) -> ImageReference:
    """Return the image with the range of its stored bits mirrored, as for MONOCHROME1 (PS3.3 C.7.6.3.1.2)."""
    values = np.load(store / image.location, mmap_mode="r")
    turned = (image.maximum_value + image.minimum_value - values.astype(np.int32)).clip(0, 65535).astype(values.dtype)
    location, sha256 = put_array(store, turned)
    window = image.window and Window(
        center=image.maximum_value + image.minimum_value - image.window.center, width=image.window.width
    )
    return image.model_copy(update={"location": location, "sha256": sha256, "window": window})


def cut_out(image: ImageReference, region: Box, store: Path) -> ImageReference:
    """Return a part of a film as a film of its own, its pixels as they are."""
    rows = slice(int(region.top), max(int(region.bottom), int(region.top) + 1))
    columns = slice(int(region.left), max(int(region.right), int(region.left) + 1))
    part = np.ascontiguousarray(np.load(store / image.location, mmap_mode="r")[rows, columns])
    location, sha256 = put_array(store, part)
    shape = {"rows": part.shape[0], "columns": part.shape[1]}
    return image.model_copy(update={"location": location, "sha256": sha256, **shape})


def developed_anew(image: ImageReference, store: Path) -> ImageReference:
    """Return a film whose grey values are stretched between its first and its 99th hundredth, for a second reader."""
    values = np.load(store / image.location, mmap_mode="r").astype(np.float32)
    low, high = np.percentile(values, (1, 99))
    span = image.maximum_value - image.minimum_value
    stretched = (values - low) / max(float(high - low), 1.0) * span + image.minimum_value
    kept = stretched.clip(image.minimum_value, image.maximum_value).astype(image.dtype)
    location, sha256 = put_array(store, kept)
    return image.model_copy(update={"location": location, "sha256": sha256, "window": None})
