"""Plots as SVG: every film's figure, how two measurements of the same thing agree (Bland and Altman 1986), a curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

WIDTH, ROW, MARGIN, LABELS = 760, 26, 40, 330


def spread_svg(title: str, rows: Mapping[str, Sequence[float]]) -> str:
    """Return a row of dots for each name, a dot a film, and a line at the mean."""
    every = np.concatenate([np.asarray(values, float) for values in rows.values()])
    low, high = float(every.min()), float(every.max())
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return LABELS + (value - low) / span * (WIDTH - LABELS - MARGIN)

    shapes = []
    for number, (name, values) in enumerate(rows.items()):
        height = MARGIN + ROW * number + ROW / 2
        shapes.append(_text(4, height + 4, name))
        shapes += [
            f'<circle cx="{place(v):.1f}" cy="{height:.1f}" r="3" fill="#36c" fill-opacity=".35"/>' for v in values
        ]
        shapes.append(_line(place(float(np.mean(values))), height - 9, place(float(np.mean(values))), height + 9))
    foot = MARGIN + ROW * len(rows) + 16
    shapes += [_text(LABELS, foot, f"{low:.3f}"), _text(WIDTH - MARGIN - 30, foot, f"{high:.3f}")]
    return _svg(title, foot + 12, shapes)


def agreement_svg(title: str, pairs: npt.NDArray[np.float64]) -> str:
    """Return the difference of two measurements against their mean, with the limits of agreement.

    Parameters
    ----------
    pairs
        ``(n, 2)``: what people measured, what the network measured.
    """
    means, differences = pairs.mean(axis=1), pairs[:, 1] - pairs[:, 0]
    bias, limit = float(differences.mean()), 1.96 * float(differences.std(ddof=1)) if len(pairs) > 1 else 0.0
    reach = max(float(np.abs(differences).max()), abs(bias) + limit) or 1.0
    low, high = float(means.min()), float(means.max())
    height = 320

    def across(value: float) -> float:
        return MARGIN + 40 + (value - low) / ((high - low) or 1.0) * (WIDTH - 2 * MARGIN - 60)

    def down(value: float) -> float:
        return MARGIN + (reach - value) / (2 * reach) * (height - 2 * MARGIN)

    shapes = [
        f'<circle cx="{across(m):.1f}" cy="{down(d):.1f}" r="3.5" fill="#36c" fill-opacity=".5"/>'
        for m, d in zip(means, differences, strict=True)
    ]
    for value in (bias, bias - limit, bias + limit):
        shapes += [
            _line(MARGIN + 30, down(value), WIDTH - MARGIN, down(value)),
            _text(2, down(value) + 4, f"{value:+.3f}"),
        ]
    shapes += [_text(across(low), height - 12, f"{low:.3f}"), _text(across(high) - 20, height - 12, f"{high:.3f}")]
    return _svg(f"{title}: network less people, against their mean; bias and limits of agreement", height, shapes)


def curve_svg(title: str, points: Sequence[tuple[float, float]], across: str, up: str) -> str:
    """Return a step curve through points in the order given; the second coordinate lies in [0, 1]."""
    height, foot, left = 320, 280.0, 60.0
    most = max((x for x, _ in points), default=0.0) or 1.0
    places = [(left + x / most * (WIDTH - left - MARGIN), foot - y * (foot - MARGIN)) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    shapes = [f'<polyline points="{path}" fill="none" stroke="#36c"/>']
    shapes += [_line(left, foot, WIDTH - MARGIN, foot), _line(left, MARGIN, left, foot)]
    shapes += [
        _text(20, MARGIN + 4, "1.0"),
        _text(20, foot, "0.0"),
        _text(WIDTH - MARGIN - 30, foot + 14, f"{most:.2f}"),
    ]
    shapes += [_text(left, foot + 30, f"across: {across}; up: {up}")]
    return _svg(title, height, shapes)


def _svg(title: str, height: float, shapes: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" font-family="sans-serif">'
    heading = f'<text x="4" y="18" font-size="13">{escape(title)}</text>'
    return "\n".join((head, heading, *shapes, "</svg>", ""))


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11">{escape(words)}</text>'


def _line(x0: float, y0: float, x1: float, y1: float) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="#333"/>'
