"""What a language model is and can do: one TOML file in ``deploy/language`` for each.

The server (:mod:`services.language.server`) is started from it and the orchestrator speaks by it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from services.contract.fact import Fact, Sha256

_NON_COMMERCIAL = re.compile(r"\bNC\b|non-?commercial|research (?:use )?only", re.IGNORECASE)
Argument = Annotated[str, Field(min_length=1)]


class LicenceRefused(ValueError):
    """The licence of a language model does not allow the deployment that was asked for."""


class Capabilities(Fact):
    """What a model understands; a prompt leaves out what it does not."""

    instructions: bool
    """Reads the instructions of a prompt file; a model trained on the bare format does not need them."""
    system_role: bool
    """Has a chat template with a system turn; otherwise the instructions open the user's turn."""
    free_text: bool
    """May be shown free text, such as the indication, in its fenced block."""
    repair: bool
    """Can mend an answer when it is shown what the checks found."""
    json_schema: bool
    """The server constrains answers to a JSON schema (``response_format``)."""


class Adapter(Fact):
    """A LoRA adapter over the model; its effect is proved before work is sent (:mod:`services.language.proof`)."""

    name: str = Field(min_length=1)
    model: str = Field(min_length=1)
    """Folder, or identity on the hub."""
    rank: int = Field(ge=1, le=256)
    """At least the adapter's own rank; vLLM's default of 16 refuses larger ones."""


class Server(Fact):
    """How vLLM serves it."""

    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    max_model_len: int = Field(ge=256, le=131072)
    eager: bool = False
    """Start without compilation: quick to start, slower to answer."""
    threads: int | None = Field(default=None, ge=1, le=256)
    """On a CPU: OpenMP threads, bound to no core; vLLM's own choice, bound to cores, when None."""
    extra_arguments: tuple[Argument, ...] = ()


class LanguageProfile(Fact):
    """One language model: what it is, how it is served, what it can do, and under which terms."""

    name: str = Field(pattern=r"^[a-z0-9_]{2,40}$")
    model: str = Field(min_length=1)
    """Folder relative to the repository, absolute folder, or identity on the hub."""
    revision: str | None = None
    weights_sha256: Sha256 | None = None
    """SHA-256 of ``model.safetensors``, proved at start where the model is a folder."""
    adapter: Adapter | None = None
    chat_template: str | None = None
    """A Jinja file relative to the repository, where the model's own template does not fit."""
    prompt: str = Field(pattern=r"^[a-z0-9_]{2,40}$", default="draft")
    """Identity of the prompt file: ``prompts/<prompt>.md``."""
    uses: str = Field(min_length=1)
    """What the model may be used for here, and what it was shown to do, in a sentence."""
    licence: str = Field(min_length=1)
    clinical_use: bool
    """False where the licence, or the terms of what it was trained on, forbid commercial or medical use."""
    terms: str = Field(min_length=1)
    """What the licence and the training data ask of whoever runs it, in a sentence."""
    capabilities: Capabilities
    server: Server | None = None
    """``None`` when somebody else runs the server and only its address is known here."""
    own_context_tokens: int | None = Field(default=None, ge=256)
    """Tokens that somebody else's server reads at once; unknown when None, and nothing is then left out."""
    characters_per_token: float = Field(default=2.5, ge=1, le=8)
    """ASCII characters that a token of a prompt has at least, on average; every other byte counts as a token."""
    max_answer_tokens: int = Field(ge=64, le=8192)
    deadline_s: float = Field(gt=0, le=600)

    @model_validator(mode="after")
    def _an_answer_fits(self) -> LanguageProfile:
        if self.server is not None and self.max_answer_tokens >= self.server.max_model_len:
            raise ValueError("max_answer_tokens must leave room for the prompt within server.max_model_len")
        if self.adapter is not None and self.server is None:
            raise ValueError("an adapter needs a [server] table: it is loaded by the server that is started here")
        return self

    @model_validator(mode="after")
    def _terms_are_not_hidden(self) -> LanguageProfile:
        if self.clinical_use and _NON_COMMERCIAL.search(f"{self.licence} {self.terms} {self.uses}"):
            raise ValueError("clinical_use is true although the licence or the terms forbid it")
        return self

    @property
    def context_tokens(self) -> int | None:
        """Tokens of prompt and answer together."""
        return self.server.max_model_len if self.server is not None else self.own_context_tokens

    @property
    def served_name(self) -> str:
        """The name that requests ask for: the adapter's where there is one."""
        return self.adapter.name if self.adapter is not None else self.base_name

    @property
    def base_name(self) -> str:
        """The name the base model is served under; the identity itself where the server is somebody else's."""
        return self.name if self.server is not None else self.model


def read_profile(path: Path) -> LanguageProfile:
    """Return the profile in a TOML file.

    Raises
    ------
    ValueError
        If the file is not TOML or a field is missing, unknown or out of range; the message names the file.
    """
    try:
        return LanguageProfile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")), strict=False)
    except ValueError as error:
        raise ValueError(f"{path.name} is not a language profile: {error}") from error


def refusal_of(profile: LanguageProfile, deployment: str) -> str | None:
    """Return why a model may not be used in a deployment (``research`` or ``clinical``); None where it may."""
    if deployment != "clinical" or profile.clinical_use:
        return None
    return (
        f"the language model {profile.name} is licensed {profile.licence}, which does not allow a clinical deployment; "
        "expected a profile with clinical_use = true"
    )


def allow(profile: LanguageProfile, deployment: str) -> LanguageProfile:
    """Return the profile where its licence allows the deployment.

    Raises
    ------
    LicenceRefused
        If it does not; the message names the licence.
    """
    if (why := refusal_of(profile, deployment)) is not None:
        raise LicenceRefused(why)
    return profile
