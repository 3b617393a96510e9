"""One place reads the environment, and each variable says what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import Misconfigured
from orchestrator.settings import Settings, settings_from_environment, variables


@pytest.fixture(autouse=True)
def _fresh_settings():
    settings_from_environment.cache_clear()
    yield
    settings_from_environment.cache_clear()


def test_every_variable_is_described():
    assert all(len(description) > 15 for description in variables().values())


def test_redis_is_called_as_everyone_calls_it(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "unix:///somewhere/redis.sock?db=0")
    assert settings_from_environment().redis_url == "unix:///somewhere/redis.sock?db=0"
    assert "REDIS_URL" in variables()


def test_other_variables_carry_the_prefix(monkeypatch):
    monkeypatch.setenv("WETREAD_STORE", "/somewhere/store")
    assert settings_from_environment().store == Path("/somewhere/store")


def test_a_wrong_value_is_named_but_not_shown(monkeypatch):
    monkeypatch.setenv("WETREAD_JOB_ATTEMPTS", "secret-many")
    with pytest.raises(Misconfigured, match="WETREAD_JOB_ATTEMPTS") as raised:
        settings_from_environment()
    assert "secret-many" not in str(raised.value)


def test_settings_can_be_given_without_an_environment():
    assert Settings(redis_url="redis://elsewhere:1/0", queue="ward-3").redis_url == "redis://elsewhere:1/0"
