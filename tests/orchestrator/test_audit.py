"""The audit: every act has its entry, every change of an entry shows, and nothing of a patient is in it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from fhir.resources.R4B.auditevent import AuditEvent
from typer.testing import CliRunner

from orchestrator.access import LOCAL_PERSON, How, Person, Role
from orchestrator.access.permissions import PERMISSIONS, audited
from orchestrator.audit import Action, Entry, Head
from orchestrator.cli import app as wetread
from orchestrator.errors import RecordsUnavailable
from orchestrator.exports.fhir_audit import KINDS, audit_event
from orchestrator.progress import StudyStatus
from orchestrator.records import Records
from orchestrator.records.audit import append
from orchestrator.records.engine import Duplicate, writing
from orchestrator.records.outbox import Subscription
from orchestrator.release import ReleaseEvent
from orchestrator.report import Facts
from services.contract import Label
from tests.orchestrator.quick_app import caller, quick_app
from tests.orchestrator.small_clinic import draft, finding, study

CANARIES = ("CANARY", "19470101", "MRN-4711", "ACC-0815")


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request, tmp_path):
    url = f"sqlite:///{tmp_path}/records.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = Records.open(url)
    yield opened
    opened.close()


@pytest.fixture
def chain(tmp_path):
    opened = Records.open(f"sqlite:///{tmp_path}/records.db")
    for number in range(12):
        opened.audit.record(Entry(action=Action.READ, subject="ada", study_id=f"study-{number}"))
    yield opened
    opened.close()


def without_triggers(records: Records, *statements: str) -> None:
    """What somebody with the database's password could do."""
    with records._engine.begin() as connection:
        for event in ("update", "delete"):
            connection.execute(sa.text(f"DROP TRIGGER IF EXISTS audit_refuses_{event}"))
        for statement in statements:
            connection.execute(sa.text(statement))


@pytest.mark.parametrize("statement", ["UPDATE audit SET at = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_or_remove_an_entry(records, statement):
    records.audit.record(Entry(action=Action.READ, subject="ada"))
    with pytest.raises((RecordsUnavailable, Duplicate)), writing(records._engine) as connection:
        connection.execute(sa.text(statement))
    assert records.audit.faults() == ()


def test_an_untouched_chain_has_no_fault(chain):
    assert chain.audit.head().number == 12
    assert chain.audit.faults(chain.audit.head()) == ()


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["UPDATE audit SET document = replace(document, 'ada', 'bob') WHERE number = 5"], "entry 5 was changed"),
        (["UPDATE audit SET at = '2020-01-01T00:00:00+00:00' WHERE number = 5"], "entry 5 was changed"),
        (["DELETE FROM audit WHERE number = 5"], "entry 5 is missing"),
        (["DELETE FROM audit WHERE number = 1"], "entry 1 is missing"),
        (
            [
                "UPDATE audit SET number = 100 WHERE number = 5",
                "UPDATE audit SET number = 5 WHERE number = 6",
                "UPDATE audit SET number = 6 WHERE number = 100",
            ],
            "entry 5 does not continue",
        ),
    ],
    ids=["changed", "moved in time", "removed", "first removed", "exchanged"],
)
def test_any_change_shows(chain, statements, fault):
    without_triggers(chain, *statements)
    assert any(found.startswith(fault) for found in chain.audit.faults()), chain.audit.faults()


def test_a_cut_off_end_shows_against_a_head_that_was_kept(chain):
    kept = chain.audit.head()
    without_triggers(chain, "DELETE FROM audit WHERE number > 9")
    assert chain.audit.faults() == (), "without a kept head it cannot be seen"
    [fault] = chain.audit.faults(kept)
    assert "cut off" in fault


def test_a_chain_that_was_written_anew_shows_against_a_head_that_was_kept(chain):
    kept = chain.audit.head()
    without_triggers(chain, "DELETE FROM audit")
    for _ in range(12):
        chain.audit.record(Entry(action=Action.READ, subject="mallory"))
    assert chain.audit.faults() == ()
    assert chain.audit.faults(kept) != ()


def test_an_act_that_is_undone_leaves_no_entry(records):
    before = records.audit.head()
    with pytest.raises(ZeroDivisionError), writing(records._engine) as connection:
        append(connection, Entry(action=Action.SIGN, subject="ada"))
        _ = 1 / 0
    assert records.audit.head() == before


def test_an_entry_cannot_hold_free_text():
    for text in ("Jane Doe", "a\nb", "x" * 300, "é"):
        with pytest.raises(ValueError, match="pattern"):
            Entry(action=Action.READ, subject="ada", thing=text)


