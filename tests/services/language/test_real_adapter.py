"""A real LoRA adapter over the bundled model, on a real vLLM: proved where it is in force, refused where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.contract.profile import read_profile
from services.language.corpus import draft_prompt, held_out
from services.language.proof import prove
from services.language.tune import Pair, Tuning, tune
from tests.services.language.conftest import PROFILE, ROOT, language_python, served_by

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]
QUICK = Tuning(rank=8, steps=6, examples_per_step=2, learning_rate=5e-3, longest_tokens=384)


def profile_with(adapter: Path, out: Path) -> Path:
    """A profile file of the bundled model with an adapter."""
    out.write_text(PROFILE.read_text() + f'\n[adapter]\nname = "house_style"\nmodel = "{adapter}"\nrank = 8\n')
    return out


def test_an_adapter_tuned_here_is_in_force_and_one_that_does_nothing_is_not(tmp_path: Path):
    python = language_python()
    if python is None:
        pytest.skip("vLLM is not installed: no WETREAD_LANGUAGE_PYTHON and no .venv-language")
    adapter = tmp_path / "adapter"
    own = [Pair(prompt=draft_prompt(held_out(index)), answer="Written as this house writes.") for index in range(6)]
    tune(str(ROOT / read_profile(PROFILE).model), own, adapter, QUICK)
    with served_by(python, profile_with(adapter, tmp_path / "tuned.toml"), tmp_path) as server:
        in_force = prove(server.url, server.profile)
        assert in_force.ready
        assert in_force.steps[-1].name == "adapter_is_in_force" and "difference" in in_force.steps[-1].detail
        empty = server.profile.model_copy(
            update={"adapter": server.profile.adapter and server.profile.adapter.model_copy(update={"name": "bundled"})}
        )
        refused = prove(server.url, empty)
        assert not refused.ready and "not in force" in refused.steps[-1].detail
