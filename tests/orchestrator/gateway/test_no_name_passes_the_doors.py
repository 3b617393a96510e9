"""Made-up names through every listener: kept where patients are known, and nowhere that can be read without leave."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from orchestrator.deidentify import deidentify
from orchestrator.gateway.hl7.desk import Hl7Desk
from orchestrator.gateway.hl7.tables import Hl7Listener
from orchestrator.records.arrivals import StudyStanding
from tests.drawn.dicom import dicom_bytes
from tests.journeys.canaries import FILE_NAME, HEADER, INDICATION, ORDER, everything_in, found_in, with_canaries
from tests.orchestrator.gateway.conftest import film, gateway, run, settled
from tests.orchestrator.gateway.hl7.ris import order

PID = "PID|1||KNRY-ID-440771^^^Kanarienspital^MR||Kanarienfürst^Ysolde^Quenby||19430217|F|||Kanariengasse 17"
OBR = f"OBR|1|KNRYPLACER7272||CXR^Kanarienaufnahme|||||||||{INDICATION}|||Kanarienarzt^Thaddäus||KNRYACC5150"


class Left(NamedTuple):
    """What the doors left behind."""

    said: dict[str, bytes]
    """Every place that names nobody."""
    identified: bytes
    """The received bytes and the record."""
    standing: tuple[StudyStanding, ...]


def canary_film(number: int):
    dataset = with_canaries(film(number))
    root = str(HEADER["StudyInstanceUID"]).rpartition(".")[0]
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{root}.{number}1", f"{root}.{number}2"
    dataset.SOPInstanceUID = f"{root}.{number}3"
    return dataset


def messages() -> list[bytes]:
    whole = order("KNRYMSG1").split("\r")
    good = "\r".join([whole[0], PID, whole[2], OBR, ""])
    return [
        good.encode(),
        good.replace("ORM^O01", "ADT^A08").encode(),
        good.replace("ORM^O01", "XXX^K01").encode(),
        good.replace("19430217", "Kanarientag").replace("KNRYMSG1", "KNRYMSG2").encode(),
        good.replace("KNRY-ID-440771", "KNRY-ID-" + "440771" * 40).replace("KNRYMSG1", "KNRYMSG3").encode(),
        good.partition("PID")[0].encode(),
        good.encode("utf-16"),
        good[4:].encode(),
    ]


@pytest.fixture
async def left(settings, tmp_path, capfd) -> Left:
    """Send films over C-STORE and into the folder, whole and damaged, and orders over HL7; then look everywhere."""
    tables = f'[dicom]\nport = 0\n[folder]\npath = "{tmp_path}/in"\nstable_s = 0.3\n'
    with capture_logs() as logs:
        async with gateway(settings, tmp_path / "hospital", tables) as hall:
            sent, dropped = canary_film(1), canary_film(2)
            (tmp_path / "sent.dcm").write_bytes(dicom_bytes(sent))
            host, port = hall.addresses["dicom"]
            code, said = await run("storescu", "-aec", "WETREAD", host, str(port), tmp_path / "sent.dcm")
            assert code == 0, said
            (tmp_path / "in" / FILE_NAME).write_bytes(dicom_bytes(dropped))
            (tmp_path / "in" / f"cut {FILE_NAME}").write_bytes(dicom_bytes(canary_film(3))[:900])
            (tmp_path / "in" / "Kanarienbrief.txt").write_text("Ysolde Kanarienfürst")
            studies = [await settled(hall, str(one.StudyInstanceUID)) for one in (sent, dropped)]
            async with asyncio.timeout(20):
                while len(list((tmp_path / "in").glob("*/*"))) < 3:
                    await asyncio.sleep(0.05)
            desk = Hl7Desk(hall.records, Hl7Listener(name="ris"))
            replies = [(await asyncio.to_thread(desk.answer, message)).message for message in messages()]
            known = [hall.records.study(one.study_id) for one in studies]
            below = "".join(deidentify(one).model_dump_json() for one in known)
            record = "".join(one.model_dump_json() for one in known)
    queue = everything_in(settings.redis_url)
    names = [path.name for root in (settings.originals, settings.store) for path in root.rglob("*")]
    originals = [path.read_bytes() for path in settings.originals.rglob("*") if path.is_file()]
    output = "".join(capfd.readouterr())
    return Left(
        said={
            "logs": str(logs).encode() + output.encode(),
            "metrics": generate_latest(),
            "queue": queue,
            "file names": " ".join(names).encode(),
            "acknowledgements": b"".join(replies),
            "below the line": below.encode(),
        },
        identified=b"".join(originals) + record.encode(),
        standing=tuple(study.standing for study in studies),
    )


async def test_no_canary_is_anywhere_but_where_patients_are_known(left):
    assert set(left.standing) == {StudyStanding.ACCEPTED}
    assert {place: found for place, content in left.said.items() if (found := found_in(content))} == {}
    assert all(content for content in left.said.values()), "there was something to look at"
    assert {"kanarien", "ysolde", "440771", "19430217", "nepomuk"} <= set(found_in(left.identified))


def test_the_orders_canaries_are_those_of_the_journey():
    assert {"KNRYPLACER7272"} <= {str(value) for value in ORDER.values()}
