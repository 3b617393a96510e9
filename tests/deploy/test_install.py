"""Setting up happens once; what was left half done is done again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deploy import install


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> install.Environment:
    monkeypatch.setattr(install, "ROOT", tmp_path)
    lock = tmp_path / "lock.txt"
    lock.write_text("torch==2.13.0\n")
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return install.Environment("small", tmp_path / "venv", (lock,), say_python)


def say_python(environment: install.Environment) -> None:
    environment.run("asking its Python", environment.python, "-c", "import sys; print(sys.version)")


def fail(environment: install.Environment) -> None:
    environment.run("installing what does not exist", environment.python, "-c", "raise SystemExit('no such package')")


def test_a_made_environment_is_not_made_again(environment):
    assert not environment.is_complete()
    environment.make()
    assert environment.error is None
    assert sys.version in environment.log.read_text()
    assert environment.is_complete()


def test_another_lock_makes_it_again(environment):
    environment.make()
    environment.inputs[0].write_text("torch==2.14.0\n")
    assert not environment.is_complete()


def test_a_failed_step_says_where_its_output_is_and_leaves_no_stamp(environment):
    environment.make()
    environment.fill = fail
    environment.make()
    assert environment.error == "installing what does not exist failed; see .run/install-small.log"
    assert "no such package" in environment.log.read_text()
    assert not environment.is_complete()


def test_a_moved_checkout_is_set_up_again(environment, tmp_path, monkeypatch):
    environment.make()
    monkeypatch.setattr(install, "ROOT", tmp_path / "elsewhere")
    assert not environment.is_complete()


def test_another_python_is_told_which_one_is_needed(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 13, 0, "final", 0))
    assert install.main() == 2
    assert "Python 3.11" in capsys.readouterr().err
