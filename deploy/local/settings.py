"""Every environment variable the supervisor reads, and the only place that reads them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent.parent
"""The folder that holds ``orchestrator/``, ``services/`` and ``deploy/``."""


class LocalSettings(BaseSettings):
    """How the parts run on this machine."""

    model_config = SettingsConfigDict(env_prefix="WETREAD_", frozen=True, extra="ignore", populate_by_name=True)

    run: Path = Field(
        default=ROOT / ".run", description="State, logs, store and record of the parts that `wetread up` starts."
    )
    port: int = Field(
        default=0, ge=0, le=65535, description="Port of the API on 127.0.0.1; 0 takes a free one and keeps it."
    )
    threads: int = Field(
        default=min(os.cpu_count() or 1, 4), ge=1, le=256, description="Computing threads of each process."
    )
    language_python: Path = Field(
        default=ROOT / ".venv-language/bin/python", description="The Python that has vLLM; without it drafts are plain."
    )
    redis_url: str | None = Field(
        default=None, validation_alias="REDIS_URL", description="A Redis of yours; without it one is started."
    )
    language_profile: Path = Field(
        default=ROOT / "deploy/language/bundled.toml", description="Which language model, and how to speak to it."
    )
    language_url: str | None = Field(
        default=None, description="A language model server of yours; without it vLLM is started."
    )
    deployment: Literal["research", "clinical"] = Field(
        default="research", description="``clinical`` refuses weights and models whose licence forbids commercial use."
    )
    reporting: bool = Field(
        default=False, description="Start the reporting service too, which writes a second text about each film."
    )
    hospital: Path | None = Field(
        default=None, description="How this installation is connected to its hospital (deploy/hospital.toml)."
    )


def variables() -> dict[str, str]:
    """Return every environment variable with its description."""
    return {
        str(field.validation_alias or f"WETREAD_{name.upper()}"): str(field.description)
        for name, field in LocalSettings.model_fields.items()
    }
