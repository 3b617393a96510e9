"""A connection that never finishes its header, or its body after the answer, is closed.

uvicorn alone would keep both for ever.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LINGER_S = 30.0


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a limit on how long a request header may take, and a body that was refused before its end."""

    header_timeout_s = 10.0
    linger_s = LINGER_S
    """Many a sender reads the refusal only when it has sent everything: for so long the rest is thrown away."""
    _closing: asyncio.TimerHandle | None = None
    _lingering: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start waiting for the first header."""
        super().connection_made(transport)
        self._wait_for_header()

    def data_received(self, data: bytes) -> None:
        """A header that has begun must end in time, on a kept-alive connection too."""
        super().data_received(data)
        if self.conn.their_state is not h11.SEND_BODY:
            self._stop_lingering()
        if not self._header_is_missing():
            self._stop_waiting()
        elif self._closing is None:
            self._wait_for_header()

    def on_response_complete(self) -> None:
        """Begin to count when the answer came before the end of the body."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self._lingering = self.loop.call_later(self.linger_s, self._cut_off)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._stop_waiting()
        self._stop_lingering()
        super().connection_lost(exc)

    def _header_is_missing(self) -> bool:
        return self.conn.their_state is h11.IDLE

    def _wait_for_header(self) -> None:
        self._closing = self.loop.call_later(self.header_timeout_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    def _stop_lingering(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None

    def _cut_off(self) -> None:
        self._lingering = None
        if not self.transport.is_closing():
            self.transport.close()

    def _give_up(self) -> None:
        self._closing = None
        if self._header_is_missing() and not self.transport.is_closing():
            self.transport.close()


def patient_protocol(header_timeout_s: float, linger_s: float = LINGER_S) -> type[PatientProtocol]:
    """Return the protocol with the limits of this installation."""
    return type("PatientProtocol", (PatientProtocol,), {"header_timeout_s": header_timeout_s, "linger_s": linger_s})
