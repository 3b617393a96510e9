"""A door in front of a real part: passes every byte on, keeps what was asked, and can do something just before."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

_CHUNK = 1 << 16


class Recorder:
    """Listens on a port of its own and passes on to the part at ``target``."""

    def __init__(self, target: str) -> None:
        where = urlsplit(target)
        assert where.hostname is not None
        assert where.port is not None
        self._target = (where.hostname, where.port)
        self._path = where.path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._asked: list[bytes] = []
        self._request = b""
        self._do: Callable[[], object] | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}{self._path}"

    @property
    def asked(self) -> bytes:
        """Everything that was sent to the part, in the order in which it came."""
        return b"".join(self._asked)

    def at(self, request: bytes, do: Callable[[], object] | None) -> None:
        """Whenever ``request`` stands in what is asked, do this first, and only then pass it on."""
        self._request, self._do = request, do

    def once_at(self, request: bytes, do: Callable[[], object]) -> None:
        """The same, at the next such request only."""

        def once() -> None:
            self.at(b"", None)
            do()

        self.at(request, once)

    def stop(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            part = socket.create_connection(self._target, timeout=5)
        except OSError:
            client.close()
            return
        part.settimeout(None)
        threading.Thread(target=_pass_on, args=(part, client, lambda chunk: None), daemon=True).start()
        _pass_on(client, part, self._keep)

    def _keep(self, chunk: bytes) -> None:
        self._asked.append(chunk)
        if (do := self._do) is not None and self._request in chunk:
            do()


def _pass_on(source: socket.socket, sink: socket.socket, seen: Callable[[bytes], object]) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            seen(chunk)
            sink.sendall(chunk)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    sink.close()
