"""The parts of the PDF: header panel, sections with chips, limitations, table of findings, pictures, provenance."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from reportlab.graphics.shapes import Drawing, Line, Rect
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, Spacer, Table, TableStyle

from orchestrator.exports.pdf_letters import words
from orchestrator.exports.pdf_style import (
    CAUTION,
    CAUTION_RULE,
    CHIP,
    CHIP_INK,
    PANEL,
    RULE,
    SOFT,
    Styles,
    state_ink,
)
from orchestrator.exports.pictures import Colour
from orchestrator.exports.words import Field, algorithm_of, measured, name_of, plain_mark, score_of, signed_by, state_of
from orchestrator.plain import limitations_text
from orchestrator.release import Release, ReleasedSection, ReleasedSentence
from services.contract import Evidence

_FLAT = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


class Shown(NamedTuple):
    """One picture as it goes into the PDF."""

    title: str
    fact_id: str | None
    legend: tuple[tuple[str, Colour], ...]
    jpeg: bytes
    width: int
    height: int


def header_panel(fields: Sequence[Field], look: Styles, width: float) -> list[Flowable]:
    """Return what the study says of the person and the order, two pairs a row; nothing where it says nothing."""
    if not fields:
        return [Paragraph("The image came without a name or an order.", look.small), Spacer(1, 3 * mm)]
    cells = [
        (Paragraph(words(field.name), look.label), Paragraph(f"<b>{words(field.value)}</b>", look.cell))
        for field in fields
    ]
    half = (len(cells) + 1) // 2
    blank = Paragraph("", look.cell)
    rows = [(*cells[row], *(cells[row + half] if row + half < len(cells) else (blank, blank))) for row in range(half)]
    table = Table(rows, colWidths=[width * 0.16, width * 0.35, width * 0.17, width * 0.32])
    table.setStyle(
        TableStyle([
            ("BACKGROUND", (0, 0), (-1, -1), PANEL), ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 2.2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.2),
        ])
    )  # fmt: skip
    return [table, Spacer(1, 3 * mm)]


def section(part: ReleasedSection, release: Release, look: Styles) -> list[Flowable]:
    """Return a section: each sentence with a chip for every finding it rests on."""
    lines = [
        Paragraph(
            f"{words(sentence.text)} {_chips_of(sentence, release)}{_plain(sentence, release)}",
            look.sentence,
            bulletText="\u2022",
        )
        for sentence in part.sentences
    ]
    title = Paragraph(str(part.name).upper(), look.heading)
    return [title, *(lines or [Paragraph("Nothing was assessed that could be said.", look.small)])]


def _chips_of(sentence: ReleasedSentence, release: Release) -> str:
    """A signed report reads as the signer left it; what its coded part rests on stands in the table."""
    return "" if release.is_signed else chips(c.id for c in sentence.citations)


def _plain(sentence: ReleasedSentence, release: Release) -> str:
    mark = plain_mark(sentence, release)
    return f' <font size="6.8" color="{SOFT.hexval().replace("0x", "#")}"><i>{mark}</i></font>' if mark else ""


def addenda(release: Release, look: Styles) -> list[Flowable]:
    """Return what was added to a signed report, each with its signature."""
    return [
        part
        for one in release.addenda
        for part in (
            Paragraph(words(f"ADDENDUM, {signed_by(one.signature)}"), look.heading),
            Paragraph(words(one.text), look.sentence),
        )
    ]


def chips(ids: Iterable[str]) -> str:
    """Return the marks of a sentence; each leads to its finding in the table."""
    return " ".join(f'<a href="#{escape(id_)}">{_chip(id_)}</a>' for id_ in ids)


def _chip(id_: str) -> str:
    return f'<font size="6.8" color="{CHIP_INK}" backColor="{CHIP}">&nbsp;{escape(id_)}&nbsp;</font>'


def limitations_box(release: Release, look: Styles, width: float) -> list[Flowable]:
    """Return what was not assessed and why, in a box of its own; it is never small print."""
    lines = limitations_text(release.facts).splitlines()
    if not lines:
        return []
    rows = [[Paragraph("LIMITATIONS", look.box_heading)], *([Paragraph(words(line), look.cell)] for line in lines)]
    box = Table(rows, colWidths=[width])
    box.setStyle(
        TableStyle([
            ("BACKGROUND", (0, 0), (-1, -1), CAUTION), ("LINEBEFORE", (0, 0), (0, -1), 2.4, CAUTION_RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 8), ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5), ("TOPPADDING", (0, 0), (0, 0), 6),
            ("BOTTOMPADDING", (0, -1), (-1, -1), 6),
        ])
    )  # fmt: skip
    return [Spacer(1, 4 * mm), box]


def findings_table(release: Release, look: Styles, width: float) -> list[Flowable]:
    """Return every finding and measurement with its score on its own scale and the algorithm that said so."""
    head = [
        Paragraph(f"<b>{title}</b>", look.label)
        for title in ("id", "finding", "score and operating points", "algorithm")
    ]
    rows: list[list[object]] = [head]
    for finding in release.facts.findings:
        ink = state_ink(finding.presence)
        said = f'<b>{words(name_of(finding))}</b><br/><font color="{ink}">{words(state_of(finding))}</font>'
        rows.append([_anchor(finding.finding_id, look), Paragraph(said, look.cell), _scores(finding.evidence, look),
                     _algorithms(finding.evidence, look)])  # fmt: skip
    for measurement in release.facts.measurements:
        said = f"<b>{words(measured(measurement))}</b>"
        rows.append([_anchor(measurement.measurement_id, look), Paragraph(said, look.cell),
                     Paragraph("measured", look.small), _algorithms(measurement.evidence, look)])  # fmt: skip
    if len(rows) == 1:
        return []
    table = Table(rows, colWidths=[width * 0.07, width * 0.29, width * 0.38, width * 0.26], repeatRows=1)
    table.setStyle(
        TableStyle([
            ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2), ("TOPPADDING", (0, 0), (-1, -1), 3.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        ])
    )  # fmt: skip
    return [Paragraph("LIST OF FINDINGS", look.heading), table]


def _anchor(fact_id: str, look: Styles) -> Paragraph:
    return Paragraph(f'<a name="{escape(fact_id)}"/>{_chip(fact_id)}', look.cell)


def _scores(evidence: Iterable[Evidence], look: Styles) -> list[Flowable]:
    shown: list[Flowable] = []
    for one in evidence:
        if one.score is not None:
            shown += [_scale(one.score, one.operating_points.values())]
        shown.append(Paragraph(words(score_of(one)), look.small))
    return shown


def _scale(score: float, points: Iterable[float]) -> Drawing:
    """A score between 0 and 1, with a tick at each operating point."""
    width, height = 172.0, 9.0
    drawing = Drawing(width, height + 2)
    drawing.add(Rect(0, 3, width, 4, fillColor=RULE, strokeColor=None))
    drawing.add(Rect(0, 3, max(0.5, score * width), 4, fillColor=HexColor(CHIP_INK), strokeColor=None))
    for point in points:
        at = min(1.0, max(0.0, point)) * width
        drawing.add(Line(at, 1, at, 9, strokeColor=SOFT, strokeWidth=0.8))
    return drawing


def _algorithms(evidence: Iterable[Evidence], look: Styles) -> Paragraph:
    names = dict.fromkeys(words(algorithm_of(one.algorithm)) for one in evidence)
    return Paragraph("<br/>".join(names), look.small)


def picture(shown: Shown, look: Styles, width: float) -> list[Flowable]:
    """Return one picture with its words below; they lead to the finding."""
    image = Image(io.BytesIO(shown.jpeg), width=width, height=width * shown.height / shown.width)
    mark = chips([shown.fact_id]) if shown.fact_id else ""
    text = shown.title.partition("  ")[2] or shown.title
    caption = Paragraph(f"{mark} <b>{words(text)}</b><br/>{_legend(shown)}", look.caption)
    return [image, Spacer(1, 1.2 * mm), caption]


def _legend(shown: Shown) -> str:
    squares = (
        f'<font backColor="#{bytes(colour).hex()}">&nbsp;&nbsp;&nbsp;</font>&nbsp;{words(said.replace(" ", chr(0xA0)))}'
        for said, colour in shown.legend
    )
    return " &nbsp; ".join(squares)


def picture_grid(pictures: Sequence[Shown], look: Styles, width: float) -> list[Flowable]:
    """Return the pictures two a row."""
    if not pictures:
        return []
    column = (width - 6 * mm) / 2
    parts: list[Flowable] = [Paragraph("KEY IMAGES", look.heading)]
    for start in range(0, len(pictures), 2):
        row = [picture(one, look, column) for one in pictures[start : start + 2]] + [[]] * (
            2 - len(pictures[start : start + 2])
        )
        table = Table([[row[0], "", row[1]]], colWidths=[column, 6 * mm, column])
        table.setStyle(TableStyle(_FLAT))
        parts.append(KeepTogether([table, Spacer(1, 4 * mm)]))
    return parts


def provenance_table(fields: Sequence[Field], look: Styles, width: float) -> list[Flowable]:
    """Return what is needed to make the same draft again."""
    rows = [(Paragraph(words(field.name), look.label), Paragraph(words(field.value), look.mono)) for field in fields]
    table = Table(rows, colWidths=[width * 0.2, width * 0.8])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE)]))
    return [Paragraph("PROVENANCE", look.heading), table]


def beside(text: Sequence[Flowable], image: Sequence[Flowable], widths: tuple[float, float, float]) -> Table:
    """Return the text with a picture on its right."""
    table = Table([[list(text), "", list(image)]], colWidths=widths)
    table.setStyle(TableStyle(_FLAT))
    return table
