"""A connection that never finishes its header is closed; uvicorn alone would keep it for ever."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a limit on how long a request header may take."""

    header_timeout_s = 10.0
    _closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start waiting for the first header."""
        super().connection_made(transport)
        self._wait_for_header()

    def data_received(self, data: bytes) -> None:
        """A header that has begun must end in time, on a kept-alive connection too."""
        super().data_received(data)
        if not self._header_is_missing():
            self._stop_waiting()
        elif self._closing is None:
            self._wait_for_header()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _header_is_missing(self) -> bool:
        return self.conn.their_state is h11.IDLE

    def _wait_for_header(self) -> None:
        self._closing = self.loop.call_later(self.header_timeout_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    def _give_up(self) -> None:
        self._closing = None
        if self._header_is_missing() and not self.transport.is_closing():
            self.transport.close()


def patient_protocol(header_timeout_s: float) -> type[PatientProtocol]:
    """Return the protocol with the limit of this installation."""
    return type("PatientProtocol", (PatientProtocol,), {"header_timeout_s": header_timeout_s})
