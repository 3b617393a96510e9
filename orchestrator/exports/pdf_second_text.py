"""The part of the PDF that shows a second text: what it said, what became of it, and by what evidence."""

from __future__ import annotations

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle

from orchestrator.exports.pdf_letters import words
from orchestrator.exports.pdf_style import RULE, Styles
from orchestrator.exports.words import SECOND_TEXT, became_of, second_caption
from orchestrator.report import SecondText


def second_text(text: SecondText, look: Styles, width: float) -> list[Flowable]:
    """Return what became of each sentence of a second text, and by what evidence."""
    head = [Paragraph(f"<b>{title}</b>", look.label) for title in ("it said", "it was", "what stands, and why")]
    rows = [head] + [
        [
            Paragraph(words(one.text), look.cell),
            Paragraph(f"<b>{one.verdict}</b>", look.cell),
            Paragraph(words(became_of(one)), look.cell),
        ]
        for one in text.sentences
    ]
    table = Table(rows, colWidths=[width * 0.42, width * 0.1, width * 0.48], repeatRows=1)
    table.setStyle(
        TableStyle([
            ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2), ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ])
    )  # fmt: skip
    caption = Paragraph(words(second_caption(text)), look.small)
    return [Paragraph(SECOND_TEXT, look.heading), caption, Spacer(1, 1.5 * mm), table]