def test_an_account_with_a_strange_name_is_audited_under_its_hash():
    from orchestrator.audit import audit_name, entry_of

    assert audit_name("auth0|ada@hospital.example") == "auth0|ada@hospital.example"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", audit_name("Jane Doe"))
    entry_of(Person(subject="Jane Doe", how=How.TOKEN), Action.READ)


async def test_reads_exports_and_signatures_are_audited_and_name_no_patient(settings):
    async with quick_app(settings) as app, caller(app) as client:
        records = app.state.records
        person = {"name": "CANARY^NAME", "patient_id": "MRN-4711", "birth_date": "19470101", "address": "CANARY ST"}
        received = study(**person)
        received = received.model_copy(
            update={"order": received.order.model_copy(update={"accession_number": "ACC-0815"})}
        )
        records.accept(received, "a" * 64)
        records.keep_draft(draft(received.study_id), 1, StudyStatus.DRAFTED, ())
        base = f"/v1/studies/{received.study_id}"
        await client.get("/v1/studies")
        for _ in range(3):
            etag = (await client.get(f"{base}/report")).headers["etag"]
        for _ in range(2):
            assert (await client.get(f"{base}/draft/text")).status_code == 200
        assert (await client.get("/v1/studies/no-such-study/report")).status_code == 404
        reason = {"reason": "CANARY is not this patient", "name": "Dr Ada Nowak"}
        answer = await client.post(f"{base}/report/reject", json=reason, headers={"If-Match": etag})
        assert answer.status_code == 200
        said = [(link.entry.action, link.entry.thing, link.entry.outcome) for link in records.audit.links()]
        assert said == [
            ("list", None, "done"),
            ("read", None, "done"),
            ("export", "text", "done"),
            ("export", "text", "done"),
            ("read", None, "failed"),
            ("reject", None, "done"),
        ]
        assert all(link.entry.subject == LOCAL_PERSON.subject for link in records.audit.links())
        written = " ".join(
            link.model_dump_json() + audit_event(link).model_dump_json() for link in records.audit.links()
        )
        assert received.study_id in written
        assert not [canary for canary in (*CANARIES, "Nowak") if canary in written]


@pytest.mark.parametrize(
    ("route", "action"),
    [
        ("POST /v1/studies/{study_id}/rereading", Action.RERUN),
        ("GET /v1/feedback/sentences.jsonl", Action.TRAINING_EXPORT),
        ("GET /v1/studies/{study_id}/report/pdf", Action.EXPORT),
        ("GET /v1/studies/{study_id}/report/draft", Action.READ),
    ],
)
def test_every_act_and_export_over_http_has_its_word(route, action):
    assert route in PERMISSIONS
    assert audited(*route.split(" ")) is action


async def test_the_training_export_is_audited_each_time(settings):
    async with quick_app(settings) as app, caller(app) as client:
        for _ in range(2):
            assert (await client.get("/v1/feedback/sentences.jsonl")).status_code == 200
        actions = [link.entry.action for link in app.state.records.audit.links()]
    assert actions.count(Action.TRAINING_EXPORT) == 2


async def test_who_was_refused_is_audited(settings):
    async with quick_app(settings.model_copy(update={"access": "on"})) as app:
        records, sent = app.state.records, study()
        records.accept(sent, "a" * 64)
        _, key = records.access.add_key("RIS", [Role.INTEGRATION], ["*"], 1, is_human=False, by="account:test")
        async with caller(app, Authorization=f"Bearer {key}") as client:
            for one in (sent.study_id, "Kanarien-Ysolde"):
                assert (await client.post(f"/v1/studies/{one}/report/sign", json={})).status_code == 403
        *_, before, last = records.audit.links()
        assert (before.entry.outcome, before.entry.study_id) == ("refused", sent.study_id)
        assert (last.entry.outcome, last.entry.study_id) == ("refused", None), "what was typed is no study of ours"
        assert last.entry.subject.startswith("key:")


def test_every_action_has_a_line_in_the_fhir_export():
    assert set(KINDS) == set(Action)


@pytest.mark.parametrize("action", list(Action))
def test_every_action_is_a_valid_audit_event(chain, action):
    chain.audit.record(
        Entry(action=action, subject="ada", how=How.TOKEN, study_id="s-1", version=2, content_sha256="a" * 64)
    )
    *_, link = chain.audit.links()
    again = AuditEvent.model_validate_json(audit_event(link).model_dump_json(exclude_none=True))
    assert again.agent[0].requestor is True
    assert again.entity[0].what.identifier.value == str(link.number)


