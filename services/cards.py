"""Print the card of every service as JSON, without a server: ``python -m services.cards``.

For ``wetread doctor`` when nothing runs: the specialists are loaded as at a start, and say which weights and
back-ends are in force and why.
"""

from __future__ import annotations

import asyncio
import importlib
import sys

from fastapi import FastAPI
from pydantic import TypeAdapter

from services.app import Room
from services.contract import ServiceCard

SERVICES = ("classification", "segmentation", "detection")
_CARDS = TypeAdapter(tuple[ServiceCard, ...])


async def card_of(app: FastAPI) -> ServiceCard:
    """Load the specialists of a service and return its card."""
    room: Room = app.state.room
    async with app.router.lifespan_context(app):
        while not room.readiness().ready:
            await asyncio.sleep(0.1)
        return room.card()


async def cards() -> tuple[ServiceCard, ...]:
    """Return the card of every service of this checkout."""
    applications = [importlib.import_module(f"services.{name}.main").app for name in SERVICES]
    return tuple([await card_of(application) for application in applications])


if __name__ == "__main__":
    sys.stdout.write(_CARDS.dump_json(asyncio.run(cards())).decode() + "\n")
