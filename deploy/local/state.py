"""What the supervisor knows of its parts, as written to ``state.json`` for everyone else."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

HOPELESS = 4


class Phase(StrEnum):
    """Where one part is in its life."""

    WAITING = "waiting"
    """For another part to be ready."""
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    """It died, or stopped answering, and is started again after a pause."""
    OFF = "off"
    """It cannot run here; the detail says why."""
    EXTERNAL = "external"
    """Someone else runs it; its address was given."""


class PartState(BaseModel):
    """One part as last seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    phase: Phase
    pid: int | None = None
    url: str | None = None
    restarts: int = 0
    seconds_to_ready: float | None = None
    detail: str | None = None
    log: str | None = None

    @property
    def settled(self) -> bool:
        """Nothing more is to be waited for."""
        return self.phase in {Phase.READY, Phase.OFF, Phase.EXTERNAL} or self.gives_no_hope

    @property
    def gives_no_hope(self) -> bool:
        """It died several times and never served; it is still tried, ever more rarely."""
        return self.phase is not Phase.READY and self.seconds_to_ready is None and self.restarts >= HOPELESS


class State(BaseModel):
    """Everything about one running installation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    supervisor_pid: int
    supervisor_start: int
    """Start time in clock ticks since boot (proc(5) stat field 22): a reused pid is not the supervisor."""
    since: datetime
    together: bool
    environment: dict[str, str]
    """The variables that make a process a member of this installation."""
    ports: dict[str, int]
    parts: tuple[PartState, ...]

    @property
    def settled(self) -> bool:
        return all(part.settled for part in self.parts)

    @property
    def complete(self) -> bool:
        """Every part runs; nothing is off."""
        return all(part.phase in {Phase.READY, Phase.EXTERNAL} for part in self.parts)

    def part(self, name: str) -> PartState:
        """Return one part.

        Raises
        ------
        KeyError
            If there is no such part.
        """
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)

    @property
    def api_url(self) -> str | None:
        return next((part.url for part in self.parts if part.name == "orchestrator"), None)


@dataclass(frozen=True)
class RunFolder:
    """Where one installation keeps its state; two checkouts have two, and never meet."""

    path: Path

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.path / "supervisor.lock"

    @property
    def control_lock(self) -> Path:
        """Held while someone starts or ends the supervisor."""
        return self.path / "control.lock"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def mark(self) -> str:
        """What every process of this installation carries in its environment."""
        return hashlib.sha256(str(self.path.resolve()).encode()).hexdigest()[:24]

    def make(self) -> None:
        """Create the folder for its owner alone: it holds the identified zone and the Redis password."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.logs.mkdir(exist_ok=True)

    def read(self) -> State | None:
        """Return the last state written, or None if there is none that can be read."""
        try:
            return State.model_validate_json(self.state_file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def write(self, state: State) -> None:
        """Replace the state in one step: a reader sees the old one or the new one."""
        temporary = self.state_file.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(state.model_dump_json(indent=1))
        temporary.replace(self.state_file)


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)
