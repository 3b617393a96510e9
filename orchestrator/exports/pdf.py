"""The report as PDF: text beside the film, a chip from every sentence to its finding, provenance at the end."""

from __future__ import annotations

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

import cv2
from PIL import Image
from reportlab import rl_config
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas as Page
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
)

from orchestrator.exports.arrays import Arrays, images_of
from orchestrator.exports.comparison import comparison_of
from orchestrator.exports.evidence import Canvas, draw_picture, film
from orchestrator.exports.pdf_parts import (
    Shown,
    addenda,
    beside,
    findings_table,
    header_panel,
    limitations_box,
    picture,
    picture_grid,
    provenance_table,
    section,
)
from orchestrator.exports.pdf_second_text import second_text
from orchestrator.exports.pdf_style import MARGIN, PAGE_HEIGHT, PAGE_WIDTH, Styles, mark_page, styles
from orchestrator.exports.pictures import Picture, pictures_of
from orchestrator.exports.words import (
    AUTHORS,
    header_of,
    history_of,
    moment,
    notice_of,
    provenance_of,
    report_title,
    rules_of,
)
from orchestrator.release import Release
from orchestrator.study import Study
from services.contract import ImageReference

_WIDTH = PAGE_WIDTH - 2 * MARGIN
_IMAGE = 76 * mm
_GAP = 6 * mm
_ROOM = 150 * mm
"""Text higher than this runs over the whole width, and the picture comes after it."""
_PICTURES = 12
_PIXELS = 800
_FIRST_ROWS = 45 * mm
"""A heading stands with the first rows of its table, or both go to the next page."""

rl_config.useA85 = 0  # streams as bytes: the text form is a quarter longer, and takes more time than all the rest


def render_pdf(release: Release, study: Study, arrays: Arrays) -> bytes:
    """Return a report as PDF bytes, the same for the same release, study and arrays.

    Parameters
    ----------
    arrays
        Films, masks and heat maps by location; a picture whose film is missing is left out.
    """
    shown = _pictures(release, study, arrays)
    pages = _build(release, study, shown, 0)[1]
    return _build(release, study, shown, pages)[0]


def _build(release: Release, study: Study, shown: Sequence[Shown], pages: int) -> tuple[bytes, int]:
    """Lay the pages out; their number is known only after the first time."""
    file = io.BytesIO()
    document = BaseDocTemplate(
        file,
        pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
        invariant=1,
        title=report_title(release).partition(",")[0],
        author="wetread",
        subject=release.key,
    )
    frame = Frame(MARGIN, 15 * mm, _WIDTH, PAGE_HEIGHT - 30 * mm, 0, 0, 0, 0)

    def on_page(canvas: Page, _: BaseDocTemplate) -> None:
        mark_page(canvas, release, canvas.getPageNumber(), pages)

    document.addPageTemplates(PageTemplate(frames=[frame], onPage=on_page))
    document.build(_story(release, study, shown, styles()))
    return file.getvalue(), int(document.page)


def _story(release: Release, study: Study, shown: Sequence[Shown], look: Styles) -> list[Flowable]:
    return [
        Paragraph(_title(release), look.title),
        Paragraph(_subtitle(release), look.small),
        Spacer(1, 3 * mm),
        *header_panel(header_of(study), look, _WIDTH),
        *([] if release.is_retraction else _body(release, shown, look)),
        *(Paragraph(escape(f"{field.name}: {field.value}"), look.small) for field in history_of(release)),
        CondPageBreak(_FIRST_ROWS),
        *provenance_table(provenance_of(release.draft), look, _WIDTH),
    ]


def _title(release: Release) -> str:
    if release.is_retraction:
        return "Retracted imaging report"
    return report_title(release) if release.is_signed else "Draft imaging report"


def _subtitle(release: Release) -> str:
    if release.is_signed or release.is_retraction:
        return escape(notice_of(release))
    return f"Made {moment(release.at)}; {AUTHORS[release.author]}."


def _body(release: Release, shown: Sequence[Shown], look: Styles) -> list[Flowable]:
    text = [part for one in release.sections for part in section(one, release, look)]
    unsigned = not release.is_signed
    return [
        *(Paragraph(escape(line), look.small) for line in (rules_of(release.draft) if unsigned else ())),
        *_text_and_picture([*text, *addenda(release, look)], shown, look),
        *(Paragraph(escape(line), look.small) for line in comparison_of(release)),
        *limitations_box(release, look, _WIDTH),
        *([PageBreak()] if len(shown) > 1 else []),
        *picture_grid(shown[1:], look, _WIDTH),
        CondPageBreak(_FIRST_ROWS),
        *findings_table(release, look, _WIDTH),
        *(_second_texts(release, look) if unsigned else []),
    ]


def _second_texts(release: Release, look: Styles) -> list[Flowable]:
    return [
        part
        for text in release.draft.second_texts
        for part in (CondPageBreak(_FIRST_ROWS), *second_text(text, look, _WIDTH))
    ]


def _text_and_picture(text: list[Flowable], shown: Sequence[Shown], look: Styles) -> list[Flowable]:
    if not shown:
        return text
    column = _WIDTH - _IMAGE - _GAP
    height = sum(part.wrap(column, PAGE_HEIGHT)[1] + part.getSpaceBefore() + part.getSpaceAfter() for part in text)
    image = picture(shown[0], look, _IMAGE)
    if height <= _ROOM:
        return [beside(text, [Spacer(1, 4 * mm), *image], (column, _GAP, _IMAGE))]
    return [*text, Spacer(1, 4 * mm), *image]


def _pictures(release: Release, study: Study, arrays: Arrays) -> tuple[Shown, ...]:
    images = {} if release.is_retraction else images_of(study)
    shown: list[Shown] = []
    for one in pictures_of(release)[:_PICTURES]:
        reference = images.get(one.image_id)
        if reference is not None and reference.location in arrays:
            shown.append(_shown(one, draw_picture(one, reference, arrays, legend=False)))
    if not shown:
        films = [reference for reference in images.values() if reference.location in arrays][:1]
        shown = [_shown(_bare(one), film(one, arrays[one.location])[0]) for one in films]
    return tuple(shown)


def _bare(reference: ImageReference) -> Picture:
    return Picture("film", None, "The film", reference.image_id, ())


def _shown(picture: Picture, canvas: Canvas) -> Shown:
    scale = _PIXELS / max(canvas.shape[:2])
    size = (round(canvas.shape[1] * scale), round(canvas.shape[0] * scale))
    file = io.BytesIO()
    Image.fromarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA)).save(file, "JPEG", quality=88)
    legend = tuple(dict.fromkeys((mark.words, mark.colour) for mark in picture.marks))
    return Shown(picture.title, picture.fact_id, legend, file.getvalue(), *size)
