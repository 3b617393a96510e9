"""A webhook: a CloudEvent (CloudEvents 1.0, structured JSON), signed as Standard Webhooks has it (HMAC-SHA256).

The signature covers id, time and body, so that a receiver can refuse what was changed, what is old, and what it has.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time

from orchestrator.outbox.address import Resolve, resolved, secret_in
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.tables import Allowed, Webhook
from orchestrator.outbox.web import Poster, expect_success


class WebhookCourier:
    """Tells one receiver what happened to a report."""

    def __init__(self, destination: Webhook, allowed: Allowed, resolve: Resolve = resolved) -> None:
        self._destination, self._poster = destination, Poster(destination, allowed, resolve)
        self._secret = secret_in(destination.secret_file)

    async def deliver(self, letter: Letter) -> str:
        """Post the event; returns the status.

        Raises
        ------
        TryAgain, RefusedByReceiver
            If the receiver did not take it.
        """
        body = await asyncio.to_thread(cloud_event, letter, self._destination.content == "report")
        key, moment = letter.release.key, str(int(time.time()))
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": key,
            "webhook-timestamp": moment,
            "webhook-signature": f"v1,{signature(self._secret, key, moment, body)}",
        }
        answer = await self._poster.post(self._destination.url, body, headers)
        expect_success(answer)
        return f"status {answer.status}"

    async def close(self) -> None:
        await self._poster.close()


def cloud_event(letter: Letter, with_report: bool) -> bytes:
    """Return the event; without the report it holds our own ids only."""
    release = letter.release
    data: dict[str, object] = {
        "study_id": release.study_id,
        "event": release.event.value,
        "version": release.version,
        "unsigned": not release.is_signed,
    }
    if with_report:
        data["report"] = json.loads(letter.json())
    event = {
        "specversion": "1.0",
        "id": release.key,
        "source": "/wetread",
        "type": f"wetread.report.{release.event.value}",
        "subject": release.study_id,
        "time": release.at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: bytes, key: str, moment: str, body: bytes) -> str:
    """Return the signature of ``id.timestamp.body`` in Base64."""
    signed = f"{key}.{moment}.".encode() + body
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
