"""A download is whole or it is not there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from services.downloads import download
from services.errors import WeightsMissing

CONTENT = bytes(range(256)) * 9000


class Publisher(BaseHTTPRequestHandler):
    """Redirects ``/latest`` to the file, stops half-way on ``/torn``, and knows nothing else."""

    def do_GET(self) -> None:
        if self.path == "/latest":
            self.send_response(302)
            self.send_header("Location", "/whole")
            self.end_headers()
        elif self.path in {"/whole", "/torn"}:
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(CONTENT if self.path == "/whole" else CONTENT[: len(CONTENT) // 2])
        else:
            self.send_error(404)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_file_is_fetched_through_a_redirect(publisher: str, tmp_path: Path) -> None:
    download(f"{publisher}/latest", tmp_path / "cache" / "network.pt")
    assert (tmp_path / "cache" / "network.pt").read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["torn", "missing"])
def test_a_transfer_that_stops_leaves_nothing_behind(publisher: str, tmp_path: Path, path: str) -> None:
    with pytest.raises(WeightsMissing):
        download(f"{publisher}/{path}", tmp_path / "network.pt")
    assert not list(tmp_path.iterdir())
