"""The vault opens for who has the key, in its time, for a purpose; each use is recorded; the database is no help."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from orchestrator.audit import Action, Outcome
from orchestrator.cli import app
from orchestrator.cli.exit_codes import Exit
from orchestrator.errors import Misconfigured, NotFound
from orchestrator.records import Records
from orchestrator.records.vault import LinkedIdentity, LinkedPatient, Purpose, days_from_now
from orchestrator.sealing import Keys, new_key
from orchestrator.settings import Settings, settings_from_environment
from orchestrator.wiring import open_vault_keys

WHO = LinkedIdentity(
    patient=LinkedPatient(patient_id="CANARY-ID-7", patient_name="Canary^Wilhelmina", birth_date="19430217"),
    sop_instance_uid="1.2.826.0.1.77",
)
NAME = "A1B2C3D4E5F60718"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def records(database_url: str):
    opened = Records.open(database_url)
    change(opened, "DELETE FROM vault")
    yield opened
    opened.close()


@pytest.fixture
def keys() -> Keys:
    return Keys([new_key()])


def raw(records: Records) -> str:
    """Everything that somebody who has the database and no key can read."""
    with records.vault._engine.connect() as connection:
        tables = ("vault", "audit")
        return str([tuple(row) for table in tables for row in connection.execute(sa.text(f"SELECT * FROM {table}"))])


def used(records: Records) -> list[tuple[str, str | None, Outcome]]:
    """Every use of the vault that the audit holds."""
    entries = [link.entry for link in records.audit.links()]
    return [(one.subject, one.thing, one.outcome) for one in entries if one.action is Action.VAULT]


def change(records: Records, statement: str, **values: str) -> None:
    with records.vault._engine.begin() as connection:
        connection.execute(sa.text(statement), values)


def test_what_went_in_comes_out_and_both_uses_are_told_apart(records, keys):
    records.vault.put(keys, NAME, WHO, days_from_now(30))
    assert records.vault.relink(keys, NAME, "dr.example", Purpose.INCIDENTAL_FINDING) == WHO
    with pytest.raises(NotFound):
        records.vault.relink(keys, "0000000000000000", "dr.example", Purpose.INSPECTION)
    assert used(records)[-2:] == [
        ("dr.example", f"relink:incidental_finding:{NAME}", Outcome.DONE),
        ("dr.example", "relink:inspection:unknown", Outcome.REFUSED),
    ]
    assert not records.audit.faults()


def test_the_database_alone_names_nobody(records, keys):
    records.vault.put(keys, NAME, WHO, days_from_now(30))
    records.vault.relink(keys, NAME, "dr.example", Purpose.SAFETY)
    content = raw(records).lower()
    assert not [trace for trace in ("canary", "wilhelmina", "19430217", "1.2.826") if trace in content]


def test_another_key_does_not_open_it_and_the_attempt_is_recorded(records, keys):
    records.vault.put(keys, NAME, WHO, days_from_now(30))
    before = len(used(records))
    with pytest.raises(Misconfigured, match="key"):
        records.vault.relink(Keys([new_key()]), NAME, "dr.example", Purpose.SAFETY)
    assert len(used(records)) == before + 1


def test_after_its_time_an_entry_stays_closed_and_is_deleted(records, keys):
    records.vault.put(keys, NAME, WHO, datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(NotFound, match="time"):
        records.vault.relink(keys, NAME, "dr.example", Purpose.SAFETY)
    assert records.vault.expire("cron") >= 1
    assert records.vault.standing(keys).expired == 0


def test_nobody_who_can_write_to_the_table_prolongs_or_exchanges_entries(records, keys):
    other = WHO.model_copy(update={"patient": LinkedPatient(patient_id="OTHER")})
    records.vault.put(keys, NAME, WHO, datetime.now(UTC) - timedelta(seconds=1))
    records.vault.put(keys, "OTHERONE", other, days_from_now(1))
    change(records, "UPDATE vault SET expires_at = '2999' WHERE pseudonym = :name", name=NAME)
    with pytest.raises(Misconfigured, match="changed"):
        records.vault.relink(keys, NAME, "dr.example", Purpose.SAFETY)
    change(
        records,
        "UPDATE vault SET sealed = (SELECT sealed FROM vault WHERE pseudonym = 'OTHERONE') WHERE pseudonym = :name",
        name=NAME,
    )
    with pytest.raises(Misconfigured, match="changed"):
        records.vault.relink(keys, NAME, "dr.example", Purpose.SAFETY)


def test_a_key_is_changed_and_the_old_one_thrown_away(records):
    old, new = new_key(), new_key()
    records.vault.put(Keys([old]), NAME, WHO, days_from_now(30))
    both = Keys([new, old])
    assert records.vault.relink(both, NAME, "dr.example", Purpose.SAFETY) == WHO
    assert records.vault.rotate(both, "admin") >= 1
    assert records.vault.rotate(both, "admin") == 0
    assert records.vault.relink(Keys([new]), NAME, "dr.example", Purpose.SAFETY) == WHO


def test_a_rotation_that_cannot_open_everything_changes_nothing(records, keys):
    records.vault.put(keys, NAME, WHO, days_from_now(30))
    records.vault.put(Keys([new_key()]), "LOSTKEY", WHO, days_from_now(30))
    before = raw(records)
    with pytest.raises(Misconfigured):
        records.vault.rotate(Keys([new_key()]), "admin")
    assert raw(records) == before
    change(records, "DELETE FROM vault WHERE pseudonym = :name", name="LOSTKEY")


def test_sealed_twice_looks_different_and_keeps_the_later_end(records, keys):
    records.vault.put(keys, NAME, WHO, days_from_now(30))
    first = raw(records)
    records.vault.put(keys, NAME, WHO, days_from_now(1))
    assert raw(records) != first
    assert records.vault.relink(keys, NAME, "dr.example", Purpose.SAFETY) == WHO
    with records.vault._engine.connect() as connection:
        end = connection.execute(sa.text("SELECT expires_at FROM vault WHERE pseudonym = :n"), {"n": NAME}).scalar_one()
    assert end > days_from_now(29).isoformat()


@pytest.mark.parametrize("lines", [[], ["not base64!"], ["c2hvcnQ="]])
def test_what_is_no_key_is_refused_and_not_shown(lines):
    with pytest.raises(Misconfigured) as refusal:
        Keys(lines)
    assert not any(line and line in str(refusal.value) for line in lines)


def test_keys_come_from_a_file_or_the_environment(tmp_path):
    first, second = new_key(), new_key()
    (tmp_path / "keys").write_text(f"{first}\n{second}\n")
    assert open_vault_keys(Settings(vault_key_file=tmp_path / "keys")).current == Keys([first]).current
    assert open_vault_keys(Settings(vault_keys=f"{second},{first}")).current == Keys([second]).current
    for wrong in (Settings(), Settings(vault_key_file=tmp_path / "missing")):
        with pytest.raises(Misconfigured):
            open_vault_keys(wrong)


def test_the_command_asks_for_a_purpose_and_records_who(tmp_path, monkeypatch):
    monkeypatch.setenv("WETREAD_DATABASE_URL", f"sqlite:///{tmp_path}/records.db")
    made = CliRunner().invoke(app, ["vault", "key"]).stdout.strip()
    monkeypatch.setenv("WETREAD_VAULT_KEYS", made)
    settings_from_environment.cache_clear()
    records = Records.open(f"sqlite:///{tmp_path}/records.db")
    records.vault.put(Keys([made]), NAME, WHO, days_from_now(3))
    refused = CliRunner().invoke(app, ["vault", "relink", NAME, "--purpose", "curiosity"])
    assert refused.exit_code == Exit.USAGE
    found = CliRunner().invoke(app, ["vault", "relink", NAME, "--purpose", "inspection", "--by", "officer"])
    assert found.exit_code == Exit.OK
    assert "Canary^Wilhelmina" in found.stdout
    assert used(records) == [("officer", f"relink:inspection:{NAME}", Outcome.DONE)]
    assert CliRunner().invoke(app, ["vault", "rotate"]).exit_code == Exit.OK
    assert CliRunner().invoke(app, ["vault", "expire"]).exit_code == Exit.OK
    assert "1 entries, 0 past" in CliRunner().invoke(app, ["vault", "status"]).stdout
    settings_from_environment.cache_clear()
