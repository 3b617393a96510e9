"""The one door to Redis: the work queue, the bell that wakes whoever listens to a study, and notes that expire.

A job is one study revision in a Redis Stream with one consumer group. It stays pending until it is
:meth:`~Jobs.done`; a job whose worker gave no heartbeat is taken over, and each delivery counts as an
attempt. Redis may lose everything: the record is the truth, and enqueuing twice is harmless.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError, ResponseError

from orchestrator.errors import Misconfigured, QueueUnavailable

_GROUP = "drafting"
_DEAD_LETTERS_KEPT = 10_000
_Entries = list[tuple[str, dict[str, str]]]

_ENQUEUE = """
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 0 end
local id = redis.call('XADD', KEYS[1], '*', 'study', ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], id)
return 1
"""
"""One step, so that no study is in the stream twice, nor missing from the index of what it holds."""

_FINISH = """
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
if redis.call('HGET', KEYS[2], ARGV[3]) == ARGV[2] then redis.call('HDEL', KEYS[2], ARGV[3]) end
if ARGV[4] ~= '' then
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'study', ARGV[3], 'attempts', ARGV[6], 'reason', ARGV[4])
end
return 1
"""
_HOLD = """
local owned = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)
if owned.err or #owned == 0 or owned[1][2] ~= ARGV[2] then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'IDLE', ARGV[4], 'RETRYCOUNT', ARGV[5], 'JUSTID')
return 1
"""
"""Only its own worker may set the idle time and the attempt count of a job."""


class Job(NamedTuple):
    """One study revision to be drafted, as delivered to one worker."""

    entry_id: str
    study_id: str
    revision: int
    attempt: int
    """How often this job was delivered, this time included."""


class QueueState(NamedTuple):
    """How full the queue is."""

    waiting: int
    running: int
    dead_letters: int


class Jobs:
    """The queue, as one process sees it.

    Parameters
    ----------
    redis_url
        ``redis://host:port/db`` or ``unix:///path?db=0``.
    queue
        First part of every key.
    idle_s
        After so long without a heartbeat a job is taken over.
    """

    def __init__(self, redis_url: str, queue: str, idle_s: float) -> None:
        try:
            self._redis: Redis = Redis.from_url(
                redis_url,
                decode_responses=True,
                protocol=2,
                socket_connect_timeout=2.0,
                socket_timeout=10.0,
                retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2),
            )
        except ValueError as error:
            raise Misconfigured("REDIS_URL is not a Redis URL; expected redis://host:port/0") from error
        self.idle_s = idle_s
        self._consumer = f"worker-{secrets.token_hex(6)}"
        self._stream, self._held = f"{queue}:jobs", f"{queue}:held"
        self._dead, self._bell = f"{queue}:dead", f"{queue}:events"
        self._notes = f"{queue}:notes"
        self._here = f"{queue}:here"
        self._enqueue = self._redis.register_script(_ENQUEUE)
        self._finish = self._redis.register_script(_FINISH)
        self._hold = self._redis.register_script(_HOLD)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def check(self) -> None:
        """Raise :class:`QueueUnavailable` unless Redis answers."""
        with _translated():
            await self._redis.execute_command("PING")  # type: ignore[no-untyped-call]

    async def enqueue(self, study_id: str, revision: int) -> bool:
        """Put a study into the stream unless it is there; True when it was not."""
        with _translated():
            return bool(await self._enqueue(keys=[self._stream, self._held], args=[f"{study_id}:{revision}"]))

    async def take(self, wait_s: float) -> Job | None:
        """Return the next job: one that its worker abandoned, else a new one, else ``None`` after ``wait_s``."""
        with _translated():
            try:
                return await self._abandoned() or await self._new(wait_s)
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await self._make_group()
                return None

    async def heartbeat(self, job: Job) -> bool:
        """Say that the job is being worked on; False when another worker has taken it over."""
        return await self._set_idle(job, 0.0, job.attempt)

    async def give_back(self, job: Job, after_s: float = 0.0, counted: bool = True) -> None:
        """Let any worker take the job over after ``after_s``, at most the idle limit.

        An attempt that is not ``counted`` is one that was stopped through no fault of the study.
        """
        await self._set_idle(job, max(self.idle_s - after_s, 0.0), job.attempt - (0 if counted else 1))

    async def done(self, job: Job) -> None:
        """Forget the job."""
        await self._forget(job, "")

    async def bury(self, job: Job, reason: str) -> None:
        """Move the job to the dead letter stream."""
        await self._forget(job, reason)

    async def state(self) -> QueueState:
        """Return how many jobs wait, run, and lie in the dead letter stream."""
        with _translated():
            held = int(await self._redis.xlen(self._stream))
            dead = int(await self._redis.xlen(self._dead))
            try:
                pending = int((await self._redis.xpending(self._stream, _GROUP))["pending"])
            except ResponseError:
                pending = 0
            return QueueState(waiting=max(held - pending, 0), running=pending, dead_letters=dead)

    async def ring(self, study_id: str) -> None:
        """Wake everyone who listens to a study. The events themselves are in the record."""
        with _translated():
            await self._redis.publish(f"{self._bell}:{study_id}", "1")

    async def be_here(self, study_id: str, who: str, for_s: float) -> None:
        """Say that somebody looks at a study, for so long; said again before that, it goes on."""
        key, until = f"{self._here}:{study_id}", time.time() + for_s
        with _translated():
            await self._redis.zadd(key, {who: until})
            await self._redis.expire(key, int(for_s) + 1)

    async def leave(self, study_id: str, who: str) -> None:
        """Say that somebody does not look any more."""
        with _translated():
            await self._redis.zrem(f"{self._here}:{study_id}", who)

    async def who_is_here(self, study_id: str) -> tuple[str, ...]:
        """Return who looks at a study now."""
        with _translated():
            found: Any = await self._redis.zrangebyscore(f"{self._here}:{study_id}", time.time(), "+inf")
        return tuple(found)

    @asynccontextmanager
    async def bell(self, study_id: str) -> AsyncIterator[Bell]:
        """Listen to one study; without Redis the bell is silent and only its timeout wakes."""
        pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        try:
            try:
                with _translated():
                    await pubsub.subscribe(f"{self._bell}:{study_id}")
            except QueueUnavailable:
                yield Bell(None)
            else:
                yield Bell(pubsub)
        finally:
            with _ignored():
                await pubsub.aclose()  # type: ignore[no-untyped-call]

    async def keep_note(self, name: str, fields: dict[str, str], expires_s: int) -> None:
        """Replace a note, in one step; it goes by itself when nobody kept it anew for so long."""
        key = f"{self._notes}:{name}"
        with _translated():
            async with self._redis.pipeline(transaction=True) as steps:
                steps.delete(key)
                steps.hset(key, items=[part for field in fields.items() for part in field])
                steps.expire(key, expires_s)
                await steps.execute()

    async def note(self, name: str) -> dict[str, str]:
        """Return the fields of a note; empty when there is none, or it has expired."""
        with _translated():
            kept: dict[str, str] = await self._redis.hgetall(f"{self._notes}:{name}")  # type: ignore[assignment]
            return kept

    async def drop_note(self, name: str) -> None:
        """Forget a note."""
        with _translated():
            await self._redis.delete(f"{self._notes}:{name}")

    async def _abandoned(self) -> Job | None:
        answer: Any = await self._redis.xautoclaim(
            self._stream, _GROUP, self._consumer, int(self.idle_s * 1000), count=1
        )
        entries: _Entries = answer[1]
        return await self._job(*entries[0]) if entries else None

    async def _new(self, wait_s: float) -> Job | None:
        answer: Any = await self._redis.xreadgroup(
            _GROUP, self._consumer, {self._stream: ">"}, count=1, block=max(int(wait_s * 1000), 1)
        )
        entries: _Entries = answer[0][1] if answer else []
        return await self._job(*entries[0]) if entries else None

    async def _job(self, entry_id: str, fields: dict[str, str]) -> Job:
        study_id, _, revision = fields["study"].rpartition(":")
        pending = await self._redis.xpending_range(self._stream, _GROUP, entry_id, entry_id, 1)
        attempt = int(pending[0]["times_delivered"]) if pending else 1
        return Job(entry_id, study_id, int(revision), attempt)

    async def _set_idle(self, job: Job, idle_s: float, attempts: int) -> bool:
        with _translated():
            args: list[str | int] = [_GROUP, self._consumer, job.entry_id, int(idle_s * 1000), attempts]
            return bool(await self._hold(keys=[self._stream], args=args))

    async def _forget(self, job: Job, reason: str) -> None:
        name = f"{job.study_id}:{job.revision}"
        args: list[str | int] = [_GROUP, job.entry_id, name, reason, _DEAD_LETTERS_KEPT, job.attempt]
        with _translated():
            await self._finish(keys=[self._stream, self._held, self._dead], args=args)

    async def _make_group(self) -> None:
        try:
            await self._redis.xgroup_create(self._stream, _GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise


class Bell:
    """What one listener waits on."""

    def __init__(self, pubsub: object | None) -> None:
        self._pubsub = pubsub

    async def wait(self, at_most_s: float) -> None:
        """Return when the bell rang, or after ``at_most_s``."""
        if self._pubsub is None:
            await asyncio.sleep(at_most_s)
            return
        try:
            with _translated():
                await self._pubsub.get_message(timeout=at_most_s)  # type: ignore[attr-defined]
        except QueueUnavailable:
            self._pubsub = None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise QueueUnavailable("Redis does not answer; the work is kept in the record") from error


@contextmanager
def _ignored() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError):
        return
