"""A browser's session, begun with a key or a token, and who one is here.

A page cannot send a header with an image or an event stream; a cookie goes with both. It is out of reach for scripts,
goes to no other site, and its secret is kept as a hash.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response

from orchestrator.access import How, Person, Role
from orchestrator.access.doorkeeper import SESSION_COOKIE, Asking
from orchestrator.http.acting import WithPerson
from orchestrator.http.problems import documented
from orchestrator.http.rooms import Rooms, WithRooms
from services.contract import Fact

router = APIRouter(prefix="/v1/session", tags=["access"])


class Me(Fact):
    """Who one is here."""

    subject: str
    name: str | None = None
    roles: tuple[Role, ...]
    how: How
    may_sign: bool
    access: Literal["local", "on"]
    """``local`` where nobody is asked; then a signature needs a name."""
    until: datetime | None = None
    """When the session ends."""


@router.get("", responses=documented(401, 403))
async def get_session(rooms: WithRooms, person: WithPerson) -> Me:
    """Return who one is here, and as what."""
    return _me(person, rooms)


@router.post("", responses=documented(401, 403, 429, 503))
async def open_session(request: Request, response: Response, rooms: WithRooms) -> Me:
    """Begin a session with ``Authorization: Bearer`` and a key or a token; the answer sets its cookie."""
    secret, believed = await request.app.state.doorkeeper.open_session(Asking.of(request.scope))
    person, until = believed
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        expires=until,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    response.headers["Cache-Control"] = "no-store"
    return _me(person, rooms, until)


@router.delete("", status_code=204)
async def close_session(request: Request, response: Response, rooms: WithRooms) -> None:
    """End the session of this browser."""
    secret = Asking.of(request.scope).session
    if secret is not None:
        await asyncio.to_thread(rooms.records.access.close_session, secret)
    response.delete_cookie(SESSION_COOKIE, path="/")


def _me(person: Person, rooms: Rooms, until: datetime | None = None) -> Me:
    return Me(
        subject=person.subject,
        name=person.name,
        roles=tuple(sorted(person.roles)),
        how=person.how,
        may_sign=person.may_sign,
        access=rooms.settings.access,
        until=until,
    )
