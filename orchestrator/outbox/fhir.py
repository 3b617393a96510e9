"""FHIR as a client: a transaction whose every entry is conditional, so that a second one changes nothing."""

from __future__ import annotations

import asyncio
import json

from orchestrator.errors import RefusedByReceiver, TryAgain
from orchestrator.outbox.address import Resolve, resolved
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.tables import Allowed, FhirServer
from orchestrator.outbox.web import Answer, Poster, expect_success


class FhirCourier:
    """Posts the bundle of a message to one server."""

    def __init__(self, destination: FhirServer, allowed: Allowed, resolve: Resolve = resolved) -> None:
        self._destination, self._poster = destination, Poster(destination, allowed, resolve)

    async def deliver(self, letter: Letter) -> str:
        """Post the transaction; returns how many resources the server has of it.

        Raises
        ------
        TryAgain, RefusedByReceiver
            If the server did not carry it out.
        """
        there = self._destination
        bundle = await asyncio.to_thread(letter.bundle, there.pdf, there.drafts)
        headers = {"content-type": "application/fhir+json; charset=utf-8", "accept": "application/fhir+json"}
        answer = await self._poster.post(there.url, bundle, headers)
        expect_success(answer)
        return f"{_carried_out(answer)} resources"

    async def close(self) -> None:
        await self._poster.close()


def _carried_out(answer: Answer) -> int:
    """A 200 alone proves nothing: a page that welcomes people says it too."""
    try:
        told = json.loads(answer.content)
        statuses = [str(entry["response"]["status"]) for entry in told["entry"]]
        is_response = told["resourceType"] == "Bundle" and told["type"] == "transaction-response"
    except (ValueError, LookupError, TypeError) as error:
        raise TryAgain("the server answered what is no transaction-response") from error
    if not is_response:
        raise TryAgain("the server answered what is no transaction-response")
    if bad := [status for status in statuses if not status.startswith("2")]:
        raise RefusedByReceiver(f"an entry of the transaction has status {bad[0][:3]}")
    return len(statuses)
