"""The look of the PDF: letters, colours, paragraph styles, and what stands on every page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import reportlab
from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from orchestrator.exports.words import mark_of, notice_of
from orchestrator.release import Release

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 18 * mm
INK, SOFT, RULE = HexColor("#1b2430"), HexColor("#5b6675"), HexColor("#d5dbe3")
ALARM, SIGNED, CHIP, CHIP_INK = HexColor("#a3291c"), HexColor("#1d4f86"), "#e3edf8", "#1d4f86"
PANEL, CAUTION, CAUTION_RULE = HexColor("#f4f6f9"), HexColor("#fdf5e3"), HexColor("#d9a93a")
_STATE_INKS = {"PRESENT": "#a3291c", "INDETERMINATE": "#8a6100", "ABSENT": "#3d6b4f"}


class Styles(NamedTuple):
    """Paragraph styles by what they are for."""

    title: ParagraphStyle
    heading: ParagraphStyle
    box_heading: ParagraphStyle
    sentence: ParagraphStyle
    small: ParagraphStyle
    label: ParagraphStyle
    cell: ParagraphStyle
    mono: ParagraphStyle
    caption: ParagraphStyle


def styles() -> Styles:
    """Register the letters and return the styles."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name, file in (("Vera", "Vera.ttf"), ("Vera-Bold", "VeraBd.ttf"), ("Vera-Italic", "VeraIt.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="Vera-Bold", italic="Vera-Italic", boldItalic="Vera-Bold")
    base = ParagraphStyle("base", fontName="Vera", fontSize=9.2, leading=13.4, textColor=INK)
    heading = ParagraphStyle("heading", base, fontName="Vera-Bold", fontSize=8.4, leading=11, textColor=SOFT)
    return Styles(
        title=ParagraphStyle("title", base, fontName="Vera-Bold", fontSize=17, leading=21, spaceAfter=2),
        heading=ParagraphStyle("section", heading, spaceBefore=10, spaceAfter=4),
        box_heading=heading,
        sentence=ParagraphStyle("sentence", base, leftIndent=9, bulletIndent=0, spaceAfter=3.2),
        small=ParagraphStyle("small", base, fontSize=7.6, leading=10.6, textColor=SOFT),
        label=ParagraphStyle("label", base, fontSize=7.4, leading=10.4, textColor=SOFT),
        cell=ParagraphStyle("cell", base, fontSize=7.8, leading=10.6),
        mono=ParagraphStyle("mono", base, fontName="Courier", fontSize=7.2, leading=9.6, splitLongWords=1),
        caption=ParagraphStyle("caption", base, fontSize=7.4, leading=10, textColor=SOFT, alignment=TA_CENTER),
    )


def state_ink(presence: str) -> str:
    """Return the colour in which a presence is written."""
    return _STATE_INKS[presence]


def mark_page(canvas: Canvas, release: Release, page: int, pages: int) -> None:
    """Draw what no page may lack: that nobody verified a draft, who signed a report, or that it is withdrawn."""
    canvas.saveState()
    canvas.setFillColor(SIGNED if release.is_signed else ALARM)
    canvas.rect(0, PAGE_HEIGHT - 11 * mm, PAGE_WIDTH, 11 * mm, stroke=0, fill=1)
    canvas.setFillColor(white)
    canvas.setFont("Vera-Bold", 9.5)
    canvas.drawString(MARGIN, PAGE_HEIGHT - 7.2 * mm, _fitting(mark_of(release)))
    canvas.setFont("Vera", 8)
    canvas.drawRightString(PAGE_WIDTH - MARGIN, PAGE_HEIGHT - 7.2 * mm, f"page {page} of {pages}")
    canvas.setFillColor(SOFT)
    canvas.setFont("Vera", 6.8)
    canvas.drawString(
        MARGIN, 9 * mm, notice_of(release).partition(". ")[0] if release.is_signed else notice_of(release)
    )
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, 12.5 * mm, PAGE_WIDTH - MARGIN, 12.5 * mm)
    canvas.restoreState()


def _fitting(mark: str) -> str:
    """A long name and house must not run into the page number."""
    return mark if len(mark) <= 78 else f"{mark[:77]}\u2026"
