"""What every statement is: frozen, without unknown fields; and how a concept is coded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Probability = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Location = Annotated[str, Field(pattern=r"^[0-9a-f]{2}/[0-9a-f]{64}\.(npy|png)$")]
"""Where an array lies, relative to the root of the content-addressed store."""


class Fact(BaseModel):
    """A statement that does not change once it is made: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Code(Fact):
    """A coded concept (DICOM PS3.3 8.8 Code Sequence, FHIR Coding)."""

    scheme: Literal["SCT", "RADLEX", "DCM", "LN", "UCUM", "99WETREAD"]
    """Coding scheme designator (PS3.16 section 8). ``99WETREAD`` is the private scheme: text only."""
    value: str = Field(min_length=1)
    meaning: str = Field(min_length=1)
