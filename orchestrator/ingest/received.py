"""What arrives: files under their SHA-256, and the order that may come with them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from orchestrator.errors import InvalidOrder
from services.contract import Fact


class ReceivedFile(Fact):
    """Received bytes on disk, fsynced, under their SHA-256; the sender's file name is not kept."""

    path: Path
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)


class OrderRequest(Fact):
    """The optional ``order`` field of an upload; what it says wins over an absent header value only."""

    accession_number: str | None = Field(default=None, max_length=64)
    placer_order_number: str | None = Field(default=None, max_length=64)
    filler_order_number: str | None = Field(default=None, max_length=64)
    referring_physician: str | None = Field(default=None, max_length=256)
    requested_procedure: str | None = Field(default=None, max_length=256)
    indication: str | None = Field(default=None, max_length=8000)
    history: str | None = Field(default=None, max_length=8000)
    patient_id: str | None = Field(default=None, max_length=64)
    patient_name: str | None = Field(default=None, max_length=256)
    birth_date: str | None = Field(default=None, pattern=r"^\d{8}$")
    """YYYYMMDD, as a DICOM date."""
    age_years: float | None = Field(default=None, ge=0, le=150)
    sex: Literal["F", "M", "O"] | None = None
    view_position: Literal["PA", "AP", "LL", "RL", "LLD", "RLD"] | None = None


def read_order(text: bytes) -> OrderRequest:
    """Return the order that came as JSON.

    Raises
    ------
    InvalidOrder
        If it is not JSON or not an order; the message names fields, never values.
    """
    try:
        return OrderRequest.model_validate_json(text)
    except ValidationError as error:
        known = set(OrderRequest.model_fields)
        faults = {str(fault["loc"][0]) if fault["loc"] else "" for fault in error.errors()}
        named = ", ".join(sorted(faults & known)) or "an unknown field, or not JSON"
        raise InvalidOrder(f"order: {named}; expected a JSON object with {', '.join(sorted(known))}") from None
