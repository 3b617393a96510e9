"""A request body has a largest size and a longest time; beyond them it is refused before it is parsed."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.problems import problem


class BodyLimit:
    """ASGI middleware that reads the body up to a limit and hands it on whole.

    Parameters
    ----------
    largest_bytes
        Longer bodies get 413, whatever their ``Content-Length`` says.
    longest_s
        Slower bodies get 408.
    """

    def __init__(self, app: ASGIApp, largest_bytes: int, longest_s: float) -> None:
        self._app = app
        self._largest_bytes = largest_bytes
        self._longest_s = longest_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._read(scope, receive), self._longest_s)
        except TimeoutError:
            await problem(408, f"the body took longer than {self._longest_s:g} s")(scope, receive, send)
            return
        if body is None:
            await problem(413, f"the body has more than {self._largest_bytes} bytes")(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._largest_bytes:
            return None
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._largest_bytes:
                return None
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
