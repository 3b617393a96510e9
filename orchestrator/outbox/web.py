"""POST to the one address that was checked: no redirect, no proxy, no answer without end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import httpx

from orchestrator.errors import RefusedByReceiver, TryAgain
from orchestrator.outbox.address import Resolve, pinned, resolved, secret_in, tls_context
from orchestrator.outbox.tables import Allowed, Tls

_LONGEST_ANSWER = 4_000_000
_ABOUT_THIS_MESSAGE = {400, 405, 406, 409, 410, 411, 412, 413, 414, 415, 422}
"""Every other failure is about the receiver, or about our access to it: it may pass."""


class OnTheWeb(Protocol):
    """A destination with an address on the web."""

    @property
    def url(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def tls(self) -> Tls: ...
    @property
    def timeout_s(self) -> float: ...
    @property
    def authorization_file(self) -> Path | None: ...


class Answer(NamedTuple):
    """What a receiver answered, cut where it is longer than any answer should be."""

    status: int
    content: bytes


class Poster:
    """Posts to one destination."""

    def __init__(self, destination: OnTheWeb, allowed: Allowed, resolve: Resolve = resolved) -> None:
        self._destination, self._allowed, self._resolve = destination, allowed, resolve
        secret = secret_in(destination.authorization_file) if destination.authorization_file else b""
        self._headers = {"authorization": secret.decode("latin-1")} if secret else {}
        self._client = httpx.AsyncClient(
            verify=tls_context(destination.tls),
            trust_env=False,
            follow_redirects=False,
            timeout=destination.timeout_s,
            headers={"user-agent": "wetread"},
        )

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Post and return what the receiver answered, whatever it is.

        Raises
        ------
        TryAgain
            If there is no answer in time.
        """
        there = self._destination
        address = await asyncio.to_thread(pinned, there.host, there.port, self._allowed, self._resolve)
        asked = httpx.URL(url)
        request = self._client.build_request(
            "POST",
            asked.copy_with(host=address),
            content=content,
            headers={**headers, **self._headers, "host": asked.netloc.decode("ascii")},
            extensions={"sni_hostname": there.tls.server_name or there.host},
        )
        try:
            async with asyncio.timeout(there.timeout_s):
                return await self._answer(request)
        except (httpx.HTTPError, httpx.StreamError, OSError, TimeoutError) as error:
            raise TryAgain(f"no answer ({type(error).__name__})") from error

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _answer(self, request: httpx.Request) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            content = b""
            async for part in response.aiter_bytes():
                content += part
                if len(content) > _LONGEST_ANSWER:
                    raise TryAgain("the receiver answers without end")
            return Answer(response.status_code, content)
        finally:
            await response.aclose()


def expect_success(answer: Answer) -> None:
    """Raise unless the status says that it was taken.

    Raises
    ------
    TryAgain, RefusedByReceiver
        If it does not. A redirect is refused: where it points was never allowed.
    """
    if 200 <= answer.status < 300:
        return
    if 300 <= answer.status < 400:
        raise RefusedByReceiver(f"status {answer.status}: a redirect, and none is followed")
    if answer.status in _ABOUT_THIS_MESSAGE:
        raise RefusedByReceiver(f"status {answer.status}")
    raise TryAgain(f"status {answer.status}")
