"""Proves that a started server may be sent work: ``python -m services.language.proof --url URL --profile FILE``.

Exit status 0 when every step passed, else 1; the steps come as JSON. A server that answers HTTP is not enough: vLLM
dies of a first prompt of three tokens, ignores constraints that it does not know, and can serve the base model under
an adapter's name, each without a word.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx

from services.contract import Fact
from services.contract.profile import LanguageProfile, read_profile
from services.language.server import location

TIMEOUT_S = 120.0
WARM_UP_TOKENS = 64
_CANARY = "marsh-4417"
_CONTINUATION = (
    "### Findings\n[F1] PRESENT | pleural effusion | side: left\n### Report\nThere is a left pleural effusion."
)
_SMALLEST_DIFFERENCE = 1e-3
_WARM_UP = "".join(f"[F{number}] ABSENT | pneumonia\n" for number in range(1, 25))
_SENTENCE = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "cites": {"type": "array", "items": {"enum": [f"F{number}" for number in range(1, 25)]}, "minItems": 1},
    },
    "required": ["text", "cites"],
    "additionalProperties": False,
}


class Step(Fact):
    """One thing that was tried."""

    name: str
    passed: bool
    detail: str
    seconds: float


class Proof(Fact):
    """Whether the server may be sent work, and why."""

    ready: bool
    model: str
    steps: tuple[Step, ...]


class Unproved(Exception):
    """A step did not hold; the message says what was found and what was expected."""


class _Bench(NamedTuple):
    client: httpx.Client
    profile: LanguageProfile


def serves_the_model(bench: _Bench) -> str:
    """The server knows the name that requests will ask for."""
    names = [entry["id"] for entry in _get(bench, "/v1/models")["data"]]
    if bench.profile.served_name not in names:
        raise Unproved(f"serves {names}; expected {bench.profile.served_name}")
    return bench.profile.served_name


def weights_are_the_profiles(bench: _Bench) -> str:
    """The weights in the folder are those that the profile names by their SHA-256."""
    expected = bench.profile.weights_sha256
    file = Path(location(bench.profile.model)) / "model.safetensors"
    if expected is None:
        return "the profile names no hash"
    if not file.is_file():
        raise Unproved(f"no {file.name} in the profile's model folder")
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != expected:
        raise Unproved(f"model.safetensors has SHA-256 {found}; expected {expected}")
    return found


def warms_up(bench: _Bench) -> str:
    """A long prompt and a constrained answer come first, so that the first study is neither slow nor fatal."""
    section = {"type": "array", "items": _SENTENCE, "minItems": 1, "maxItems": 2}
    schema = {
        "type": "object",
        "properties": {"findings": section, "impression": section},
        "required": ["findings", "impression"],
        "additionalProperties": False,
    }
    prompt = f"### Findings\n{_WARM_UP}### Not assessed\nnone\n### Report\n"
    usage = _chat(bench, prompt, schema, 96)["usage"]
    if usage["prompt_tokens"] < WARM_UP_TOKENS:
        raise Unproved(f"the warm-up prompt is {usage['prompt_tokens']} tokens; expected {WARM_UP_TOKENS}")
    return f"{usage['prompt_tokens']} tokens read, {usage['completion_tokens']} written"


def constraints_bind(bench: _Bench) -> str:
    """A schema that only one odd word satisfies is answered with that word."""
    if not bench.profile.capabilities.json_schema:
        return "the profile does not ask for constraints"
    schema = {
        "type": "object",
        "properties": {"word": {"enum": [_CANARY]}},
        "required": ["word"],
        "additionalProperties": False,
    }
    answer = _chat(bench, f"### Findings\n{_WARM_UP}### Report\n", schema, 48)
    text = str(answer["choices"][0]["message"]["content"])
    try:
        held = json.loads(text) == {"word": _CANARY}
    except ValueError:
        held = False
    if not held:
        raise Unproved("the server does not constrain answers to a schema")
    return "held"


def adapter_is_in_force(bench: _Bench) -> str:
    """The adapter gives a fixed continuation other log-probabilities than the base model does."""
    adapter = bench.profile.adapter
    if adapter is None:
        return "the profile has no adapter"
    base, adapted = (_log_probabilities(bench, name) for name in (bench.profile.base_name, adapter.name))
    difference = max(abs(one - other) for one, other in zip(base, adapted, strict=True))
    if difference < _SMALLEST_DIFFERENCE:
        raise Unproved(f"{adapter.name} answers exactly as its base model: the adapter is not in force")
    return f"largest difference of a log-probability {difference:.3f}"


STEPS: tuple[Callable[[_Bench], str], ...] = (
    serves_the_model,
    weights_are_the_profiles,
    warms_up,
    constraints_bind,
    adapter_is_in_force,
)
"""In this order; what comes after a step that did not hold is not tried."""


def prove(url: str, profile: LanguageProfile, timeout_s: float = TIMEOUT_S) -> Proof:
    """Try every step against a running server.

    Parameters
    ----------
    url : str
        Address of the server, without ``/v1``.
    """
    steps: list[Step] = []
    with httpx.Client(base_url=url.rstrip("/"), timeout=timeout_s, trust_env=False) as client:
        for step in STEPS:
            steps.append(_tried(step, _Bench(client, profile)))
            if not steps[-1].passed:
                break
    return Proof(ready=all(step.passed for step in steps), model=profile.served_name, steps=tuple(steps))


def _tried(step: Callable[[_Bench], str], bench: _Bench) -> Step:
    began = time.monotonic()
    try:
        passed, detail = True, step(bench)
    except Unproved as error:
        passed, detail = False, str(error)
    except (httpx.HTTPError, ValueError, KeyError, TypeError, IndexError) as error:
        passed, detail = False, f"the server cannot be understood or reached ({type(error).__name__})"
    return Step(name=step.__name__, passed=passed, detail=detail, seconds=round(time.monotonic() - began, 3))


def _get(bench: _Bench, path: str) -> dict[str, list[dict[str, str]]]:
    content: dict[str, list[dict[str, str]]] = bench.client.get(path).raise_for_status().json()
    return content


def _chat(bench: _Bench, prompt: str, schema: dict[str, object], most_tokens: int):  # type: ignore[no-untyped-def]
    request: dict[str, object] = {
        "model": bench.profile.served_name,
        "messages": [{"role": "user", "content": prompt}],
        "temperature": 0,
        "max_tokens": most_tokens,
    }
    if bench.profile.capabilities.json_schema:
        request["response_format"] = {"type": "json_schema", "json_schema": {"name": "proof", "schema": schema}}
    return bench.client.post("/v1/chat/completions", json=request).raise_for_status().json()


def _log_probabilities(bench: _Bench, model: str) -> list[float]:
    request = {"model": model, "prompt": _CONTINUATION, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}
    answer = bench.client.post("/v1/completions", json=request).raise_for_status().json()
    values = answer["choices"][0]["logprobs"]["token_logprobs"]
    return [float(value) for value in values if value is not None]


def main(command_line: Sequence[str] | None = None) -> int:
    """Read the command line, prove, write the proof as JSON, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--timeout", type=float, default=TIMEOUT_S, help="seconds for one request")
    chosen = parser.parse_args(command_line)
    proof = prove(chosen.url, read_profile(chosen.profile), chosen.timeout)
    sys.stdout.write(proof.model_dump_json(indent=1) + "\n")
    return 0 if proof.ready else 1


if __name__ == "__main__":
    sys.exit(main())
