"""Every environment variable the orchestrator reads, and the only place that reads them.

Each variable is the field's name in capitals after ``WETREAD_`` (``WETREAD_STORE``); Redis alone is
``REDIS_URL``, as everyone else calls it. ``python -m orchestrator.settings`` prints the table.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestrator.errors import Misconfigured

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds ``orchestrator/``, ``prompts/`` and ``deploy/``."""


class Settings(BaseSettings):
    """How one installation runs. Frozen: a change needs a restart."""

    model_config = SettingsConfigDict(env_prefix="WETREAD_", frozen=True, extra="ignore", populate_by_name=True)

    store: Path = Field(
        default=Path(".run/store"),
        description="Content-addressed store of de-identified pixels, masks and heat maps; shared with the services.",
    )
    originals: Path = Field(
        default=Path(".run/originals"),
        description="Identified zone: the received bytes under their SHA-256. Services must not be able to read it.",
    )
    cards: Path = Field(
        default=Path(".run/cards"),
        description="Last known card of each service, to say what was not assessed while the service is down.",
    )
    database_url: str = Field(
        default="sqlite:///.run/wetread.db",
        description="The record: SQLite by default, or postgresql+psycopg://user@host/name.",
    )
    redis_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        validation_alias=AliasChoices("REDIS_URL", "redis_url"),
        description="The work queue and live events: redis:// or unix:///path/redis.sock?db=0. Run it with AOF on.",
    )
    queue: str = Field(
        default="wetread",
        pattern=r"^[a-z0-9-]{1,40}$",
        description="First part of every Redis key, so that two installations can share one Redis.",
    )
    classification_url: str = Field(default="http://127.0.0.1:8101", description="The classification service.")
    segmentation_url: str = Field(default="http://127.0.0.1:8102", description="The segmentation service.")
    detection_url: str = Field(default="http://127.0.0.1:8103", description="The detection service.")
    reporting_url: str | None = Field(
        default=None,
        description="The reporting service, which writes a second text about each film; off without an address.",
    )
    specialist_deadline_s: float = Field(
        default=60.0, gt=0, le=600, description="How long a service may take over one study before we go on without it."
    )
    language_url: str = Field(
        default="http://127.0.0.1:8100", description="The vLLM server (OpenAI API), without the /v1."
    )
    deid_gpt: bool = Field(
        default=False,
        description="Let the local language model look a second time for identifiers (DeID-GPT's prompt) before it is "
        "shown a text; it can only add masks. Needs a model that follows instructions.",
    )
    local_hosts: str = Field(
        default="",
        description="Hosts beside this machine that are of this house, by exact name, separated by commas; free text "
        "that may name somebody goes to no language model elsewhere.",
    )
    language_profile: Path = Field(
        default=ROOT / "deploy/language/bundled.toml", description="Which language model, and how to speak to it."
    )
    language_corrections: int = Field(
        default=2, ge=0, le=5, description="How many times the problems found by the checks go back to the model."
    )
    prompts: Path = Field(default=ROOT / "prompts", description="The folder of prompt files.")
    prompt_style: Literal["p1", "p2", "p3", "p4"] = Field(
        default="p4",
        description="How findings are told: p4 in words with ids; ChatCAD's p1 (scores), p2 (diagnosis), p3 (grades).",
    )
    exemplars: Path | None = Field(
        default=None,
        description="A folder of this site's reports (.txt, .json) that lend drafts their style, never a fact; off "
        "without one. Only a model that reads free text is shown them.",
    )
    exemplars_shown: int = Field(default=2, ge=1, le=4, description="How many of them a study is shown at most.")
    vault_key_file: Path | None = Field(
        default=None,
        description="Keys of the vault that can link research pseudonyms back, one a line, the current one first "
        "(wetread vault key makes one). Keep it outside the database's backups.",
    )
    vault_keys: SecretStr | None = Field(
        default=None, description="The same keys without a file, separated by commas; the file wins."
    )
    hospital: Path | None = Field(
        default=None,
        description="How this installation is connected: listeners and destinations (deploy/hospital.toml shows each); "
        "none without a file.",
    )
    conversation_expires_s: int = Field(
        default=28_800,
        ge=60,
        le=604_800,
        description="A conversation that nobody went on with for so long begins anew; what was said stays on record.",
    )
    access: Literal["local", "on"] = Field(
        default="local",
        description="``local``: nobody is asked, and only this machine is answered. ``on``: an API key (`wetread keys "
        "add`), a token or a session is needed; only then may other machines connect.",
    )
    api_key: str | None = Field(
        default=None, repr=False, description="The key that the `wetread` command itself sends, where access is on."
    )
    oidc_issuer: str | None = Field(
        default=None, description="The OpenID Connect issuer whose bearer tokens are believed beside keys (https)."
    )
    oidc_audience: str = Field(default="wetread", description="What a token for this installation names as ``aud``.")
    oidc_roles_claim: str = Field(
        default="roles",
        description="Where a token holds roles (viewer, radiologist, integration, admin); dots lead into objects, as "
        "in ``realm_access.roles``.",
    )
    oidc_departments_claim: str | None = Field(
        default=None,
        description="Where a token holds the departments whose studies its holder sees; all of them without one.",
    )
    department: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9 ._-]{1,64}$",
        description="The department of a study that comes without one; such a study is otherwise seen only by who sees "
        "every department.",
    )
    viewer_link: str | None = Field(
        default=None,
        pattern=r"^(https?|weasis)://[^\s{}]*\{study_instance_uid\}[^\s{}]*$",
        description="Where another viewer (OHIF, Weasis) opens a study, with {study_instance_uid} in its place; the "
        "reading room then links there.",
    )
    deployment: Literal["research", "clinical"] = Field(
        default="research",
        description="``clinical`` refuses weights and language models whose licence forbids commercial or medical use.",
    )
    upload_limit_mb: int = Field(
        default=512, ge=1, le=8192, description="Largest POST /v1/studies body, all files together, in MB (10^6 bytes)."
    )
    upload_limit_files: int = Field(default=500, ge=1, le=10_000, description="Most files in one upload.")
    upload_idle_s: float = Field(
        default=15.0, gt=0, le=600, description="An upload that sends nothing for so long is given up (408)."
    )
    job_attempts: int = Field(
        default=5, ge=1, le=20, description="How often a study is tried before it goes to the dead letter stream."
    )
    job_idle_s: float = Field(
        default=30.0, gt=0, le=3600, description="A job whose worker gave no heartbeat for so long is taken over."
    )
    job_concurrency: int = Field(default=2, ge=1, le=64, description="How many studies one worker drafts at a time.")
    sweep_interval_s: float = Field(
        default=10.0, gt=0, le=3600, description="How often the worker looks for queued studies that the queue lost."
    )
    worker_metrics_port: int = Field(
        default=0, ge=0, le=65535, description="Where a worker answers /metrics on 127.0.0.1; 0 is nowhere."
    )
    header_timeout_s: float = Field(
        default=10.0, gt=0, le=600, description="A connection that has not sent its whole header by then is closed."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Lowest level that is logged (JSON lines; our own random ids only)."
    )


@lru_cache(maxsize=1)
def settings_from_environment() -> Settings:
    """Return the settings of this process.

    Raises
    ------
    Misconfigured
        If a variable has a value it cannot have. The message names the variable, not its value.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"{_variable(str(fault['loc'][0]))}: {fault['msg']}" for fault in error.errors())
        raise Misconfigured(faults) from None


def variables() -> dict[str, str]:
    """Return every environment variable with its description."""
    return {_variable(name): str(field.description) for name, field in Settings.model_fields.items()}


def _variable(field: str) -> str:
    return "REDIS_URL" if field.lower() == "redis_url" else f"WETREAD_{field.upper()}"


def _table() -> str:
    rows = (
        f"| `{_variable(name)}` | `{_shown(field.default)}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    )
    return "\n".join(("| variable | default | meaning |", "|---|---|---|", *rows))


def _shown(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) and value.is_absolute() else str(value)


if __name__ == "__main__":
    import sys

    sys.stdout.write(_table() + "\n")
