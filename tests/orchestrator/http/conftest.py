"""The API of an installation of its own, asked over ASGI by whoever sits at this machine."""

from __future__ import annotations

import httpx
import pytest

from orchestrator.main import create_app


@pytest.fixture
async def app(settings):
    made = create_app(settings.model_copy(update={"language_url": "http://127.0.0.1:9", "upload_limit_mb": 20}))
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://wetread") as opened:
        yield opened
