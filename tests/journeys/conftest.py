"""The real parts, started once for all journeys: real Redis, real services, real vLLM, a real database."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local import control, processes
from deploy.local.state import PartState, Phase, RunFolder, State


@dataclass(frozen=True)
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
    """The first journey waits for every part to start, which takes minutes on a busy machine."""
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
