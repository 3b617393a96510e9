"""``wetread deidentify``: DICOM files without an identity, for research, and a report of what was removed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel

from orchestrator.cli.exit_codes import Exit
from orchestrator.cli.parts import JsonOption
from orchestrator.cli.voice import Voice

if TYPE_CHECKING:
    from orchestrator.research.export import Link

_SHORTEST_SECRET = 16
_UIDS = {"study_instance_uid", "series_instance_uid", "sop_instance_uid"}


class Done(BaseModel):
    """One action of PS3.15 E.1.1 on one attribute, and in how many places; never a value."""

    attribute: str
    action: str
    times: int


class Exported(BaseModel):
    """One file: what it is called now, or why it stayed behind."""

    number: int
    """Its place in the order read; its old name may name the patient."""
    file: str | None = None
    refused: str | None = None
    blacked_out: int = 0
    """Lines of text found in its pixels that are gone; look at it before it is shared."""
    done: tuple[Done, ...] = ()


class Report(BaseModel):
    """``report.json`` and the JSON answer of ``deidentify``."""

    profile: tuple[str, ...]
    files: tuple[Exported, ...]


def deidentify(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", exists=True, help="DICOM files or folders.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files and report.json go.")],
    secret_file: Annotated[
        Path | None,
        typer.Option(
            "--secret-file",
            exists=True,
            dir_okay=False,
            help="Keeps UIDs, names and dates alike over several runs; without it each run has its own secret.",
        ),
    ] = None,
    retain_uids: Annotated[bool, typer.Option("--retain-uids", help="Keep UIDs (PS3.15 E.3.9).")] = False,
    shift_dates: Annotated[
        bool, typer.Option("--shift-dates", help="Move dates by the same days a patient instead of removing them.")
    ] = False,
    retain_device_identity: Annotated[
        bool, typer.Option("--retain-device", help="Keep the device's identity.")
    ] = False,
    retain_patient_characteristics: Annotated[
        bool, typer.Option("--retain-characteristics", help="Keep sex, age, size, weight and the like.")
    ] = False,
    clean_descriptors: Annotated[
        bool, typer.Option("--clean-descriptors", help="Keep descriptions and comments, freed of identifiers.")
    ] = False,
    clean_pixel_data: Annotated[
        bool, typer.Option("--clean-pixels", help="Black out lines of text in the pixels instead of leaving the file.")
    ] = False,
    vault_days: Annotated[
        int,
        typer.Option(
            "--vault-days", min=0, help="Keep in the sealed vault for so many days whom the pseudonyms stand for."
        ),
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Write DICOM files without identity (PS3.15 Basic Profile); what may show text in its pixels stays behind."""
    from orchestrator.errors import RefusedInput
    from orchestrator.research.export import export
    from orchestrator.research.profile import Options
    from orchestrator.research.pseudonyms import Pseudonyms

    voice = Voice(as_json)
    options = Options(
        retain_uids,
        shift_dates,
        retain_device_identity,
        retain_patient_characteristics,
        clean_descriptors,
        clean_pixel_data,
    )
    secret = secret_file.read_bytes() if secret_file else secrets.token_bytes(32)
    if len(secret) < _SHORTEST_SECRET:
        raise typer.BadParameter(f"the secret needs at least {_SHORTEST_SECRET} bytes", param_hint="--secret-file")
    out.mkdir(parents=True, exist_ok=True)
    exported: list[Exported] = []
    keep = _vault_for(vault_days, voice) if vault_days else None
    for number, path in enumerate(_files(paths), 1):
        try:
            left = export(path.read_bytes(), options, Pseudonyms(secret))
        except RefusedInput as error:
            exported.append(Exported(number=number, refused=str(error)))
            voice.progress(f"file {number} stays behind: {error}")
            continue
        if keep is not None:
            keep(left.link)
        (out / left.name).write_bytes(left.data)
        done = tuple(Done(**one.model_dump()) for one in left.done)
        exported.append(Exported(number=number, file=left.name, blacked_out=left.blacked_out, done=done))
    report = Report(profile=tuple(meaning for _, meaning in options.codes), files=tuple(exported))
    (out / "report.json").write_text(report.model_dump_json(indent=2) + "\n")
    voice.result(report)
    written = sum(one.file is not None for one in exported)
    voice.text(f"{written} of {len(exported)} files in {out}; report.json says what was done. Look before you share.")
    if written < len(exported):
        raise typer.Exit(int(Exit.REFUSED))


def _vault_for(days: int, voice: Voice) -> Callable[[Link], None]:
    """Return what seals the link of a file, under the patient's pseudonym and the instance's."""
    from orchestrator.cli.vault import opened_vault
    from orchestrator.records.vault import LinkedIdentity, LinkedPatient, days_from_now

    vault, keys = opened_vault(voice)
    until = days_from_now(days)

    def keep(link: Link) -> None:
        patient = LinkedPatient(**link.model_dump(include=set(LinkedPatient.model_fields)))
        whole = LinkedIdentity(patient=patient, **link.model_dump(include=_UIDS))
        vault.put(keys, link.patient, LinkedIdentity(patient=patient), until)
        vault.put(keys, link.instance, whole, until)

    return keep


def _files(paths: list[Path]) -> list[Path]:
    found = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return [file for file in found if file.is_file()]
