"""The segmentation service: ``python -m uvicorn services.segmentation.main:app --port N``."""

from __future__ import annotations

from services.app import Specialist, create_app
from services.segmentation.chest_anatomy import ChestAnatomy
from services.segmentation.chest_anatomy_pspnet import ChestAnatomyPspnet

SPECIALISTS: tuple[Specialist, ...] = (ChestAnatomyPspnet(), ChestAnatomy())

app = create_app("segmentation", SPECIALISTS)
