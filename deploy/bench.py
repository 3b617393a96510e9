"""``make bench``: a 2500 x 2048 film to a draft, N times, and where the time went.

``python -m deploy.bench [N]`` starts an installation of its own, drafts films that were drawn for it, prints
medians as a table and writes ``out/bench.json``.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import httpx
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from deploy.local import control
from deploy.local.settings import ROOT
from deploy.local.state import RunFolder, State
from orchestrator.cli.api import Api
from orchestrator.report import DraftReport

FILMS, WARM_UP = 10, 2
AIM_S = 6.0
FORMS = ("text", "pdf", "hl7", "fhir")
SERVICES = ("classification", "segmentation", "detection")
_SPECIALIST = re.compile(r'specialist_seconds_(sum|count)\{specialist="([^"]+)"\} (\S+)')


class Row(BaseModel):
    """One stage: median and slowest, in seconds."""

    stage: str
    median_s: float
    slowest_s: float


class Bench(BaseModel):
    """What was measured, and on what."""

    films: int
    rows: int
    columns: int
    cores: int | None
    processor: str
    whole: Row
    aim_s: float
    stages: tuple[Row, ...]
    specialists: tuple[Row, ...]
    """Mean instead of median: the services tell sums."""


def main() -> int:
    """Measure, print, write; 0 when the median keeps the aim."""
    films = int(sys.argv[1]) if len(sys.argv) > 1 else FILMS
    if control.status(control.folder_in_force()) is not None:
        sys.stderr.write("The parts of this checkout are running and share the cores; make down gives truer figures.\n")
    folder = RunFolder(control.folder_in_force().path / "bench")
    os.environ["WETREAD_RUN"] = str(folder.path)
    os.environ.pop("WETREAD_PORT", None)
    try:
        sys.stderr.write("Starting the parts ...\n")
        state = control.up(folder, together=False, progress=lambda state: None)
        bench = measure(state, draw(folder.path / "films", films + WARM_UP))
    finally:
        control.down(folder)
    show(bench)
    (ROOT / "out").mkdir(exist_ok=True)
    (ROOT / "out" / "bench.json").write_text(bench.model_dump_json(indent=2) + "\n")
    return 0 if bench.whole.median_s <= AIM_S else 5


def draw(folder: Path, count: int) -> list[Path]:
    """Draw films that differ, so that nothing is answered from a cache of the film before."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{seed}.dcm" for seed in range(count)]
    for seed, path in enumerate(paths):
        if not path.exists():
            abnormality = ("none", "effusion-left", "cardiomegaly", "consolidation-right")[seed % 4]
            command = [sys.executable, "-m", "tests.phantoms", str(path), "--abnormality", abnormality]
            subprocess.run([*command, "--seed", str(seed)], cwd=ROOT, check=True)
    return paths


def measure(state: State, films: list[Path]) -> Bench:
    """Draft each film; the first ones only warm up."""
    assert state.api_url is not None
    api = Api(state.api_url)
    for film in films[:WARM_UP]:
        _draft(api, api.upload([film], None))
    before = _specialist_sums(state)
    whole: list[float] = []
    upload, exports = "upload, decode, store", "exports (text, PDF, HL7, FHIR)"
    stages: dict[str, list[float]] = defaultdict(list)
    for film in films[WARM_UP:]:
        began = time.perf_counter()
        study_id = api.upload([film], None)
        stages[upload].append(time.perf_counter() - began)
        report = _draft(api, study_id)
        whole.append(time.perf_counter() - began)
        for stage in report.stages:
            stages[stage.stage].append(stage.seconds)
        exported = time.perf_counter()
        for form in FORMS:
            api.draft(study_id, form)
        stages[exports].append(time.perf_counter() - exported)
        sys.stderr.write(f"  {film.name}: {whole[-1]:.2f} s\n")
    after = _specialist_sums(state)
    return Bench(
        films=len(whole),
        rows=2500,
        columns=2048,
        cores=os.cpu_count(),
        processor=_processor(),
        whole=_row("upload to draft", whole),
        aim_s=AIM_S,
        stages=tuple(_row(stage, seconds) for stage, seconds in stages.items()),
        specialists=tuple(_mean(name, before.get(name, (0.0, 0.0)), sums) for name, sums in after.items()),
    )


def _draft(api: Api, study_id: str) -> DraftReport:
    """Return the draft of an uploaded study once there is one."""
    for _ in api.follow(study_id):
        pass
    return DraftReport.model_validate_json(api.draft(study_id))


def _specialist_sums(state: State) -> dict[str, tuple[float, float]]:
    """Return specialist -> (seconds, readings) so far, from the metrics of the services."""
    sums: dict[str, dict[str, float]] = defaultdict(dict)
    for service in SERVICES:
        url = state.environment[f"WETREAD_{service.upper()}_URL"]
        for kind, name, value in _SPECIALIST.findall(httpx.get(f"{url}/metrics", trust_env=False).text):
            sums[f"{service}: {name}"][kind] = float(value)
    return {name: (one["sum"], one["count"]) for name, one in sums.items()}


def _mean(name: str, before: tuple[float, float], after: tuple[float, float]) -> Row:
    readings = after[1] - before[1]
    mean = (after[0] - before[0]) / readings if readings else 0.0
    return Row(stage=name, median_s=round(mean, 4), slowest_s=round(mean, 4))


def _row(stage: str, seconds: list[float]) -> Row:
    return Row(stage=stage, median_s=round(statistics.median(seconds), 4), slowest_s=round(max(seconds), 4))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return model or platform.machine()


def show(bench: Bench) -> None:
    """Print the table."""
    table = Table(title=f"{bench.films} films of {bench.rows} x {bench.columns} on {bench.cores} cores", box=None)
    for head in ("stage", "median, ms", "slowest, ms"):
        table.add_column(head, justify="left" if head == "stage" else "right")
    for row in bench.stages:
        table.add_row(row.stage, f"{row.median_s * 1000:.0f}", f"{row.slowest_s * 1000:.0f}")
    table.add_section()
    for row in bench.specialists:
        table.add_row(f"  {row.stage} (mean)", f"{row.median_s * 1000:.0f}", "")
    table.add_section()
    table.add_row(bench.whole.stage, f"{bench.whole.median_s * 1000:.0f}", f"{bench.whole.slowest_s * 1000:.0f}")
    Console(highlight=False).print(table)
    kept = "kept" if bench.whole.median_s <= bench.aim_s else "NOT kept"
    sys.stdout.write(f"Aim: median of at most {bench.aim_s:g} s: {kept} ({bench.whole.median_s:.2f} s).\n")


if __name__ == "__main__":
    raise SystemExit(main())
