"""LangGraph's state in plain Redis: one note a conversation, the newest state only, gone by itself when it is old.

LangGraph's own Redis saver needs modules of Redis 8; this one needs a hash with an expiry, through the one door
(:mod:`orchestrator.jobs`). State is read as plain data: no class is ever built from what Redis holds.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from orchestrator.jobs import Jobs

_STATE, _METADATA, _ID = "state", "metadata", "id"


class RedisSaver(BaseCheckpointSaver[str]):
    """Keeps the newest state of each thread, for so long.

    Parameters
    ----------
    jobs
        The door to Redis.
    expires_s
        Since the last answer.
    """

    def __init__(self, jobs: Jobs, expires_s: int) -> None:
        super().__init__(serde=JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=()))
        self._jobs, self._expires_s = jobs, expires_s

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the newest state of a thread."""
        note = await self._jobs.note(_name(config))
        if not note:
            return None
        found: RunnableConfig = {
            "configurable": {"thread_id": config["configurable"]["thread_id"], "checkpoint_ns": "",
                             "checkpoint_id": note[_ID]}
        }  # fmt: skip
        return CheckpointTuple(found, self._read(note[_STATE]), self._read(note[_METADATA]), None, [])

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a state in the place of the one before."""
        fields = {_STATE: self._written(checkpoint), _METADATA: self._written(metadata), _ID: checkpoint["id"]}
        await self._jobs.keep_note(_name(config), fields, self._expires_s)
        thread = config["configurable"]["thread_id"]
        return {"configurable": {"thread_id": thread, "checkpoint_ns": "", "checkpoint_id": checkpoint["id"]}}

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep nothing: a turn that was cut off is asked again, it is not taken up in the middle."""

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield the one state that is kept."""
        kept = None if config is None else await self.aget_tuple(config)
        if kept is not None:
            yield kept

    async def adelete_thread(self, thread_id: str) -> None:
        """Forget a conversation."""
        await self._jobs.drop_note(_of(thread_id))

    def _written(self, value: object) -> str:
        kind, data = self.serde.dumps_typed(value)
        return f"{kind}:{base64.b64encode(data).decode()}"

    def _read(self, text: str) -> Any:
        kind, _, data = text.partition(":")
        return self.serde.loads_typed((kind, base64.b64decode(data)))


def _name(config: RunnableConfig) -> str:
    return _of(config["configurable"]["thread_id"])


def _of(thread_id: str) -> str:
    return f"conversation:{thread_id}"
