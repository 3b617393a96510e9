"""FHIR servers and webhooks that are there, slow, confused, refusing, or send us elsewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from orchestrator.errors import Misconfigured, RefusedByReceiver, TryAgain
from orchestrator.exports.fhir_value_sets import check_value_sets
from orchestrator.outbox.fhir import FhirCourier
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.tables import FhirServer, Tls, Webhook
from orchestrator.outbox.webhook import WebhookCourier
from tests.orchestrator.outbox.conftest import HERE
from tests.orchestrator.outbox.peers import Asked, Said, WebServer, certificates_in, free_port, running

SECRET = "a secret of both"


class SmallFhirServer:
    """Carries out transactions as R4B has it: a conditional create or update finds what is there by its search."""

    def __init__(self) -> None:
        self.held: dict[str, dict] = {}
        """Resources by their search."""

    def __call__(self, asked: Asked) -> Said:
        check_value_sets(Bundle.model_validate_json(asked.body))
        told = [self._entry(entry) for entry in json.loads(asked.body)["entry"]]
        response = {"resourceType": "Bundle", "type": "transaction-response", "entry": told}
        return Said(200, json.dumps(response).encode())

    def _entry(self, entry: dict) -> dict:
        request, kind = entry["request"], entry["resource"]["resourceType"]
        search = f"{kind}?{request.get('ifNoneExist') or request['url'].partition('?')[2]}"
        known = search in self.held
        if not known or request["method"] == "PUT":
            self.held[search] = entry["resource"]
        return {"response": {"status": "200 OK" if known else "201 Created"}}

    def of(self, kind: str) -> list[dict]:
        return [one for one in self.held.values() if one["resourceType"] == kind]


def fhir_to(url: str, **more: object) -> FhirCourier:
    return FhirCourier(
        FhirServer.model_validate({"name": "ehr", "kind": "fhir", "url": url, "timeout_s": 2, **more}), HERE
    )


def hook_to(url: str, folder: Path, **more: object) -> WebhookCourier:
    (folder / "secret").write_text(f"{SECRET}\n")
    there = {"name": "hook", "kind": "webhook", "url": url, "secret_file": folder / "secret", "timeout_s": 20, **more}
    return WebhookCourier(Webhook.model_validate(there), HERE)


async def test_a_server_that_gets_it_twice_holds_it_once_and_a_correction_is_the_same_report(
    dicom_letters: dict[str, Letter],
):
    fhir = SmallFhirServer()
    server = WebServer(fhir)
    with running(server):
        courier = fhir_to(server.url, drafts=True, timeout_s=20)
        await courier.deliver(dicom_letters["draft"])
        assert fhir.of("DiagnosticReport")[0]["status"] == "partial"
        held = len(fhir.held)
        await courier.deliver(dicom_letters["draft"])
        assert len(fhir.held) == held
        for _ in range(2):
            await courier.deliver(dicom_letters["signed"])
        await courier.deliver(dicom_letters["corrected"])
        assert [one["status"] for one in fhir.of("DiagnosticReport")] == ["corrected"]
        assert {one["status"] for one in fhir.of("Observation")} <= {"final", "entered-in-error"}
        assert len(fhir.of("Patient")) == len(fhir.of("ImagingStudy")) == 1
        assert len(fhir.of("Provenance")) == 3, "one for each release"
        await courier.deliver(dicom_letters["rejected"])
        assert fhir.of("DiagnosticReport")[0]["status"] == "cancelled"
        await courier.close()


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        (Said(200, b"<html>welcome</html>"), TryAgain),
        (Said(200, b'{"resourceType": "OperationOutcome"}'), TryAgain),
        (Said(200, b'{"resourceType": "Bundle", "type": "searchset", "entry": []}'), TryAgain),
        (Said(204, b""), TryAgain),
        (Said(500), TryAgain),
        (Said(429), TryAgain),
        (Said(401), TryAgain),
        (Said(404), TryAgain),
        (Said(400), RefusedByReceiver),
        (Said(422), RefusedByReceiver),
        (Said(307, b"", {"location": "http://169.254.169.254/"}), RefusedByReceiver),
        (Said(200, b"{}", after_s=5), TryAgain),
        (Said(200, b"x", {"content-length": "10"}), TryAgain),
    ],
)
async def test_what_is_no_success_is_tried_again_or_looked_at(letter: Letter, said: Said, raised: type[Exception]):
    server = WebServer(lambda _: said)
    with running(server):
        courier = fhir_to(server.url, pdf=False)
        with pytest.raises(raised):
            await courier.deliver(letter)
        await courier.close()
    assert len(server.asked) == 1, "no redirect is followed, nothing is asked twice"


async def test_an_answer_without_end_is_not_read_to_its_end(letter: Letter):
    server = WebServer(lambda _: Said(200, b"x" * 6_000_000))
    with running(server):
        courier = fhir_to(server.url, pdf=False, timeout_s=20)
        with pytest.raises(TryAgain, match="without end"):
            await courier.deliver(letter)
        await courier.close()


async def test_a_server_that_is_away_is_asked_again(letter: Letter):
    courier = fhir_to(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(TryAgain, match="no answer"):
        await courier.deliver(letter)
    await courier.close()


async def test_a_webhook_is_signed_and_holds_no_patient_unless_it_is_asked_for(letter: Letter, tmp_path: Path):
    server = WebServer(lambda _: Said(204, b""))
    with running(server):
        for content in ("event", "report"):
            courier = hook_to(f"{server.url}/reports", tmp_path, content=content)
            assert await courier.deliver(letter) == "status 204"
            await courier.close()
    event, report = server.asked
    for asked in (event, report):
        signed = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
        expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        assert asked.headers["webhook-signature"] == f"v1,{expected}"
        assert asked.headers["content-type"].startswith("application/cloudevents+json")
        told = json.loads(asked.body)
        assert (told["specversion"], told["id"], told["type"]) == ("1.0", letter.release.key, "wetread.report.signed")
    assert b"SYN-4711" not in event.body and b"Neill" not in event.body and b"ACC-2026" not in event.body
    assert json.loads(report.body)["data"]["report"]["patient"]["patient_id"] == "SYN-4711"


async def test_the_name_is_proven_although_the_address_is_connected_to(letter: Letter, tmp_path: Path):
    made = certificates_in(tmp_path)
    server = WebServer(lambda _: Said(), made.of_server())
    ours = Tls(ca_file=made.authority, certificate_file=made.client)
    allowed = HERE.model_copy(update={"hosts": ("ris.example", "other.example")})
    (tmp_path / "secret").write_text("s")

    async def deliver(host: str, tls: Tls) -> str:
        there = Webhook(
            name="hook", kind="webhook", url=f"https://{host}:{server.port}/", secret_file=tmp_path / "secret", tls=tls
        )
        courier = WebhookCourier(there, allowed, lambda *_: ["127.0.0.1"])
        try:
            return await courier.deliver(letter)
        finally:
            await courier.close()

    with running(server):
        assert await deliver("ris.example", ours) == "status 200"
        assert server.asked[0].headers["host"] == f"ris.example:{server.port}"
        for host, tls in (
            ("other.example", ours),
            ("ris.example", Tls(ca_file=made.authority)),
            ("ris.example", Tls()),
        ):
            with pytest.raises(TryAgain):
                await deliver(host, tls)
    assert len(server.asked) == 1


def test_a_secret_that_is_missing_is_said_at_start(tmp_path: Path):
    there = {"name": "hook", "kind": "webhook", "url": "http://127.0.0.1/", "secret_file": tmp_path / "absent"}
    with pytest.raises(Misconfigured):
        WebhookCourier(Webhook.model_validate(there), HERE)
