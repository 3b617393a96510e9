"""Pictures that were exported with black and white exchanged, turned over before anyone reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from orchestrator.ingest.store import put_array
from orchestrator.triage import Triage
from services.contract import ImageReference, Window


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
