"""Every DICOM object of a release, by file name."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Collection

from orchestrator.errors import NotExportable
from orchestrator.exports.arrays import Arrays
from orchestrator.exports.dicom.capture import render_captures, render_encapsulated_pdf
from orchestrator.exports.dicom.kinds import KINDS, ObjectKind
from orchestrator.exports.dicom.presentation import render_presentations
from orchestrator.exports.dicom.rejection import render_rejection
from orchestrator.exports.dicom.segmentation import render_segmentations
from orchestrator.exports.dicom.sources import Making, making_of
from orchestrator.exports.dicom.structured_report import render_sr
from orchestrator.release import Release
from orchestrator.study import Study


def render_dicom(
    release: Release, study: Study, arrays: Arrays, pdf: bytes, kinds: Collection[ObjectKind] = KINDS
) -> dict[str, bytes]:
    """Return a report as DICOM files that a PACS files beside the images, a draft's all marked unverified.

    Outlines are the draft's own whatever was signed, the same object each time. A retraction is one key object
    selection that rejects what was sent.

    Parameters
    ----------
    arrays
        Films, masks and heat maps by location; an outline that is missing is left out.
    pdf
        The report as :func:`orchestrator.exports.pdf.render_pdf` lays it out.
    kinds
        Which objects are wanted; a retraction is the same whatever they are.

    Returns
    -------
    dict
        ``report.dcm`` (SR), ``segmentation-1.dcm``, ``presentation-1.dcm``, ``capture-F1-….dcm`` and ``document.dcm``
        (the PDF); ``rejection.dcm`` of a retraction.
        Empty where no image of the study came as DICOM: there is nothing to stand beside.

    Raises
    ------
    NotExportable
        If the header of an image is too damaged to be copied.
    """
    making = making_of(release, study)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # highdicom's quote person names, and a warning ends in a log
            return _objects(making, study, arrays, pdf, kinds) if making.sources else {}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotExportable(f"the header of an image does not carry DICOM objects ({type(error).__name__})") from error


def zipped(files: dict[str, bytes]) -> bytes:
    """Return files as one zip archive, the same bytes for the same files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, compresslevel=1)
    return file.getvalue()


def _objects(
    making: Making, study: Study, arrays: Arrays, pdf: bytes, kinds: Collection[ObjectKind]
) -> dict[str, bytes]:
    if making.release.is_retraction:
        of_draft = _objects(making.of_draft(), study, arrays, pdf, KINDS)
        return {"rejection.dcm": render_rejection(making, of_draft.values())}
    renderers: dict[ObjectKind, Callable[[], dict[str, bytes]]] = {
        "report": lambda: {"report": render_sr(making)},
        "segmentation": lambda: render_segmentations(making.of_draft(), arrays),
        "presentation": lambda: render_presentations(making),
        "capture": lambda: render_captures(making, study, arrays),
        "document": lambda: {"document": render_encapsulated_pdf(making, pdf)},
    }
    wanted = (render for kind, render in renderers.items() if kind in kinds)
    return {f"{name}.dcm": data for render in wanted for name, data in render().items()}
