"""What ``wetread doctor`` saw."""

from __future__ import annotations

from pydantic import BaseModel


class Observation(BaseModel):
    """One thing that was looked at."""

    about: str
    name: str
    state: str
    """``ok``, ``limited`` (works, with less) or ``problem``."""
    detail: str


class Examined(BaseModel):
    """The JSON answer of ``doctor``."""

    observations: tuple[Observation, ...]
    problems: int
