"""Sets of wordings: what was developed on, and two that were measured at first sight."""

from __future__ import annotations

from typing import Literal

from deploy.conversation_figures.wordings.development import DEVELOPMENT
from deploy.conversation_figures.wordings.first_sight import FIRST_SIGHT
from deploy.conversation_figures.wordings.sealed import SEALED
from deploy.conversation_figures.wordings.wording import Wordings

WordingSet = Literal["development", "first_sight", "sealed"]
WORDINGS: dict[WordingSet, Wordings] = {"development": DEVELOPMENT, "first_sight": FIRST_SIGHT, "sealed": SEALED}

__all__ = ["WORDINGS", "WordingSet", "Wordings"]
