"""The gate before every route: who is it, may they, and the entry of it in the audit. What is not declared is refused.

It stands before routing, so that a mounted folder and the documentation pass through it as every route does. A read is
recorded before its first byte leaves: where the audit cannot be written, nothing is read.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.access import Person
from orchestrator.access.doorkeeper import Asking, Doorkeeper
from orchestrator.access.permissions import PUBLIC, audited, permitted
from orchestrator.audit import Action, Entry, Outcome, entry_of
from orchestrator.errors import NotAllowed, NotFound, WetreadError
from orchestrator.http.problems import answer_of
from orchestrator.records import Records

_VIEWS = frozenset({Action.LIST, Action.READ})
_ONCE_IN_S = 300.0
"""Who looks at the same study again within so long does not fill the audit: it is one look. Every act counts."""
_REMEMBERED = 20_000


class Place(NamedTuple):
    """Where a request leads."""

    template: str
    study_id: str | None


class Gate:
    """Pure ASGI: lets a request through with its :class:`~orchestrator.access.Person`, or answers it.

    The application's state holds ``doorkeeper`` and ``records``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._looked: dict[tuple[str, str | None, Action], float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": "nothing here is declared for websockets"})
            return
        try:
            sending = await self._admit(scope, send)
        except WetreadError as error:
            await answer_of(Request(scope), error)(scope, receive, send)
            return
        await self._app(scope, receive, sending)

    async def _admit(self, scope: Scope, send: Send) -> Send:
        place = _place(scope)
        if place is None:
            return send  # nothing is there: the router answers 404 or 405, with nothing of a patient
        roles = permitted(scope["method"], place.template)
        if roles is None:
            raise NotAllowed("who may use this route is not declared; nobody may until it is")
        if roles is PUBLIC:
            return send
        doorkeeper, records = scope["app"].state.doorkeeper, scope["app"].state.records
        assert isinstance(doorkeeper, Doorkeeper)
        assert isinstance(records, Records)
        person = await doorkeeper.admit(Asking.of(scope))
        action = audited(scope["method"], place.template)
        try:
            await _check(records, person, roles, place)
        except WetreadError:
            whose = await _ours(records, place)
            entry = entry_of(person, action or Action.READ, study_id=whose, outcome=Outcome.REFUSED)
            await asyncio.to_thread(records.audit.record, entry)
            raise
        scope["wetread.person"] = person
        if action is None or not self._is_news(person, action, place.study_id):
            return send
        entry = entry_of(person, action, study_id=await _ours(records, place), thing=_thing(action, place))
        return _recording(send, records, entry)

    def _is_news(self, person: Person, action: Action, study_id: str | None) -> bool:
        if action not in _VIEWS:
            return True
        now, look = time.monotonic(), (person.subject, study_id, action)
        if now - self._looked.get(look, -_ONCE_IN_S) < _ONCE_IN_S:
            return False
        self._looked.pop(look, None)  # to the end: the front is forgotten first
        self._looked[look] = now
        while len(self._looked) > _REMEMBERED:
            del self._looked[next(iter(self._looked))]
        return True


async def _check(records: Records, person: Person, roles: frozenset[object], place: Place) -> None:
    """Whether the person has a role for it, and the study is of a department open to the person."""
    if not person.roles & roles:
        raise NotAllowed(f"this needs one of the roles: {', '.join(sorted(map(str, roles)))}")
    if place.study_id is not None and not person.sees_every_department:
        department = await asyncio.to_thread(records.access.department_of, place.study_id)
        if not person.may_see(department):
            raise NotFound("there is no such study")


async def _ours(records: Records, place: Place) -> str | None:
    """Return the id for the audit; none where it is no study of ours: then it is what somebody typed, a name."""
    if place.study_id is None or not await asyncio.to_thread(records.access.knows, place.study_id):
        return None
    return place.study_id


def _recording(send: Send, records: Records, entry: Entry) -> Send:
    """Return a way to send that first writes the entry, with what came of it."""
    written = False

    async def sending(message: Message) -> None:
        nonlocal written
        if message["type"] == "http.response.start" and not written:
            written = True
            outcome = Outcome.DONE if message["status"] < 400 else Outcome.FAILED
            await asyncio.to_thread(records.audit.record, entry.model_copy(update={"outcome": outcome}))
        await send(message)

    return sending


def _place(scope: Scope) -> Place | None:
    """Return the path template of the route that will answer, or ``None`` where none will."""
    app = scope["app"]
    assert isinstance(app, Starlette)
    for route in app.router.routes:
        match, found = route.matches(scope)
        if match is Match.FULL:
            study_id = found.get("path_params", {}).get("study_id")
            return Place(str(getattr(route, "path", "")), study_id if _is_id(study_id) else None)
    return None


def _is_id(study_id: object) -> bool:
    """What could be an id of ours; anything else may hold anything, and is no study."""
    return isinstance(study_id, str) and re.fullmatch(r"[A-Za-z0-9-]{1,64}", study_id) is not None


def _thing(action: Action, place: Place) -> str | None:
    """What is exported: the last word of the path, such as ``pdf``."""
    return place.template.rsplit("/", 1)[-1] if action is Action.EXPORT else None
