"""``wetread draft``: from files to a checked draft report on disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption, start_parts
from orchestrator.cli.voice import Voice

if TYPE_CHECKING:
    from orchestrator.cli.api import Api
    from orchestrator.ingest.received import OrderRequest

FORMS = (("draft.json", None), ("draft.txt", "text"), ("draft.pdf", "pdf"), ("oru.hl7", "hl7"), ("fhir.json", "fhir"))


class StageShown(BaseModel):
    """One stage of a draft and how long it took."""

    stage: str
    seconds: float


class StudyDrafted(BaseModel):
    """What became of one PATH."""

    path: str
    study_id: str | None = None
    status: str
    reason: str | None = None
    folder: str | None = None
    files: tuple[str, ...] = ()
    stages: tuple[StageShown, ...] = ()
    text: str | None = None


class DraftsShown(BaseModel):
    """The JSON answer of ``draft``."""

    studies: tuple[StudyDrafted, ...]


def draft(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", exists=True, help="DICOM, folder, zip, PNG or JPEG; one study each."),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the files go; a folder each for several PATHs.")
    ] = Path("out"),
    age: Annotated[
        float | None, typer.Option("--age", min=0, max=120, help="Age in years, where no header says.")
    ] = None,
    sex: Annotated[str | None, typer.Option("--sex", metavar="F|M|O", help="Sex, where no header says.")] = None,
    view: Annotated[
        str | None, typer.Option("--view", metavar="PA|AP|LL", help="View position, where no header says.")
    ] = None,
    indication: Annotated[str | None, typer.Option("--indication", help="What the study was made for.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Draft a report of each PATH: draft.json, draft.txt, draft.pdf, oru.hl7, fhir.json, evidence/ and dicom/."""
    from orchestrator.cli.api import Api
    from orchestrator.cli.sending import order_of
    from orchestrator.settings import settings_from_environment

    voice = Voice(as_json)
    state = start_parts(voice)
    assert state.api_url is not None
    api = Api(state.api_url, settings_from_environment().api_key)
    order = order_of(voice, age_years=age, sex=sex, view_position=view, indication=indication)
    folders = folders_for(paths, out)
    drafted = tuple(_one(voice, api, path, folders[path], order) for path in paths)
    voice.result(DraftsShown(studies=drafted))
    _raise_worst(drafted)


def folders_for(paths: list[Path], out: Path) -> dict[Path, Path]:
    """Return where the files of each study go: ``out`` itself for one, a folder each for several."""
    if len(paths) == 1:
        return {paths[0]: out}
    folders: dict[Path, Path] = {}
    for path in paths:
        name, number = path.stem or "study", 1
        while out / name in folders.values():
            number += 1
            name = f"{path.stem}-{number}"
        folders[path] = out / name
    return folders


def _one(voice: Voice, api: Api, path: Path, folder: Path, order: OrderRequest | None) -> StudyDrafted:
    """Draft one study; what goes wrong with it does not stop the next."""
    from orchestrator.errors import RefusedInput, Unavailable

    try:
        return _draft_of(voice, api, path, folder, order)
    except RefusedInput as error:
        outcome = StudyDrafted(path=str(path), status="refused", reason=str(error))
    except Unavailable as error:
        outcome = StudyDrafted(path=str(path), status="unavailable", reason=str(error))
    voice.progress(f"{path}: {outcome.status}: {outcome.reason}")
    return outcome


def _draft_of(voice: Voice, api: Api, path: Path, folder: Path, order: OrderRequest | None) -> StudyDrafted:
    from orchestrator.cli.sending import files_of
    from orchestrator.progress import StudyStatus

    voice.progress(f"{path}: sending")
    study_id = api.upload(files_of(path), order)
    for event in api.follow(study_id):
        if event.stage is not None and event.seconds is not None:
            voice.progress(f"  {event.stage:<24}{event.seconds * 1000:8.0f} ms")
        elif event.detail:
            voice.progress(f"  {event.kind}: {event.detail}")
    status, reason = api.standing(study_id)
    if status is StudyStatus.FAILED:
        voice.progress(f"{path}: failed: {reason}")
        return StudyDrafted(path=str(path), study_id=study_id, status=status, reason=reason)
    return _write(voice, api, StudyDrafted(path=str(path), study_id=study_id, status=status, reason=reason), folder)


def _write(voice: Voice, api: Api, outcome: StudyDrafted, folder: Path) -> StudyDrafted:
    """Fetch every form of the draft and its evidence, and write them."""
    from orchestrator.report import DraftReport

    assert outcome.study_id is not None
    written = {name: api.draft(outcome.study_id, form) for name, form in FORMS}
    written |= {f"evidence/{name}": png for name, png in api.evidence(outcome.study_id)}
    written |= {f"dicom/{name}": data for name, data in _dicom_objects(voice, api, outcome.study_id)}
    report = DraftReport.model_validate_json(written["draft.json"])
    written["draft.json"] = report.model_dump_json(indent=2).encode() + b"\n"
    for inner, ending in (("evidence", "*.png"), ("dicom", "*.dcm")):
        for stale in (folder / inner).glob(ending):
            stale.unlink()
    for name, content in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    if outcome.reason:
        voice.progress(f"  {outcome.status}: {outcome.reason}")
    text = written["draft.txt"].decode()
    stages = tuple(StageShown(stage=stage.stage, seconds=stage.seconds) for stage in report.stages)
    voice.text(text)
    rows = [(stage.stage, f"{stage.seconds * 1000:.0f} ms") for stage in stages]
    voice.table("Where the time went", ("stage", "time"), rows)
    voice.text(f"\n{len(written)} files in {folder}\n")
    return outcome.model_copy(update={"folder": str(folder), "files": tuple(written), "stages": stages, "text": text})


def _dicom_objects(voice: Voice, api: Api, study_id: str) -> Iterator[tuple[str, bytes]]:
    """Yield the DICOM objects; a header that cannot carry them does not cost the draft."""
    from orchestrator.errors import RefusedInput

    try:
        archive = api.draft(study_id, "dicom")
    except RefusedInput as error:
        voice.progress(f"  no DICOM objects: {error}")
        return
    with zipfile.ZipFile(io.BytesIO(archive)) as objects:
        yield from ((name, objects.read(name)) for name in objects.namelist())


def _raise_worst(drafted: tuple[StudyDrafted, ...]) -> None:
    statuses = {study.status for study in drafted}
    if statuses & {"unavailable", "failed"}:
        raise typer.Exit(int(Exit.UNAVAILABLE))
    if "refused" in statuses:
        raise typer.Exit(int(Exit.REFUSED))
