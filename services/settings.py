"""What the environment says to a specialist service; nothing else in ``services`` reads it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.contract import Fact
from services.errors import Misconfigured

ROOT = Path(__file__).resolve().parents[1]


class SpecialistSwitch(Fact):
    """One table of ``deploy/specialists.toml``."""

    on: bool = True
    """Whether the specialist reads every image of a request that names no specialists."""
    stands_in_for: str | None = None
    """Read only where this other specialist of the same service has no weights."""


class ServiceSettings(BaseSettings):
    """Every ``WETREAD_`` variable that a specialist service knows."""

    model_config = SettingsConfigDict(env_prefix="WETREAD_", frozen=True, extra="ignore", use_attribute_docstrings=True)

    store: Path = Path(".run/store")
    """Root of the content-addressed store."""
    run: Path = Path(".run")
    """Where measured choices (back-ends) and downloads are kept between starts."""
    weights: Path | None = None
    """A folder of weights that goes before the bundled ones."""
    torchxrayvision_cache: Path = Path("~/.torchxrayvision/models_data")
    """Where torchxrayvision keeps what it downloads."""
    chest_radiograph_weights: str = "densenet121-res224-all"
    """Which of torchxrayvision's classifiers read chest radiographs; several are separated by commas."""
    air_gapped: bool = False
    """No request leaves this machine."""
    deployment: Literal["research", "clinical"] = "research"
    """``clinical`` refuses weights whose licence forbids commercial use."""
    specialists: Path = ROOT / "deploy" / "specialists.toml"
    """Which specialists are on."""
    operating_points: Path | None = None
    """A site's own operating points (TOML); its SHA-256 goes with every finding whose points it set."""
    threads: int = Field(default=2, ge=1, le=64)
    """Threads one inference may use."""
    backend: Literal["auto", "torch", "openvino", "cuda"] = "auto"
    """``auto`` measures; a name is used where it passes the parity check."""
    body_limit_bytes: int = Field(default=1 << 20, ge=1024)
    """Largest request a service reads; images come by reference, so that requests are small."""
    body_timeout_s: float = Field(default=10.0, gt=0)
    """How long a sender may take over a request."""
    reporting_api_url: str | None = None
    """A vision-language model behind an OpenAI API, which the reporting service asks; films leave for this address."""
    reporting_api_model: str | None = None
    """The name under which that server knows the model."""
    reporting_api_key: SecretStr | None = None
    """The key it wants, if any."""
    fsync: bool = True
    """Whether masks and heat maps are forced to the disk before a service answers."""

    @property
    def published_networks(self) -> tuple[str, ...]:
        """The names in ``chest_radiograph_weights``, each once."""
        return tuple(dict.fromkeys(name for one in self.chest_radiograph_weights.split(",") if (name := one.strip())))


def read_settings() -> ServiceSettings:
    """Read the environment.

    Raises
    ------
    Misconfigured
        If a variable has a value that is not allowed.
    """
    try:
        return ServiceSettings()
    except ValidationError as error:
        names = ", ".join(f"WETREAD_{str(e['loc'][0]).upper()} ({e['type']})" for e in error.errors() if e["loc"])
        raise Misconfigured(f"settings with a value that is not allowed: {names}") from error


def read_switches(path: Path, service: str, names: tuple[str, ...]) -> dict[str, SpecialistSwitch]:
    """Return the switch of each specialist that the file ``specialists.toml`` mentions for a service.

    Raises
    ------
    Misconfigured
        If the file is missing or malformed, or names a specialist that the service does not have.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get(service, {})
        switches = {name: SpecialistSwitch.model_validate(table) for name, table in tables.items()}
    except (OSError, tomllib.TOMLDecodeError, AttributeError, ValidationError) as error:
        raise Misconfigured(f"{path.name}, table {service}: {type(error).__name__}") from error
    known = set(names)
    for name, switch in switches.items():
        unknown = {name, switch.stands_in_for or name} - known
        if unknown:
            raise Misconfigured(f"{path.name} names {sorted(unknown)}; {service} has {sorted(known)}")
    return switches
