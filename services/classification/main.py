"""The classification service: ``python -m uvicorn services.classification.main:app``."""

from __future__ import annotations

from services.app import Specialist, create_app
from services.classification.chest_radiograph import ChestRadiograph
from services.classification.compact_chest_radiograph import CompactChestRadiograph
from services.classification.image_kind import ImageKindSpecialist

SPECIALISTS: tuple[Specialist, ...] = (ChestRadiograph(), ImageKindSpecialist(), CompactChestRadiograph())
"""In the order of their results; another specialist is a module and a line here."""

app = create_app("classification", SPECIALISTS)
