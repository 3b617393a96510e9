"""What people made of drafts: as a table over time, and sentence by sentence for training."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from orchestrator.http.problems import Responses, documented
from orchestrator.http.rooms import WithRooms
from orchestrator.reading_room.feedback import Feedback, feedback_of, judged_sentences
from orchestrator.records import Records

router = APIRouter(prefix="/v1/feedback", tags=["reading room"])

_LINES: Responses = {200: {"content": {"application/x-ndjson": {}}, "description": "A JudgedSentence a line"}}


@router.get("", responses=documented(401, 403, 503))
async def get_feedback(rooms: WithRooms) -> Feedback:
    """Return edit distance, rejections and their reasons, by month, language model and prompt."""
    return await asyncio.to_thread(lambda: feedback_of(rooms.records.feedback.judged()))


@router.get("/sentences.jsonl", response_class=StreamingResponse, responses={**_LINES, **documented(401, 403, 503)})
async def export_sentences(rooms: WithRooms) -> StreamingResponse:
    """Return every judged sentence without identifiers, to train on."""
    return StreamingResponse(_lines(rooms.records), media_type="application/x-ndjson")


def _lines(records: Records) -> Iterator[str]:
    for sentence in judged_sentences(records.feedback.judged()):
        yield sentence.model_dump_json(exclude_none=True) + "\n"
