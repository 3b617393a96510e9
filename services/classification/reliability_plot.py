"""A reliability plot as SVG: what was said against how it was, a circle a bin, its area the number of films."""

from __future__ import annotations

from services.classification.figures import Bin

SIDE, MARGIN = 320, 48
"""Of the square of the plot and of what is around it, in pixels."""


def reliability_svg(title: str, bins: list[Bin]) -> str:
    """Return the plot; the diagonal is a reader whose probabilities are right."""
    films = max(sum(one.films for one in bins), 1)
    size = SIDE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{size}" height="{size}" fill="white"/>',
        f'<text x="{MARGIN}" y="24" font-size="14">{_safe(title)}, {films} films</text>',
        f'<rect x="{MARGIN}" y="{MARGIN}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#888"/>',
        f'<line x1="{MARGIN}" y1="{MARGIN + SIDE}" x2="{MARGIN + SIDE}" y2="{MARGIN}" stroke="#888" '
        'stroke-dasharray="4 4"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = _place(tick, tick)
        parts.append(f'<text x="{x:.1f}" y="{MARGIN + SIDE + 16}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{MARGIN - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for one in bins:
        x, y = _place(one.said, one.were)
        radius = 3 + 22 * (one.films / films) ** 0.5
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#2563a8" fill-opacity="0.45">'
            f"<title>{one.films} films: said {one.said:.2f}, were {one.were:.2f}</title></circle>"
        )
    parts.append(f'<text x="{MARGIN + SIDE / 2}" y="{size - 12}" text-anchor="middle">mean score</text>')
    parts.append(
        f'<text transform="translate(14 {MARGIN + SIDE / 2}) rotate(-90)" text-anchor="middle">share with it</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


def _place(said: float, were: float) -> tuple[float, float]:
    return MARGIN + said * SIDE, MARGIN + (1 - were) * SIDE


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
