"""The detection service: ``python -m uvicorn services.detection.main:app --port N``."""

from __future__ import annotations

from services.app import Specialist, create_app
from services.detection.chest_anatomy_boxes import ChestAnatomyBoxes

SPECIALISTS: tuple[Specialist, ...] = (ChestAnatomyBoxes(),)

app = create_app("detection", SPECIALISTS)
