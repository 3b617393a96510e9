"""The gate before every route: who is it, and may they? What is not declared is not allowed.

It stands before routing, so that a mounted folder and the documentation pass through it as every route does.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.access import LOCAL_PERSON, Person
from orchestrator.access.permissions import PUBLIC, permitted
from orchestrator.errors import NotAllowed, WetreadError
from orchestrator.http.problems import answer_of

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """Pure ASGI: lets a request through with its :class:`~orchestrator.access.Person`, or answers it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            if scope["type"] != "http":
                raise NotAllowed("nothing here is declared for websockets")
            await self._admit(scope)
        except WetreadError as error:
            await answer_of(Request(scope), error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        template = _template(scope)
        if template is None:
            return  # nothing is there: the router answers 404 or 405, with nothing of a patient
        roles = permitted(scope["method"], template)
        if roles is None:
            raise NotAllowed("who may use this route is not declared; nobody may until it is")
        if roles is PUBLIC:
            return
        person = _local(scope)
        if not person.roles & roles:
            raise NotAllowed(f"this needs one of the roles: {', '.join(sorted(roles))}")
        scope["wetread.person"] = person


def _template(scope: Scope) -> str | None:
    """Return the path template of the route that will answer, or ``None`` where none will."""
    app = scope["app"]
    assert isinstance(app, Starlette)
    for route in app.router.routes:
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return str(getattr(route, "path", ""))
    return None


def _local(scope: Scope) -> Person:
    """Return the person of this machine: where nobody is asked, nobody else may come.

    A web page from elsewhere, opened in a browser of this machine, is somebody else too: its ``Origin`` says so, or a
    ``Host`` that is a name out in the world (DNS rebinding).
    """
    headers = Headers(scope=scope)
    host = _host(f"//{headers.get('host', '')}")
    origin = headers.get("origin")
    from_elsewhere = scope["method"] not in _SAFE_METHODS and origin is not None and _host(origin) != host
    if not (_is_this_machine(scope) and _is_local_name(host)) or from_elsewhere:
        raise NotAllowed("no authentication is on, so only this machine is answered; set WETREAD_ACCESS=on for others")
    return LOCAL_PERSON


def _is_this_machine(scope: Scope) -> bool:
    """Whether the request came over the loopback interface, or over a unix socket (a server without a port)."""
    client, server = scope.get("client"), scope.get("server")
    if not client:
        return server is not None and server[1] is None
    try:
        return ipaddress.ip_address(client[0]).is_loopback
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
