"""From the event to the receiver: in order, once, with patience, and nothing unsigned unless somebody opted in."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from orchestrator.cli.application import app
from orchestrator.errors import Misconfigured, TryAgain
from orchestrator.exports.hl7v2 import control_id
from orchestrator.hospital import read_hospital
from orchestrator.outbox.couriers import courier_for
from orchestrator.outbox.delivery import Deliverer, back_off
from orchestrator.outbox.tables import Allowed, Mllp
from orchestrator.progress import StudyStatus
from orchestrator.records import Records
from orchestrator.records.outbox import DeliveryState, Subscription
from orchestrator.release import Release, ReleaseEvent, release_of_draft
from orchestrator.report import DraftReport
from orchestrator.settings import Settings, settings_from_environment
from orchestrator.wiring import open_records, tell_destinations
from tests.conftest import wait_until
from tests.orchestrator.exports.fixed_draft import draft as fixed_draft
from tests.orchestrator.exports.fixed_draft import places_by_hand
from tests.orchestrator.exports.fixed_draft import study as fixed_study
from tests.orchestrator.outbox.conftest import HERE
from tests.orchestrator.outbox.peers import MllpReceiver, Said, WebServer, answers, free_port, is_silent, running, takes
from tests.orchestrator.releases import addended, corrected, rejected, signed

PLACES = places_by_hand()


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records.open(f"sqlite:///{tmp_path}/wetread.db")
    yield opened
    opened.close()


def mllp(port: int, **more: object) -> Mllp:
    there = {"name": "ris", "kind": "mllp", "host": "127.0.0.1", "port": port, "timeout_s": 20, "style": {"pdf": False}}
    return Mllp.model_validate({**there, **more})


def subscribe(records: Records, *there: Mllp) -> None:
    records.outbox.subscribe(Subscription(destination=one.name, events=one.wanted) for one in there)


def drafted(records: Records, name: str = "s-0001") -> DraftReport:
    study = fixed_study(PLACES).model_copy(update={"study_id": name})
    made = fixed_draft(PLACES).model_copy(update={"study_id": name, "draft_id": f"d-{name}"})
    records.accept(study, "a" * 64)
    assert records.keep_draft(made, 1, StudyStatus.DRAFTED, ())
    return made


async def until_all_settled(records: Records, *there: Mllp, allowed: Allowed = HERE) -> None:
    """Deliver until nothing waits any more."""
    deliverers = [Deliverer(records, one, courier_for(one, allowed), allowed, Path("nowhere")) for one in there]
    running_now = [asyncio.create_task(one.run()) for one in deliverers]
    async with asyncio.timeout(60):
        while records.outbox.list((DeliveryState.WAITING,)):
            await asyncio.sleep(0.02)
    for one in deliverers:
        one.stop()
    await asyncio.gather(*running_now)


def ids(*releases: Release) -> list[str]:
    return [control_id(one) for one in releases]


async def test_nothing_unsigned_leaves_unless_a_destination_opts_in(records: Records):
    strict, open_to_drafts = MllpReceiver(), MllpReceiver()
    there = (mllp(strict.port), mllp(open_to_drafts.port, name="research", drafts=True))
    subscribe(records, *there)
    made = drafted(records)
    records.outbox.enqueue(rejected(made))
    second = drafted(records, "s-2")
    records.outbox.enqueue(signed(second))
    with running(strict), running(open_to_drafts):
        await until_all_settled(records, *there)
    assert strict.control_ids == ids(signed(second)), "not the draft, and not that it was rejected"
    unsigned = [release_of_draft(made), rejected(made), release_of_draft(second)]
    assert sorted(open_to_drafts.control_ids) == sorted(ids(*unsigned, signed(second)))
    assert all("|R|" not in one and "||||||R\r" not in one and "DRAFT" not in one for one in strict.received)
    drafts = [one for one in open_to_drafts.received if "||||||R\r" in one]
    assert len(drafts) == 2 and all("DRAFT, AI, not verified" in one for one in drafts)


async def test_the_messages_of_a_study_arrive_in_order_whatever_goes_wrong(records: Records):
    """Every second message is refused for now; what comes after waits for it."""
    count = 0

    def moody(message: str, talk) -> None:
        nonlocal count
        count += 1
        (answers("AR") if count % 2 else takes)(message, talk)

    receiver = MllpReceiver(moody)
    there = mllp(receiver.port, drafts=True)
    subscribe(records, there)
    made = drafted(records)
    story = [release_of_draft(made), signed(made), corrected(made), addended(made, corrected(made)), rejected(made)]
    for release in story[1:]:
        records.outbox.enqueue(release)
    with running(receiver):
        await until_all_settled(records, there)
    assert receiver.control_ids == [one for one in ids(*story) for _ in range(2)]


async def test_what_a_receiver_refuses_is_a_dead_letter_and_what_follows_goes_on(records: Records):
    made = drafted(records)
    bad = control_id(signed(made))
    receiver = MllpReceiver(lambda message, talk: (answers("AE", "102") if bad in message else takes)(message, talk))
    there = mllp(receiver.port)
    subscribe(records, there)
    for release in (signed(made), corrected(made)):
        records.outbox.enqueue(release)
    with running(receiver):
        await until_all_settled(records, there)
    [dead] = records.outbox.list((DeliveryState.DEAD,))
    assert (dead.key, dead.reason, dead.attempts) == (signed(made).key, "AE 102", 1)
    assert receiver.control_ids == ids(signed(made), corrected(made))


async def test_a_receiver_that_never_comes_back_leaves_a_dead_letter_after_so_many_attempts(records: Records):
    allowed = HERE.model_copy(update={"attempts": 3})
    there = mllp(free_port())
    subscribe(records, there)
    records.outbox.enqueue(signed(drafted(records)))
    await until_all_settled(records, there, allowed=allowed)
    [dead] = records.outbox.list((DeliveryState.DEAD,))
    assert dead.attempts == 3 and str(dead.reason).startswith("given up after 3 attempts: no connection")


async def test_a_slow_destination_holds_up_no_other(records: Records):
    slow, quick = MllpReceiver(is_silent), MllpReceiver()
    there = (mllp(slow.port, name="slow", timeout_s=30), mllp(quick.port, name="quick"))
    subscribe(records, *there)
    made = [drafted(records, f"s-{number}") for number in range(6)]
    for one in made:
        records.outbox.enqueue(signed(one))
    with running(slow), running(quick):
        deliverers = [Deliverer(records, one, courier_for(one, HERE), HERE, Path("nowhere")) for one in there]
        tasks = [asyncio.create_task(one.run()) for one in deliverers]
        async with asyncio.timeout(20):
            while len(quick.received) < 6:
                await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(quick.control_ids) == sorted(ids(*(signed(one) for one in made)))


async def test_a_fault_of_ours_is_tried_again_and_stops_nobody_else(records: Records, caplog: pytest.LogCaptureFixture):
    class Faulty:
        calls = 0

        async def deliver(self, letter) -> str:
            self.calls += 1
            if self.calls == 1:
                raise KeyError("Neill")
            return "AA"

        async def close(self) -> None: ...

    there = mllp(1)
    subscribe(records, there)
    records.outbox.enqueue(signed(drafted(records)))
    deliverer = Deliverer(records, there, Faulty(), HERE, Path("nowhere"))
    task = asyncio.create_task(deliverer.run())
    async with asyncio.timeout(20):
        while not records.outbox.list((DeliveryState.DELIVERED,)):
            await asyncio.sleep(0.02)
    deliverer.stop()
    await task
    assert "Neill" not in caplog.text


def test_the_wait_doubles_to_a_limit_and_half_of_it_is_chance():
    allowed = Allowed(back_off_s=1.0, back_off_at_most_s=60.0)
    for attempt, longest in ((1, 1.0), (2, 2.0), (5, 16.0), (7, 60.0), (5000, 60.0)):
        waits = [back_off(attempt, allowed) for _ in range(50)]
        assert longest / 2 <= min(waits) and max(waits) <= longest
        assert max(waits) - min(waits) > longest / 10


def hospital_file(folder: Path, *destinations: dict[str, object]) -> Path:
    lines = ['[outbox]\nhosts = ["127.0.0.1"]\nprivate_networks = ["127.0.0.0/8"]\nlease_s = 1.0\nback_off_s = 0.05']
    for one in destinations:
        lines.append("[[destinations]]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in one.items()]
    path = folder / "hospital.toml"
    path.write_text("\n".join(lines))
    return path


def test_what_is_drafted_before_the_outbox_is_there_waits_for_it(tmp_path: Path, settings: Settings):
    """The first start of all: worker and API know the destinations of the hospital's file themselves."""
    there = {"name": "ris", "kind": "mllp", "host": "127.0.0.1", "port": 1, "drafts": True}
    chosen = settings.model_copy(update={"hospital": hospital_file(tmp_path, there)})
    records = open_records(chosen)
    tell_destinations(records, chosen)
    tell_destinations(records, chosen)
    drafted(records)
    assert [one.event for one in records.outbox.list((DeliveryState.WAITING,))] == [ReleaseEvent.DRAFTED]
    tell_destinations(records, chosen.model_copy(update={"hospital": None}))
    drafted(records, "s-2")
    assert len(records.outbox.list()) == 2, "a command that is run without the file changes nothing"
    records.close()


