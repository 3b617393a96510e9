"""Does one study's phrasing overlap with the next one's reading: the whole line against its two halves alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from deploy.bench.control import Control, take_turns
from deploy.bench.report import Ratio
from deploy.local.state import State
from orchestrator.cli.api import Api
from orchestrator.pipeline import Parts, find, phrase
from orchestrator.report import DraftReport, StageTime
from orchestrator.settings import Settings, settings_from_environment
from orchestrator.stages import Stages
from orchestrator.study import Study
from orchestrator.wiring import open_parts, open_records

Item = TypeVar("Item")
ROUNDS = 3


def overlap(state: State, films: Sequence[Path], control: Control) -> Ratio:
    """Return how long several studies sent at once take against the larger of their vision and their language.

    Vision is everything up to the facts (triage, specialists, reconciling), language everything after them (prompt,
    model, checks); both are asked here for the same studies, as many at a time as a worker takes.
    """
    assert state.api_url is not None
    os.environ |= dict(state.environment)
    settings, api = settings_from_environment(), Api(state.api_url)
    ids = _drafted(api, films)
    records = open_records(settings)
    studies = [records.study(study_id) for study_id in ids]
    drafts = [records.draft(study_id) for study_id in ids]
    records.close()
    times = take_turns(
        {
            "whole": lambda: _drafted(api, films),
            "vision": lambda: asyncio.run(_each(settings, studies, _seen)),
            "language": lambda: asyncio.run(_each(settings, drafts, _said)),
        },
        ROUNDS,
        control,
    )
    larger = max(times["vision"], times["language"])
    made_of = {name: 1000 * seconds for name, seconds in times.items()}
    name = f"whole line, {len(films)} studies at once / larger of vision and language alone"
    return Ratio(name=name, value=times["whole"] / larger, aim=1.25, at_least=False, made_of=made_of)


def _drafted(api: Api, films: Sequence[Path]) -> list[str]:
    """Send every film as a study of its own, at once, and return when the last one is drafted."""
    with ThreadPoolExecutor(len(films)) as pool:
        ids = list(pool.map(lambda film: api.upload([film], None), films))
        list(pool.map(lambda study_id: list(api.follow(study_id)), ids))
    return ids


async def _each(settings: Settings, items: Sequence[Item], act: Callable[[Item, Parts], Awaitable[None]]) -> None:
    parts, gate = open_parts(settings), asyncio.Semaphore(settings.job_concurrency)

    async def one(item: Item) -> None:
        async with gate:
            await act(item, parts)

    try:
        await asyncio.gather(*(one(item) for item in items))
    finally:
        await parts.close()


async def _seen(study: Study, parts: Parts) -> None:
    await find(study, parts.specialists, parts.outlines, Stages(_unheard))


async def _said(draft: DraftReport, parts: Parts) -> None:
    await phrase(draft.facts, (), parts)


async def _unheard(stage: StageTime) -> None:
    """Nobody is told."""
