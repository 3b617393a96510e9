"""An earlier examination, as everything below the line of de-identification may know it."""

from __future__ import annotations

from pydantic import Field

from services.contract import Fact, Finding


class Prior(Fact):
    """An earlier examination that this one may be compared with: dated by its distance, never by its day."""

    prior_id: str = Field(min_length=1)
    days_before: int = Field(ge=1)
    findings: tuple[Finding, ...]
