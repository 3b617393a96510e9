"""What the routes work with, opened once for the life of the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from orchestrator.conversation.conversation import Conversations
from orchestrator.hospital import Hospital
from orchestrator.ingest.child import Children
from orchestrator.jobs import Jobs
from orchestrator.knowledge import Library
from orchestrator.language_model import LanguageModelDoor
from orchestrator.reading_room.board import WorklistBoard
from orchestrator.records import Records
from orchestrator.settings import Settings
from orchestrator.specialists import Specialists


@dataclass(frozen=True)
class Rooms:
    """The parts of one installation that the HTTP surface needs."""

    settings: Settings
    hospital: Hospital
    records: Records
    jobs: Jobs
    specialists: Specialists
    language: LanguageModelDoor
    children: Children
    """Decoding processes kept ready."""
    conversations: Conversations
    library: Library
    """Everything that any department may read."""
    worklist: WorklistBoard


def _rooms(request: Request) -> Rooms:
    rooms = request.app.state.rooms
    assert isinstance(rooms, Rooms)
    return rooms


WithRooms = Annotated[Rooms, Depends(_rooms)]
