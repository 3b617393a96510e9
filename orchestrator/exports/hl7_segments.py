"""Write HL7 v2 segments: fields, components and repetitions, each escaped where it is written."""

from __future__ import annotations

from collections.abc import Mapping

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
_BREAK = "\\.br\\"


class Composite:
    """Components of one field; a composite within a composite gives its subcomponents."""

    def __init__(self, *parts: str | Composite) -> None:
        self._parts = parts

    def written(self, separator: str = "^") -> str:
        """Return the components joined, without empty ones at the end."""
        inner = [part if isinstance(part, Composite) else escape(part) for part in self._parts]
        return separator.join(one.written("&") if isinstance(one, Composite) else one for one in inner).rstrip(
            separator
        )


class Repeated:
    """Repetitions of one field."""

    def __init__(self, *values: Composite) -> None:
        self._values = values

    def written(self) -> str:
        """Return the repetitions joined."""
        return "~".join(value.written() for value in self._values)


Value = str | Composite | Repeated


def escape(text: str) -> str:
    r"""Return text that cannot be taken for a delimiter, a segment end or an escape.

    Line ends become ``\.br\``; other control characters become a space.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    escaped = (_ESCAPES.get(letter, letter) for letter in text)
    return "".join(
        _BREAK if letter == "\n" else letter if letter.isprintable() or len(letter) > 1 else " " for letter in escaped
    )


def segment(name: str, fields: Mapping[int, Value]) -> str:
    """Return one segment from its fields by number, without its carriage return.

    ``MSH-1`` and ``MSH-2`` are the delimiters and are written here.
    """
    last = max((number for number, value in fields.items() if value), default=0)
    written = [_written(fields.get(number, "")) for number in range(1, last + 1)]
    if name == "MSH":
        return "|".join(["MSH", r"^~\&", *written[2:]])
    return "|".join([name, *written])


def _written(value: Value) -> str:
    return escape(value) if isinstance(value, str) else value.written()
