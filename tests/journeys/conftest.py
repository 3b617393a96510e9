"""The real parts, started once for all journeys: real Redis, real services, real vLLM, a real database."""

from __future__ import annotations

import functools
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local import control, processes
from deploy.local.settings import ROOT
from deploy.local.state import PartState, Phase, RunFolder, State
from tests.journeys.clinic import Clinic
from tests.journeys.line import Line, open_line
from tests.journeys.recorder import Recorder

REAL = ("classification", "segmentation", "detection", "language")
"""The parts that a line of one's own shares with the installation, each behind a recorder."""


@dataclass
class Stack:
    """A running installation of its own, apart from any other on this machine."""

    folder: RunFolder

    @property
    def state(self) -> State:
        state = control.status(self.folder)
        assert state is not None, f"the supervisor is gone; see {self.folder.logs}"
        return state

    @property
    def api(self) -> str:
        """Address of the orchestrator, such as ``http://127.0.0.1:23456``."""
        url = self.state.api_url
        assert url is not None
        return url

    @functools.cached_property
    def clinic(self) -> Clinic:
        """A sender at its door; the address stays when the API is started again."""
        return Clinic(self.api)

    def url(self, part: str) -> str:
        """Address of one part: classification, segmentation, detection, language or orchestrator."""
        url = self.state.part(part).url
        assert url is not None, f"{part} has no address"
        return url

    @property
    def environment(self) -> dict[str, str]:
        """Variables for a process that is to speak with this installation (``wetread``, a second worker)."""
        return {**os.environ, **self.state.environment, "WETREAD_RUN": str(self.folder.path)}

    def kill(self, part: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill one part, as a crash would; the supervisor starts it again. Returns the pid that died."""
        pid = self.state.part(part).pid
        assert pid is not None, f"{part} is not running"
        os.kill(pid, number)
        return pid

    def hold(self, part: str) -> None:
        """Stop one part in its tracks (SIGSTOP): it lives but does not answer. Undo with :meth:`release`."""
        self.kill(part, signal.SIGSTOP)

    def release(self, part: str) -> None:
        """Let a held part go on."""
        self.kill(part, signal.SIGCONT)

    def wait_until_ready(self, *parts: str, unlike: int | None = None, patience_s: float = 240) -> None:
        """Wait for parts to serve (all of them when none is named), with another pid than ``unlike`` if given."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            state = self.state
            wanted = [state.part(name) for name in parts] or list(state.parts)
            if all(_serves(part, unlike) for part in wanted):
                return
            time.sleep(0.1)
        raise AssertionError(f"not ready: {self.state}")


def _serves(part: PartState, unlike: int | None) -> bool:
    return part.phase in {Phase.READY, Phase.EXTERNAL} and (unlike is None or part.pid != unlike)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give journeys time, since the parts take minutes to start on a busy machine; who kills them comes last."""
    items.sort(key=lambda item: item.get_closest_marker("kills_real_parts") is not None)
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(1500))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything that ``wetread up`` starts, with a store, a record and a queue of its own."""
    folder = RunFolder(tmp_path_factory.mktemp("wetread") / "run")
    before = os.environ.get("WETREAD_RUN")
    os.environ["WETREAD_RUN"] = str(folder.path)
    try:
        state = control.up(folder, together=False, progress=lambda state: None)
        off = {part.name: part.detail for part in state.parts if part.phase is Phase.OFF}
        assert not off, f"journeys need every real part; these cannot run here: {off}"
        yield Stack(folder)
    finally:
        ended = control.down(folder)
        if before is None:
            del os.environ["WETREAD_RUN"]
        else:
            os.environ["WETREAD_RUN"] = before
    assert ended.still_there == ()
    assert processes.marked(folder.mark) == []


@pytest.fixture
def whole_stack(stack: Stack) -> Stack:
    """The same parts, all of them up again after whatever the last journey did to them."""
    stack.wait_until_ready()
    return stack


@contextmanager
def open_real_line(stack: Stack, folder: Path, chosen: Mapping[str, object] | None = None) -> Iterator[Line]:
    """Open an API, a queue and a record of one's own in front of the real services and the real vLLM.

    A recorder stands before each of them (``line.services``). Workers are the journey's to start.
    """
    stack.wait_until_ready()
    recorders = {part: Recorder(stack.url(part)) for part in REAL}
    # Services and orchestrator share the pixels: the store is the installation's.
    shared = {"store": stack.folder.path / "store", "specialist_deadline_s": 120.0}
    with open_line(folder, {**shared, **(chosen or {})}, **recorders) as line:
        yield line


def profile_in(folder: Path, **changed: str) -> Path:
    """Write the bundled model's profile with some values changed (as TOML), and return where it lies."""
    lines = [
        f"{name} = {changed[name]}" if (name := line.partition(" = ")[0]) in changed else line
        for line in (ROOT / "deploy/language/bundled.toml").read_text().splitlines()
    ]
    path = folder / "profile.toml"
    path.write_text("\n".join(lines) + "\n")
    return path
