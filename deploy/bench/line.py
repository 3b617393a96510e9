"""A 2500 x 2048 film to a draft, N times, and where the time went, stage by stage, in what is shipped."""

from __future__ import annotations

import os
import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from pydantic import BaseModel

from deploy.local import control
from deploy.local.state import RunFolder, State
from orchestrator.cli.api import Api
from orchestrator.report import DraftReport

WARM_UP = 2
GATE = "classification: image_kind"
AIM_S = 6.0
FORMS = ("text", "pdf", "hl7", "fhir")
SERVICES = ("classification", "segmentation", "detection")
_LANGUAGE = re.compile(r"^vllm:request_inference_time_seconds_sum\{[^}]*\} (\S+)", re.MULTILINE)
_SPECIALIST = re.compile(r'specialist_seconds_(sum|count)\{specialist="([^"]+)"\} (\S+)')


class Row(BaseModel):
    """One stage: median and slowest, in seconds."""

    stage: str
    median_s: float
    slowest_s: float


class Line(BaseModel):
    """The whole line, as it is shipped: bundled weights, three services, the language model."""

    films: int
    whole: Row
    aim_s: float
    stages: tuple[Row, ...]
    specialists: tuple[Row, ...]
    """Mean instead of median: the services tell sums."""
    models_s: float
    """Median over films: the gate, the slowest specialist, the language model; waiting for HTTP is not in it."""


@contextmanager
def as_shipped() -> Iterator[State]:
    """An installation of its own, as it is shipped."""
    folder = RunFolder(control.folder_in_force().path / "bench")
    os.environ["WETREAD_RUN"] = str(folder.path)
    os.environ.pop("WETREAD_PORT", None)
    try:
        sys.stderr.write("Starting the parts ...\n")
        yield control.up(folder, together=False, progress=lambda state: None)
    finally:
        control.down(folder)


def measure_line(state: State, films: list[Path]) -> Line:
    """Draft each film; the first ones only warm up."""
    assert state.api_url is not None
    api = Api(state.api_url)
    for film in films[:WARM_UP]:
        _draft(api, api.upload([film], None))
    before = _specialist_sums(state)
    whole: list[float] = []
    upload, exports = "upload, decode, store", "exports (text, PDF, HL7, FHIR)"
    stages: dict[str, list[float]] = defaultdict(list)
    models: list[float] = []
    for film in films[WARM_UP:]:
        so_far, spoken = _specialist_sums(state), _language_sum(state)
        began = time.perf_counter()
        study_id = api.upload([film], None)
        stages[upload].append(time.perf_counter() - began)
        report = _draft(api, study_id)
        whole.append(time.perf_counter() - began)
        models.append(_models(so_far, _specialist_sums(state)) + _language_sum(state) - spoken)
        for stage in report.stages:
            stages[stage.stage].append(stage.seconds)
        exported = time.perf_counter()
        for form in FORMS:
            api.draft(study_id, form)
        stages[exports].append(time.perf_counter() - exported)
        sys.stderr.write(f"  {film.name}: {whole[-1]:.2f} s\n")
    after = _specialist_sums(state)
    return Line(
        films=len(whole),
        whole=_row("upload to draft", whole),
        aim_s=AIM_S,
        stages=tuple(_row(stage, seconds) for stage, seconds in stages.items()),
        models_s=round(statistics.median(models), 4),
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


def _language_sum(state: State) -> float:
    """Return the seconds the language model has worked on requests so far, from its own metrics; 0 without one."""
    url = state.environment.get("WETREAD_LANGUAGE_URL", "")
    try:
        said = httpx.get(f"{url}/metrics", trust_env=False).text
    except (httpx.HTTPError, httpx.InvalidURL):
        return 0.0
    return sum(float(value) for value in _LANGUAGE.findall(said))


def _models(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> float:
    """Return the time that models need one after the other: the gate, then whichever specialist takes longest."""
    seconds = {name: sums[0] - before.get(name, (0.0, 0.0))[0] for name, sums in after.items()}
    gate = seconds.pop(GATE, 0.0)
    return gate + max(seconds.values(), default=0.0)


def _mean(name: str, before: tuple[float, float], after: tuple[float, float]) -> Row:
    readings = after[1] - before[1]
    mean = (after[0] - before[0]) / readings if readings else 0.0
    return Row(stage=name, median_s=round(mean, 4), slowest_s=round(mean, 4))


def _row(stage: str, seconds: list[float]) -> Row:
    return Row(stage=stage, median_s=round(statistics.median(seconds), 4), slowest_s=round(max(seconds), 4))
