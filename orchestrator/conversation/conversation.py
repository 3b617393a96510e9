"""The door of the conversation: a question goes in, checked sentences come out one by one.

Each person has one conversation a study, and nobody reaches another's: its name is made of both.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import NamedTuple, cast
from weakref import WeakValueDictionary

from orchestrator.conversation.case import Case
from orchestrator.conversation.graph import Graph, Remembered, RunnableConfig, Setting, graph_of
from orchestrator.conversation.phrasing import Phraser
from orchestrator.conversation.readers import Toolbox
from orchestrator.conversation.saver import RedisSaver
from orchestrator.conversation.turn import Begun, Ended, Query, Said, Told, Turn
from orchestrator.jobs import Jobs
from services.contract import Box

_STOP_EXPIRES_S = 60


class Asked(NamedTuple):
    """One question with all that belongs to it."""

    person: str
    """The subject of who asks."""
    case: Case
    query: Query
    masked: str
    """The question without what names the patient: all of it that is kept."""
    toolbox: Toolbox = Toolbox()
    """The films and the services that tools may ask."""
    region: Box | None = None
    """The part of the film that was marked."""


class Conversations:
    """All conversations of one installation.

    Parameters
    ----------
    expires_s
        A conversation that nobody went on with for so long begins anew.
    """

    def __init__(self, jobs: Jobs, phraser: Phraser, expires_s: int) -> None:
        self._jobs, self._phraser = jobs, phraser
        self._saver = RedisSaver(jobs, expires_s)
        self._graph: Graph = graph_of(self._saver)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, asked: Asked, keep: Callable[[Turn], None]) -> AsyncIterator[Told]:
        """Answer one question, sentence by sentence.

        Parameters
        ----------
        keep
            Called with the turn, in a thread, once it has ended; also when whoever asked has gone.
        """
        told: asyncio.Queue[Told | BaseException] = asyncio.Queue()
        left = asyncio.Event()
        task = asyncio.create_task(self._turn(asked, keep, told, left))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            while True:
                one = await told.get()
                if isinstance(one, BaseException):
                    raise one
                yield one
                if isinstance(one, Ended):
                    return
        finally:
            left.set()

    async def stop(self, person: str, study_id: str | None) -> None:
        """End the answer that is being given, before its next sentence."""
        await self._jobs.keep_note(_stopping(thread_of(person, study_id)), {"stop": "1"}, _STOP_EXPIRES_S)

    async def forget(self, person: str, study_id: str | None) -> None:
        """Begin anew: the next question follows no other."""
        await self._saver.adelete_thread(thread_of(person, study_id))

    async def _turn(
        self,
        asked: Asked,
        keep: Callable[[Turn], None],
        told: asyncio.Queue[Told | BaseException],
        left: asyncio.Event,
    ) -> None:
        thread = thread_of(asked.person, asked.case.study_id)
        lock = self._locks.setdefault(thread, asyncio.Lock())
        try:
            async with lock:
                await self._answer(thread, asked, keep, told, left)
        except Exception as error:  # noqa: BLE001 (handed to whoever reads the stream)
            told.put_nowait(error)

    async def _answer(
        self,
        thread: str,
        asked: Asked,
        keep: Callable[[Turn], None],
        told: asyncio.Queue[Told | BaseException],
        left: asyncio.Event,
    ) -> None:
        await self._jobs.drop_note(_stopping(thread))
        config: RunnableConfig = {"configurable": {"thread_id": thread}}
        before = await self._graph.aget_state(config)
        begun = Begun(turn_id=uuid.uuid4().hex, number=before.values.get("turns", 0) + 1)
        told.put_nowait(begun)

        async def stopped() -> bool:
            return left.is_set() or bool(await self._jobs.note(_stopping(thread)))

        setting = Setting(
            question=asked.query.question,
            masked=asked.masked,
            audience=asked.query.audience,
            case=asked.case,
            phraser=self._phraser,
            toolbox=asked.toolbox,
            region=asked.region,
            stopped=stopped,
        )
        stream = self._graph.astream(Remembered(), config, context=setting, stream_mode="custom", durability="exit")
        async for said in stream:
            told.put_nowait(cast(Said, said))
        await asyncio.to_thread(keep, _kept(begun, setting, asked))
        told.put_nowait(Ended(outcome=setting.outcome))


def thread_of(person: str, study_id: str | None) -> str:
    """Return the name of a conversation: one for each person and study, and no other leads to it."""
    return hashlib.sha256(f"{len(person)}:{person}:{study_id or ''}".encode()).hexdigest()


def _stopping(thread: str) -> str:
    return f"stopping:{thread}"


def _kept(begun: Begun, setting: Setting, asked: Asked) -> Turn:
    return Turn(
        turn_id=begun.turn_id,
        number=begun.number,
        at=datetime.now(UTC),
        audience=setting.audience,
        question=asked.masked,
        understood=setting.intent.in_words(),
        said=tuple(setting.said),
        outcome=setting.outcome,
        language_model=setting.phraser.model,
    )
