"""``wetread up``, ``down`` and ``status``: the parts of this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.voice import Voice

if TYPE_CHECKING:
    from deploy.local.state import PartState, State
    from orchestrator.settings import Settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
SILENCE_S = 20.0
"""Longer than this a waiting person hears nothing."""
NEEDED = ("redis", "orchestrator", "worker")
"""Without these nothing can be drafted; without any other a draft says what is missing."""


class PartShown(BaseModel):
    """One part in a JSON answer."""

    name: str
    phase: str
    pid: int | None
    url: str | None
    restarts: int
    seconds_to_ready: float | None
    detail: str | None


class PartsShown(BaseModel):
    """The JSON answer of ``up`` and ``status``."""

    api: str | None
    docs: str | None
    complete: bool
    together: bool
    run_folder: str
    parts: tuple[PartShown, ...]


class DownShown(BaseModel):
    """The JSON answer of ``down``."""

    was_running: bool
    left_over_ended: int
    still_there: tuple[int, ...]


def up(
    together: Annotated[
        bool, typer.Option("--together", help="The three specialist services in one process (less memory).")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Start the parts, wait until each is ready, and leave them running."""
    voice = Voice(as_json)
    state = start_parts(voice, together)
    _show(voice, state)


def down(as_json: JsonOption = False) -> None:
    """End every process of this checkout, also after a crash."""
    from deploy.local import control

    voice = Voice(as_json)
    ended = control.down(control.folder_in_force())
    shown = DownShown(
        was_running=ended.was_running, left_over_ended=ended.left_over, still_there=tuple(ended.still_there)
    )
    voice.result(shown)
    if ended.still_there:
        raise voice.fail(Exit.UNAVAILABLE, f"{len(ended.still_there)} processes do not end: {ended.still_there}")
    voice.text(_how_it_ended(shown))


def _how_it_ended(shown: DownShown) -> str:
    if shown.was_running:
        return "Ended; no process is left."
    if shown.left_over_ended:
        return f"Ended {shown.left_over_ended} processes that a crash had left; no process is left."
    return "Nothing was running."


def status(as_json: JsonOption = False) -> None:
    """Show what runs, where, and since when."""
    from deploy.local import control

    voice = Voice(as_json)
    state = control.status(control.folder_in_force())
    if state is None:
        raise voice.fail(Exit.UNAVAILABLE, "The parts are not running.", "wetread up")
    _show(voice, state)


def start_parts(voice: Voice, together: bool = False) -> State:
    """Return the running parts, started now if need be, with each one's readiness told as it comes."""
    from deploy.local import control
    from deploy.local.errors import DidNotStart

    folder = control.folder_in_force()
    running = control.status(folder)
    if running is None:
        voice.progress("Starting the parts (about a minute) ...")
    try:
        state = running if running and running.settled else control.up(folder, together, _Told(voice))
    except DidNotStart as error:
        raise voice.fail(Exit.UNAVAILABLE, str(error)) from None
    missing = [name for name in NEEDED if not _usable(state.part(name))]
    if missing:
        raise voice.fail(Exit.UNAVAILABLE, "; ".join(f"{name}: {state.part(name).detail}" for name in missing))
    return state


def settings_of(state: State) -> Settings:
    """Return the settings of the running parts, so that the command uses their store and asks their services."""
    from orchestrator.settings import Settings

    given = {name.removeprefix("WETREAD_").lower(): value for name, value in state.environment.items()}
    return Settings.model_validate({name: value for name, value in given.items() if name in Settings.model_fields})


def settings_in_force() -> Settings:
    """Return the settings of the running parts, and of the environment where none run."""
    from deploy.local import control
    from orchestrator.settings import settings_from_environment

    state = control.status(control.folder_in_force())
    return settings_from_environment() if state is None else settings_of(state)


class _Told:
    """Says once what became of each part."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._said: dict[str, str] = {}
        self._began = self._spoke = time.monotonic()

    def __call__(self, state: State) -> None:
        for part in state.parts:
            line = f"  {part.name:<15}{part.phase}"
            if part.phase == "ready" and part.seconds_to_ready is not None:
                line += f" after {part.seconds_to_ready:.1f} s"
            if part.detail:
                line += f": {part.detail}"
            if part.phase in {"waiting", "starting"} or self._said.get(part.name) == line:
                continue
            self._say(line)
            self._said[part.name] = line
        if time.monotonic() - self._spoke > SILENCE_S and not state.settled:
            left = [part for part in state.parts if not part.settled]
            waiting = ", ".join(f"{part.name} ({part.phase} {part.detail or ''})".replace(" )", ")") for part in left)
            self._say(f"  ... {time.monotonic() - self._began:.0f} s, still waiting for {waiting}")

    def _say(self, line: str) -> None:
        self._voice.progress(line)
        self._spoke = time.monotonic()


def _usable(part: PartState) -> bool:
    return part.phase in {"ready", "external"}


def _show(voice: Voice, state: State) -> None:
    from deploy.local import control

    voice.result(
        PartsShown(
            api=state.api_url,
            docs=f"{state.api_url}/docs" if state.api_url else None,
            complete=state.complete,
            together=state.together,
            run_folder=str(control.folder_in_force().path),
            parts=tuple(
                PartShown(**part.model_dump(include=set(PartShown.model_fields), mode="json")) for part in state.parts
            ),
        )
    )
    rows = [
        (part.name, str(part.phase), part.url or "", str(part.restarts or ""), part.detail or "")
        for part in state.parts
    ]
    voice.table("Parts", ("part", "state", "address", "restarts", "detail"), rows)
    voice.text(f"Reading room {state.api_url}/  API {state.api_url}  docs {state.api_url}/docs")
