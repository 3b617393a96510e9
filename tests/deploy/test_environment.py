"""The example of an environment and the settings in the code are one list."""

from __future__ import annotations

import re
from pathlib import Path

from deploy import environment

EXAMPLE = (Path(environment.ROOT) / "deploy" / ".env.example").read_text()


def test_the_example_lists_every_setting_and_no_other():
    listed = re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)
    assert set(listed) == environment.known()
    assert len(listed) == len(set(listed))


def test_the_example_is_what_the_code_says():
    assert environment.example() == EXAMPLE, "run python -m deploy.environment > deploy/.env.example"


def test_every_setting_is_explained():
    for _, settings in environment.SECTIONS:
        for name, (meaning, _) in environment.variables(settings).items():
            assert meaning, name


def test_the_example_changes_nothing_when_copied_as_it_is():
    assert re.findall(r"^[A-Z_]+=", EXAMPLE, re.MULTILINE) == []
