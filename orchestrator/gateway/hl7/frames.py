"""Where a message begins and ends (MLLP, HL7 v2 Transport Specification): ``<VT> message <FS> <CR>``.

A message ends with its FS; the CR behind it is thrown away with whatever white space stands between two messages,
because some senders leave it out. Memory holds one message at most.
"""

from __future__ import annotations

from typing import NamedTuple

START, END = b"\x0b", b"\x1c"
_BETWEEN = b"\r\n \t\x00"
JUNK_BYTES = 1024
"""Bytes outside any frame after which a connection is no MLLP sender's."""
PATIENCE = 8
"""A message of more than so many times the limit is not waited for any longer."""


class NotMllp(Exception):
    """The bytes on this connection are no MLLP."""


class Frame(NamedTuple):
    """One framed input."""

    data: bytes
    """Of one that is too large only the beginning."""
    too_large: bool = False


def framed(message: bytes) -> bytes:
    """Return a message as it goes over the wire."""
    return START + message + END + b"\r"


class Frames:
    """Takes bytes as they come and gives the frames in them.

    Parameters
    ----------
    longest
        Bytes that a message may have.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._held = bytearray()
        self._inside = False
        self._thrown_away = self._junk = 0

    @property
    def inside(self) -> bool:
        """True in the middle of a message."""
        return self._inside

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes and return the frames that end in them.

        Raises
        ------
        NotMllp
            If too much stands outside any frame, or a message does not end.
        """
        found: list[Frame] = []
        while data:
            if self._inside:
                part, end, data = data.partition(END)
                self._hold(part)
                if end:
                    found.append(Frame(bytes(self._held), too_large=self._thrown_away > 0))
                    self._begin(inside=False)
            else:
                before, start, data = data.partition(START)
                self._junk += len(before.strip(_BETWEEN))
                if self._junk > JUNK_BYTES:
                    raise NotMllp
                if start:
                    self._begin(inside=True)
        return found

    def _hold(self, part: bytes) -> None:
        room = self._longest - len(self._held)
        self._held += part[:room]
        self._thrown_away += max(0, len(part) - room)
        if self._thrown_away > PATIENCE * self._longest:
            raise NotMllp

    def _begin(self, *, inside: bool) -> None:
        self._held.clear()
        self._inside, self._thrown_away, self._junk = inside, 0, 0
