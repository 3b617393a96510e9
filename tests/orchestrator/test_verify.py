"""The list of checks itself."""

from __future__ import annotations

from orchestrator.verify import CHECKS


def test_every_check_says_its_rule_in_one_sentence():
    assert all(check.__doc__ and len(check.__doc__.split()) > 5 for check in CHECKS)
