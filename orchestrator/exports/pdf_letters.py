"""Text as paragraph markup, in letters that the page has: a name may be written in any script."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

_EMBEDDED = "Vera"
_HANGUL, _ELSE = "HYGothic-Medium", "HeiseiKakuGo-W5"
"""Fonts of Adobe's Asian packs, which a viewer brings along; they hold Greek and Cyrillic too."""


def words(text: str) -> str:
    """Return text escaped as markup; letters that the embedded font lacks are set in one that has them."""
    clean = (letter if letter.isprintable() else " " for letter in text)
    return "".join(_run(font, "".join(letters)) for font, letters in groupby(clean, key=_font))


def _run(font: str, letters: str) -> str:
    return escape(letters) if font == _EMBEDDED else f'<font name="{_registered(font)}">{escape(letters)}</font>'


def _font(letter: str) -> str:
    if ord(letter) in _embedded_letters():
        return _EMBEDDED
    return _HANGUL if "\u1100" <= letter <= "\u11ff" or "\uac00" <= letter <= "\ud7af" else _ELSE


@lru_cache
def _embedded_letters() -> frozenset[int]:
    return frozenset(pdfmetrics.getFont(_EMBEDDED).face.charToGlyph) | {0x20, 0xA0}


@lru_cache
def _registered(name: str) -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name
