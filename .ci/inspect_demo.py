"""Look at what ``make demo`` wrote: ``inspect_demo.py OUT``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

from orchestrator.report import DraftReport

FILES = ("draft.json", "draft.txt", "draft.pdf", "oru.hl7", "fhir.json")


def faults(out: Path) -> list[str]:
    """Return everything that is not as it should be."""
    found = [
        f"{name} is missing or empty" for name in FILES if not (out / name).is_file() or not (out / name).stat().st_size
    ]
    if found:
        return found
    report = DraftReport.model_validate_json((out / "draft.json").read_bytes())
    known = {("finding", one.finding_id) for one in report.facts.findings}
    known |= {("measurement", one.measurement_id) for one in report.facts.measurements}
    found += [
        f"a sentence rests on nothing that was found: {sentence.text}"
        for sentence in report.sentences
        if not sentence.citations or any((one.kind, one.id) not in known for one in sentence.citations)
    ]
    if not report.sentences:
        found.append("the draft of the phantom has no sentence")
    if json.loads((out / "fhir.json").read_text()).get("resourceType") != "Bundle":
        found.append("fhir.json is no Bundle")
    if not (out / "oru.hl7").read_bytes().startswith(b"MSH|"):
        found.append("oru.hl7 does not begin with MSH")
    return found + _faults_of_the_pdf(out) + _faults_of_the_evidence(out) + _faults_of_the_dicom_objects(out)


def _faults_of_the_pdf(out: Path) -> list[str]:
    pdftotext = shutil.which("pdftotext")
    if pdftotext is None:
        return ["pdftotext (poppler-utils) is not installed"]
    text = subprocess.run([pdftotext, str(out / "draft.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    return [] if "draft" in text.lower() else ["draft.pdf does not say that it is a draft"]


def _faults_of_the_evidence(out: Path) -> list[str]:
    pictures = sorted((out / "evidence").glob("*.png"))
    for picture in pictures:
        Image.open(picture).verify()
    return [] if pictures else ["there is no picture in evidence/"]


def _faults_of_the_dicom_objects(out: Path) -> list[str]:
    objects = sorted((out / "dicom").glob("*.dcm"))
    found = [] if (out / "dicom" / "report.dcm") in objects else ["there is no structured report in dicom/"]
    for one in objects:
        said = subprocess.run(["dciodvfy", str(one)], capture_output=True, text=True, check=False)
        found += [f"{one.name}: {line}" for line in (said.stdout + said.stderr).splitlines() if "Error" in line]
    return found


if __name__ == "__main__":
    said = faults(Path(sys.argv[1]))
    sys.stderr.writelines(f"{fault}\n" for fault in said)
    raise SystemExit(1 if said else 0)
