"""``make demo``: one study, all the way from a file to a checked draft on disk.

``python -m deploy.demo [STUDY]``; without a study a phantom radiograph is drawn: nobody's film, known to the last
pixel.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deploy.local import control
from deploy.local.settings import ROOT

OUT = ROOT / "out"
PHANTOM = ("--abnormality", "cardiomegaly", "--seed", "7")
"""A heart drawn too wide for its chest: the drawing says the cardiothoracic ratio that should be measured."""


def draw_phantom(folder: Path) -> Path:
    """Draw the phantom as a DICOM file with a proper DX header and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    film = folder / "phantom.dcm"
    subprocess.run([sys.executable, "-m", "tests.phantoms", str(film), *PHANTOM], cwd=ROOT, check=True)
    return film


def main() -> int:
    """Draft the study, then say where everything is."""
    folder = control.folder_in_force()
    folder.make()
    if len(sys.argv) > 1:
        study = Path(sys.argv[1]).expanduser()
    else:
        study = draw_phantom(folder.path / "demo")
        sys.stderr.write("No STUDY was given: drafting a phantom radiograph that was drawn just now.\n")
    wetread = Path(sys.executable).with_name("wetread")
    finished = subprocess.run([str(wetread), "draft", str(study), "--out", str(OUT)], check=False)
    state = control.status(folder)
    if state is not None and state.api_url is not None:
        sys.stdout.write(f"API {state.api_url}/v1/studies   docs {state.api_url}/docs   (make down ends everything)\n")
    return finished.returncode


if __name__ == "__main__":
    raise SystemExit(main())