def test_the_command_verifies_and_exports(chain, tmp_path, monkeypatch):
    monkeypatch.setattr("orchestrator.cli.records_opened.settings_in_force", lambda: settings_in(tmp_path))
    run = CliRunner()
    head = run.invoke(wetread, ["audit", "head"]).stdout.strip()
    assert run.invoke(wetread, ["audit", "verify", "--head", head]).exit_code == 0
    out = tmp_path / "audit.ndjson"
    assert run.invoke(wetread, ["audit", "export", "--fhir", "--out", str(out)]).exit_code == 0
    assert len([AuditEvent.model_validate_json(line) for line in out.read_text().splitlines()]) == 12
    without_triggers(chain, "DELETE FROM audit WHERE number > 9")
    found = run.invoke(wetread, ["audit", "verify", "--head", head])
    assert found.exit_code == 5
    assert "cut off" in found.stdout
    assert run.invoke(wetread, ["audit", "verify", "--head", "nonsense"]).exit_code == 2


def test_the_command_makes_lists_rotates_and_revokes_keys(tmp_path, monkeypatch):
    monkeypatch.setattr("orchestrator.cli.records_opened.settings_in_force", lambda: settings_in(tmp_path))
    run = CliRunner()
    made = run.invoke(wetread, ["keys", "add", "RIS", "--role", "integration", "--every-department"])
    assert made.exit_code == 0, made.output
    key_id = made.stdout.split("_")[1]
    assert key_id in run.invoke(wetread, ["keys", "list"]).stdout
    assert run.invoke(wetread, ["keys", "rotate", key_id]).exit_code == 0
    assert run.invoke(wetread, ["keys", "revoke", key_id]).exit_code == 0
    assert run.invoke(wetread, ["keys", "rotate", key_id]).exit_code == 3
    assert run.invoke(wetread, ["keys", "add", "RIS", "--role", "integration"]).exit_code == 2
    signs = ["keys", "add", "RIS", "--role", "radiologist", "--every-department"]
    assert run.invoke(wetread, signs).exit_code == 2
    assert run.invoke(wetread, [*signs, "--person"]).exit_code == 0
    records = Records.open(f"sqlite:///{tmp_path}/records.db")
    actions = [str(link.entry.action) for link in records.audit.links()]
    records.close()
    assert actions == ["key.added", "key.rotated", "key.revoked", "key.added"]


def test_the_command_exports_what_people_made_of_drafts_and_says_so_in_the_audit(tmp_path, monkeypatch):
    monkeypatch.setattr("orchestrator.cli.records_opened.settings_in_force", lambda: settings_in(tmp_path))
    records = Records.open(f"sqlite:///{tmp_path}/records.db")
    received = study(name="CANARY^NAME")
    records.accept(received, "a" * 64)
    facts = Facts(findings=(finding(Label.EFFUSION).model_copy(update={"finding_id": "F1"}),))
    records.keep_draft(draft(received.study_id, facts), 1, StudyStatus.DRAFTED, ())
    records.reports.sign(received.study_id, 0, LOCAL_PERSON, "Dr Ada Nowak")
    out = tmp_path / "sentences.jsonl"
    assert CliRunner().invoke(wetread, ["feedback", "--out", str(out)]).exit_code == 0
    written = out.read_text()
    assert "effusion" in written.lower()
    assert not [name for name in ("CANARY", "Nowak", received.study_id) if name in written]
    assert [link.entry.action for link in records.audit.links()] == ["sign", "training.export"]
    records.close()


def settings_in(folder):
    from orchestrator.settings import Settings

    return Settings(database_url=f"sqlite:///{folder}/records.db")


def test_a_head_reads_as_the_command_prints_it():
    assert str(Head(3, "a" * 64)) == f"3:{'a' * 64}"


def test_what_was_sent_to_a_receiver_is_audited_once(records):
    received = study()
    records.accept(received, "a" * 64)
    records.outbox.subscribe([Subscription(destination="ris", events=frozenset(ReleaseEvent))])
    records.keep_draft(draft(received.study_id), 1, StudyStatus.DRAFTED, ())
    [claimed] = [one for one in records.outbox.claim("ris", 100, 60) if one.delivery.study_id == received.study_id]
    for _ in range(2):
        records.outbox.delivered(claimed.delivery)
    [link] = records.audit.links(received.study_id)
    assert (link.entry.action, link.entry.subject) == ("send", "outbox")
    assert link.entry.thing == "ris"
