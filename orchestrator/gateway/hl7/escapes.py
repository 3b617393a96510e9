"""Delimiters of a message, and the escape sequences that stand for them in text (HL7 v2 2.5.4, 2.7)."""

from __future__ import annotations

import re
from typing import NamedTuple


class Delimiters(NamedTuple):
    """MSH-1 and MSH-2 (2.5.4)."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


DEFAULT = Delimiters()


def unescaped(text: str, delimiters: Delimiters) -> str:
    r"""Return text without escape sequences (2.7): ``\F\`` is the field separator, ``\.br\`` a line end."""
    sign = delimiters.escape
    if sign not in text:
        return text
    meant = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": sign,
        ".br": "\n",
        ".sp": "\n",
        ".ce": "\n",
        ".sk": " ",
    }
    found = re.compile(rf"{re.escape(sign)}([^{re.escape(sign)}\s]{{1,200}}){re.escape(sign)}")
    return found.sub(lambda one: meant.get(one[1], _by_number(one[1])), text)


def _by_number(said: str) -> str:
    """``\\X0D0A\\`` names bytes; highlighting and local sequences say nothing that is kept."""
    if re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", said):
        return bytes.fromhex(said[1:]).decode("latin_1")
    return ""
