"""Who is it? The person of this machine where nobody is asked; else a key, a token, or a session begun with one."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from orchestrator.access.attempts import Attempts
from orchestrator.access.keys import PREFIX, read
from orchestrator.access.person import LOCAL_PERSON, Person
from orchestrator.access.tokens import Believed, Issuer
from orchestrator.audit import Action, Entry, Outcome, audit_name
from orchestrator.errors import NotAllowed, NotKnown, TooOften
from orchestrator.records import Records

SESSION_COOKIE = "wetread_session"
LONGEST_SESSION = timedelta(hours=12)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Asking(NamedTuple):
    """What of a request says who asks."""

    method: str
    headers: Headers
    client: tuple[str, int] | None
    server: tuple[str, int | None] | None

    @classmethod
    def of(cls, scope: Scope) -> Asking:
        """Return what an ASGI scope says."""
        return cls(scope["method"], Headers(scope=scope), scope.get("client"), scope.get("server"))

    @property
    def address(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def host(self) -> str:
        return _host(f"//{self.headers.get('host', '')}")

    @property
    def bearer(self) -> str | None:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    @property
    def session(self) -> str | None:
        try:
            cookie = SimpleCookie(self.headers.get("cookie", "")).get(SESSION_COOKIE)
        except CookieError:
            return None
        return cookie.value if cookie is not None and cookie.value else None

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether a page of another origin would change something here (cross-site request forgery)."""
        origin = self.headers.get("origin")
        return self.method not in _SAFE_METHODS and origin is not None and _host(origin) != self.host


class Doorkeeper:
    """Knows people and programs.

    Parameters
    ----------
    is_on
        Whether anybody is asked; where not, only this machine is answered.
    issuer
        Whose tokens are believed beside keys.
    """

    def __init__(self, records: Records, is_on: bool, issuer: Issuer | None = None) -> None:
        self._records, self._is_on, self._issuer = records, is_on, issuer
        self._attempts = Attempts()

    async def admit(self, asking: Asking) -> Person:
        """Return who asks.

        Raises
        ------
        NotKnown
            If nobody is known by what came.
        TooOften
            If that happened too often from there.
        NotAllowed
            If nobody is asked here, and it is not this machine; or a page from elsewhere is about to change something.
        """
        if not self._is_on:
            return _local(asking)
        if asking.bearer is not None:
            return (await self.believe(asking, asking.bearer)).person
        if asking.session is not None:
            if asking.is_from_elsewhere:
                raise NotAllowed("a page from elsewhere cannot act in this session")
            return await self._of_session(asking, asking.session)
        raise NotKnown("a key, a token or a session is needed: Authorization: Bearer ...")

    async def believe(self, asking: Asking, bearer: str) -> Believed:
        """Return whom a key or a token names, and until when; failures are counted and recorded."""
        presented = read(bearer)
        claimed = presented.key_id if presented else "token"
        self._attempts.check(asking.address, claimed)
        try:
            if presented is not None:
                key = await asyncio.to_thread(self._records.access.key_of, presented)
                if key is None:
                    raise NotKnown("the key is unknown, expired or revoked")
                return Believed(key.person, key.expires_at)
            if self._issuer is None or bearer.startswith(PREFIX):
                raise NotKnown("the key is unknown, expired or revoked")
            return await self._issuer.believe(bearer)
        except NotKnown:
            await self._failed(asking, claimed)
            raise

    async def open_session(self, asking: Asking) -> tuple[str, Believed]:
        """Begin a session for whoever sends a key or a token; the secret is for its cookie alone."""
        if asking.bearer is None:
            raise NotKnown("a session begins with a key or a token: Authorization: Bearer ...")
        believed = await self.believe(asking, asking.bearer)
        until = min(believed.until, datetime.now(UTC) + LONGEST_SESSION)
        presented = read(asking.bearer)
        key_id = presented.key_id if presented else None
        secret = await asyncio.to_thread(self._records.access.open_session, believed.person, until, key_id)
        return secret, Believed(believed.person, until)

    async def _of_session(self, asking: Asking, secret: str) -> Person:
        self._attempts.check(asking.address, "session")
        person = await asyncio.to_thread(self._records.access.person_of_session, secret)
        if person is None:
            await self._failed(asking, "session")
            raise NotKnown("the session is over")
        return person

    async def _failed(self, asking: Asking, claimed: str) -> None:
        """Count and record a failure; beyond the limit neither, so that nobody fills the audit from outside."""
        self._attempts.failed(asking.address, claimed)
        try:
            self._attempts.check(asking.address, claimed)
        except TooOften:
            return
        entry = Entry(action=Action.LOGIN, subject=audit_name(claimed), outcome=Outcome.REFUSED)
        await asyncio.to_thread(self._records.audit.record, entry)


def _local(asking: Asking) -> Person:
    """Return the person of this machine: where nobody is asked, nobody else may come.

    A web page from elsewhere, opened in a browser of this machine, is somebody else too: its ``Origin`` says so, or a
    ``Host`` that is a name out in the world (DNS rebinding).
    """
    if not (_is_this_machine(asking) and _is_local_name(asking.host)) or asking.is_from_elsewhere:
        raise NotAllowed("no authentication is on, so only this machine is answered; set WETREAD_ACCESS=on for others")
    return LOCAL_PERSON


def _is_this_machine(asking: Asking) -> bool:
    """Whether the request came over the loopback interface, or over a unix socket (a server without a port)."""
    if not asking.client:
        return asking.server is not None and asking.server[1] is None
    return is_loopback(asking.client[0])


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return "."


def _is_local_name(host: str) -> bool:
    """A loopback address, or a name without a dot, which nobody out in the world can own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." not in host
