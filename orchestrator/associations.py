"""What an archive or a receiver may send to us as clients: pynetdicom itself would buffer a PDU of any length.

Held at the socket of one association, before the bytes are read: a PDU that says it is longer than any that we ask for
(PS3.8 D.1, Maximum Length Received), or a message longer than any object that is taken, ends the association.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pynetdicom import evt

LONGEST_PDU = 1_048_576
"""Bytes. We ask for 16 382; what a peer says when it accepts many contexts is longer, and never so long."""

Handlers = list[tuple[evt.EventType, Callable[..., Any]]]


class TooMuch(OSError):
    """The peer sends more than we take; pynetdicom ends the association as if it had closed the connection."""


def bounded(longest_message: int) -> Handlers:
    """Return the handlers with which to associate.

    Parameters
    ----------
    longest_message
        Bytes that one message, an object with its command, may have.
    """
    taken = 0

    def opened(event: Any) -> None:
        socket = event.assoc.dul.socket
        receive = socket.recv

        def at_most(number: int) -> bytearray:
            nonlocal taken
            taken += number
            if number > LONGEST_PDU or taken > longest_message:
                raise TooMuch("the peer sends more than is taken")
            return receive(number)  # type: ignore[no-any-return]

        socket.recv = at_most

    def whole(_: Any) -> None:
        nonlocal taken
        taken = 0

    return [(evt.EVT_CONN_OPEN, opened), (evt.EVT_DIMSE_RECV, whole)]
