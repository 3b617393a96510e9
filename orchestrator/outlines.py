"""Where an outlined structure lies in its image: what the cross-check of sides compares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from services.contract import Box, ImageReference, Mask, Structure


class Outlines:
    """Reads masks of the content-addressed store, only as far as needed."""

    def __init__(self, store: Path) -> None:
        self.store = store

    def centre(self, structure: Structure, images: Sequence[ImageReference]) -> float | None:
        """Return the horizontal centre of a structure as a fraction of the image's width.

        Returns
        -------
        float or None
            0 at the first column, 1 at the last; ``None`` when there is no box and no readable mask.
        """
        columns = {image.image_id: image.columns for image in images}
        for region in structure.evidence.regions:
            if isinstance(region, Box) and structure.evidence.image_id in columns:
                return (region.left + region.right) / 2 / columns[structure.evidence.image_id]
            if isinstance(region, Mask):
                return self._mask_centre(region)
        return None

    def _mask_centre(self, mask: Mask) -> float | None:
        try:
            with Image.open(self.store / mask.array.location) as picture:
                inside = np.asarray(picture.convert("L")) > 0
        except (OSError, UnidentifiedImageError, ValueError):
            return None
        filled = np.flatnonzero(inside.any(axis=0))
        return float(filled[0] + filled[-1] + 1) / 2 / inside.shape[1] if filled.size else None