def test_a_destination_whose_host_is_not_listed_is_said_at_start(tmp_path: Path):
    path = hospital_file(tmp_path, {"name": "ris", "kind": "mllp", "host": "ris.example", "port": 1})
    with pytest.raises(Misconfigured, match="the host of destination ris is not in the hosts"):
        read_hospital(path)


def test_a_draft_cannot_be_asked_for_as_an_event(tmp_path: Path):
    there = {"name": "ris", "kind": "mllp", "host": "127.0.0.1", "port": 1, "events": ["drafted"]}
    with pytest.raises(Misconfigured, match="events"):
        read_hospital(hospital_file(tmp_path, there))


@contextmanager
def process(environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(
        [sys.executable, "-m", "orchestrator.outbox", "--port", str(port)], env={**os.environ, **environment}
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_the_process_killed_in_mid_delivery_is_replaced_and_the_receiver_has_everything_once(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    receiver, web = MllpReceiver(is_silent), WebServer(lambda _: Said(204, b""))
    (tmp_path / "secret").write_text("s")
    path = hospital_file(
        tmp_path,
        {"name": "ris", "kind": "mllp", "host": "127.0.0.1", "port": receiver.port, "timeout_s": 30},
        {"name": "hook", "kind": "webhook", "url": f"{web.url}/", "secret_file": str(tmp_path / "secret")},
    )
    environment = {"WETREAD_DATABASE_URL": f"sqlite:///{tmp_path}/wetread.db", "WETREAD_HOSPITAL": str(path),
                   "WETREAD_STORE": str(tmp_path / "store")}  # fmt: skip
    port = free_port()
    with running(receiver), running(web):
        with process(environment, port):
            wait_until(lambda: is_ready(port), "the outbox did not start", 120)
            made = drafted(records)
            records.outbox.enqueue(signed(made))
            wait_until(lambda: receiver.received and web.asked, "nothing was sent", 120)
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
            assert 'wetread_outbox{destination="ris",state="waiting"} 1.0' in text
        receiver.behaviour = takes
        with process(environment, port):
            wait_until(lambda: not records.outbox.list((DeliveryState.WAITING,)), "it did not arrive", 120)
    assert set(receiver.control_ids) == set(ids(signed(made))) and len(receiver.received) >= 2
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WETREAD_RUN", str(tmp_path / "run"))  # not the record of parts that run beside the tests
    settings_from_environment.cache_clear()
    shown = CliRunner().invoke(app, ["outbox", "list", "--json"])
    settings_from_environment.cache_clear()
    assert [one["state"] for one in json.loads(shown.stdout)["messages"]] == ["delivered", "delivered"]


def test_a_person_sees_what_was_given_up_and_sends_it_again(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    subscribe(records, mllp(1))
    made = drafted(records)
    records.outbox.enqueue(signed(made))
    [one] = records.outbox.claim("ris", 1, 60)
    records.outbox.bury(one.delivery, "AE 102")
    monkeypatch.setenv("WETREAD_DATABASE_URL", f"sqlite:///{tmp_path}/wetread.db")
    monkeypatch.setenv("WETREAD_RUN", str(tmp_path / "run"))
    settings_from_environment.cache_clear()
    ask = CliRunner().invoke
    dead = ask(app, ["outbox", "dead"])
    assert dead.exit_code == 5 and "AE 102" in dead.stdout and "Neill" not in dead.stdout
    assert ask(app, ["outbox", "resend", signed(made).key]).exit_code == 0
    assert [row.state for row in records.outbox.list()] == [DeliveryState.WAITING]
    assert ask(app, ["outbox", "resend", "no such key"]).exit_code == 3
    assert ask(app, ["outbox", "dead"]).exit_code == 0
    settings_from_environment.cache_clear()


async def test_a_study_that_is_gone_is_no_crash(records: Records):
    subscribe(records, mllp(1))
    records.outbox.enqueue(signed(drafted(records)))
    [claimed] = records.outbox.claim("ris", 1, 60)
    deliverer = Deliverer(records, mllp(1), courier_for(mllp(1), HERE), HERE, Path("nowhere"))
    orphan = claimed._replace(delivery=claimed.delivery.model_copy(update={"study_id": "elsewhere"}))
    with pytest.raises(TryAgain):
        deliverer._letter(orphan)
