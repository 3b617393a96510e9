"""The detection service: ``python -m uvicorn services.detection.main:app --port N``."""

from __future__ import annotations

from services.app import Specialist, create_app
from services.detection.chest_anatomy_boxes import ChestAnatomyBoxes
from services.detection.lung_nodule_ct import LungNoduleCt
from services.detection.lung_opacities import LungOpacities

SPECIALISTS: tuple[Specialist, ...] = (ChestAnatomyBoxes(), LungOpacities(), LungNoduleCt())

app = create_app("detection", SPECIALISTS)
