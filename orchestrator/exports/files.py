"""Every export of a draft as files in one folder."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

from orchestrator.exports.arrays import read_arrays
from orchestrator.exports.evidence import draw_evidence
from orchestrator.exports.fhir import render_bundle
from orchestrator.exports.hl7v2 import render_oru
from orchestrator.exports.pdf import render_pdf
from orchestrator.exports.text import render_text
from orchestrator.report import DraftReport
from orchestrator.study import Study

EVIDENCE = "evidence"


def write_all(draft: DraftReport, study: Study, out_dir: Path, store: Path) -> tuple[Path, ...]:
    """Write ``draft.json``, ``draft.txt``, ``draft.pdf``, ``oru.hl7``, ``fhir.json`` and ``evidence/*.png``.

    Pictures that an earlier draft left in ``evidence`` are removed: none may stand beside another study.

    Parameters
    ----------
    out_dir
        Made where it does not exist. Its files hold what the study says of the person.
    store
        Root of the content-addressed store that the draft's references point into.

    Returns
    -------
    tuple of Path
        The files written, in a fixed order.
    """
    arrays = read_arrays(draft, study, store)
    pdf = render_pdf(draft, study, arrays)
    files = {
        "draft.json": f"{draft.model_dump_json(indent=2)}\n".encode(),
        "draft.txt": render_text(draft, study).encode(),
        "draft.pdf": pdf,
        "oru.hl7": render_oru(draft, study, pdf).encode(),
        "fhir.json": render_bundle(draft, study, pdf).encode(),
    }
    files |= {f"{EVIDENCE}/{name}": data for name, data in draw_evidence(draft, study, arrays).items()}
    (out_dir / EVIDENCE).mkdir(parents=True, exist_ok=True)
    for stale in (out_dir / EVIDENCE).glob("*.png"):
        stale.unlink()
    return tuple(_write(out_dir / name, data) for name, data in files.items())


def _write(path: Path, data: bytes) -> Path:
    with NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as file:
        file.write(data)
    Path(file.name).chmod(0o644)
    return Path(file.name).rename(path)
