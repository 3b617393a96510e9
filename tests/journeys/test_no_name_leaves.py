"""Made-up names in the header, the order and the file names: they are in the identified record, and nowhere else.

Real parts throughout: all that is asked of the services and of vLLM is recorded on the way, and Redis is listened to
from its first command. The model's profile takes the indication, which the bundled model's would not.
"""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import pytest
from PIL import Image
from redis import Redis
from redis.exceptions import RedisError

from deploy.local.settings import ROOT
from tests.drawn.dicom import dicom_bytes, png_bytes, radiograph_dataset
from tests.journeys.canaries import FILE_NAME, INDICATION, MEMBER_NAME, ORDER, everything_in, found_in, with_canaries
from tests.journeys.clinic import Clinic, Film
from tests.journeys.conftest import REAL, Stack, open_real_line, profile_in
from tests.journeys.line import Line, free_port
from tests.journeys.measured import family
from tests.phantoms import Abnormality, draw_chest

pytestmark = pytest.mark.journey

KEY = "KNRY-KEY-Ysolde"
IDENTIFIED = ("originals", "wetread.db")
"""The identified zone: received bytes, and the record that belongs to them."""
PICTURE_CHUNKS = {b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"pHYs"}


class Ear:
    """Hears every command that a Redis is sent."""

    def __init__(self, url: str) -> None:
        self._heard: list[str] = []
        self._listener = Redis.from_url(url, socket_timeout=None).monitor()
        self._listener.__enter__()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def heard(self) -> bytes:
        return "\n".join(self._heard).encode()

    def _listen(self) -> None:
        try:
            for command in self._listener.listen():
                self._heard.append(str(command["command"]))
        except (RedisError, OSError, ValueError):
            return  # Redis ended with the journey


class Story(NamedTuple):
    """What was sent, and everything that was said."""

    clinic: Clinic
    from_header: str
    """The study of a film that is full of names."""
    from_order: str
    """The study of a picture whose order is full of names."""
    places: dict[str, bytes]


@pytest.fixture(scope="module")
def line(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("profile")
    chosen = {"worker_metrics_port": free_port(), "language_profile": profile_in(folder, free_text="true")}
    with open_real_line(stack, tmp_path_factory.mktemp("line"), chosen) as opened:
        yield opened


@pytest.fixture(scope="module")
def canary_film() -> bytes:
    chest = draw_chest(Abnormality("cardiomegaly"), seed=9)
    return dicom_bytes(with_canaries(radiograph_dataset(chest.pixels, PatientAge=None)))


@pytest.fixture(scope="module")
def story(line: Line, stack: Stack, canary_film: bytes, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Two studies from two senders, everything that can be refused, and the command; then all that was left behind."""
    ear, clinic = Ear(line.redis.url), Clinic(line.api_url)
    before = set(outside(stack.folder.path))
    line.start_worker()
    from_header = clinic.send(Film(zip_of(MEMBER_NAME, canary_film), FILE_NAME))
    picture = png_bytes(draw_chest(Abnormality("cardiomegaly"), seed=8).pixels)
    from_order = clinic.send(Film(picture, FILE_NAME), order=ORDER)
    told = heard_live(clinic, from_header)
    clinic.wait_for(from_header, from_order)
    problems = refusals(clinic, canary_film)
    the_command(stack, canary_film, tmp_path_factory.mktemp("films"))
    places = {
        "requests to the services": b"".join(line.services[part].asked for part in REAL if part != "language"),
        "requests to the language model": line.services["language"].asked,
        "commands to Redis": ear.heard,
        "keys of Redis": everything_in(line.redis.url) + everything_in(stack.environment["REDIS_URL"]),
        "metrics": metrics_of_every_process(line, stack),
        "logs": line.log.encode() + b"".join(log.read_bytes() for log in stack.folder.logs.iterdir()),
        "file names": file_names(line.folder, stack.folder.path),
        "files outside the identified zone": files(outside(line.folder))
        + files(written_since(before, stack.folder.path)),
        "command lines": command_lines(stack),
        "live progress": told,
        "refusals": problems,
        "what the API says without naming the patient": answers(clinic, from_header) + answers(clinic, from_order),
    }
    return Story(clinic, from_header, from_order, places)


def zip_of(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        archive.writestr("Kanarienordner/notiz.txt", "kanarien")
    return buffer.getvalue()


def heard_live(clinic: Clinic, study_id: str) -> bytes:
    with clinic.http.stream("GET", f"/v1/studies/{study_id}/events", timeout=400) as stream:
        return b"".join(stream.iter_bytes())


def refusals(clinic: Clinic, film: bytes) -> bytes:
    """Everything that a sender can get wrong, each with a name in it; returns what was answered."""
    huge = with_canaries(radiograph_dataset(np.zeros((8, 8), np.uint16)))
    huge.Rows = huge.Columns = 60000
    http = clinic.http
    answers = [
        clinic.post(Film(film[:2000], FILE_NAME)),
        clinic.post(Film(film[:-5000], FILE_NAME)),
        clinic.post(Film(dicom_bytes(huge), FILE_NAME)),
        clinic.post(Film(b"Kanarien Ysolde", FILE_NAME)),
        clinic.post(Film(zip_of("Kanarien.txt", b"Ysolde"), FILE_NAME)),
        clinic.post(Film(film, FILE_NAME), order={**ORDER, "Kanarienfeld": "Ysolde"}),
        clinic.post(Film(film, FILE_NAME), order={"birth_date": "Ysolde Kanarien"}),
        http.post("/v1/studies", files={"Kanarienteil": (FILE_NAME, film)}),
        http.post("/v1/studies", content=film, headers={"content-type": "kanarien/ysolde"}),
        http.get("/v1/studies?limit=Ysolde&Kanarien=1"),
        http.get("/v1/studies/Kanarien-Ysolde-1"),
        http.get("/Kanarien/Ysolde"),
        http.post("/v1/studies", files={"files": (FILE_NAME, film[:300])}, headers={"Idempotency-Key": KEY}),
        http.post("/v1/studies", files={"files": (FILE_NAME, film[:300])}, headers={"Idempotency-Key": "Kan arien"}),
    ]
    assert all(400 <= answer.status_code < 500 for answer in answers), [answer.status_code for answer in answers]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    return b"\n".join(answer.content + str(dict(answer.headers)).encode() for answer in answers)


def the_command(stack: Stack, film: bytes, folder: Path) -> None:
    """``wetread draft`` of a file whose name is the patient's, on the installation itself."""
    path = folder / FILE_NAME
    path.write_bytes(film)
    command = [sys.executable, "-c", "from orchestrator.cli import app; app()", "draft", path, "--out", folder / "out"]
    environment = {**stack.environment, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=400)
    assert found_in((folder / "out" / "draft.txt").read_bytes()), "the person who asked may know whose film it is"


def metrics_of_every_process(line: Line, stack: Stack) -> bytes:
    worker = f"http://127.0.0.1:{line.settings.worker_metrics_port}"
    doors = [line.api_url, worker, stack.api, *(stack.url(part) for part in REAL)]
    answers = [httpx.get(f"{door}/metrics", timeout=60, trust_env=False).raise_for_status() for door in doors]
    return b"\n".join(answer.content for answer in answers)


def outside(folder: Path) -> list[Path]:
    """Every path in a folder but the identified zone."""
    return [path for path in folder.rglob("*") if not path.relative_to(folder).parts[0].startswith(IDENTIFIED)]


def file_names(*folders: Path) -> bytes:
    """The identified zone's too: names of files are seen by whoever copies or lists them."""
    return "\n".join(str(path.relative_to(folder)) for folder in folders for path in folder.rglob("*")).encode()


def written_since(before: set[Path], folder: Path) -> list[Path]:
    """Every path but the pixels of films that were there before."""
    return [path for path in outside(folder) if path not in before or path.suffix != ".npy"]


def files(paths: list[Path]) -> bytes:
    return b"\n".join(path.read_bytes() for path in paths if path.is_file())


def command_lines(stack: Stack) -> bytes:
    pids = family(stack.state.supervisor_pid)
    return b"\n".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids if Path(f"/proc/{pid}").exists())


def answers(clinic: Clinic, study_id: str) -> bytes:
    """What a colleague who may not know the patient can be shown."""
    said = [clinic.get(study_id, what) for what in ("draft", "evidence", "specialist-results")]
    names = [one["name"] for one in httpx.Response(200, content=said[1]).json()["evidence"]]
    said += [clinic.get(study_id, f"evidence/{name}.png") for name in names]
    said += [clinic.http.get(f"/v1/studies/{study_id}").content, clinic.http.get("/v1/studies").content]
    return b"\n".join(said)


PLACES = (
    "requests to the services", "requests to the language model", "commands to Redis", "keys of Redis", "metrics",
    "logs", "file names", "files outside the identified zone", "command lines", "live progress", "refusals",
    "what the API says without naming the patient",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_name_is_in(story: Story, place: str):
    content = story.places[place]
    assert len(content) > 100, "there was something to look at"
    assert found_in(content) == []


def test_every_place_is_looked_at(story: Story):
    assert set(PLACES) == set(story.places)
    asked = story.places["requests to the services"]
    assert asked.count(b"POST /v1/analyze") >= 8, "the gate and three services, for each of two studies"
    assert b"XADD" in story.places["commands to Redis"] or b"EVALSHA" in story.places["commands to Redis"]
    assert b"drafted" in story.places["logs"]
    assert b'"kind":"drafted"' in story.places["live progress"]


def test_the_indication_reaches_the_model_without_the_name(story: Story):
    """The words pass and the names do not: the recorder does see what the model is asked."""
    asked = story.places["requests to the language model"]
    assert asked.count(b"POST /v1/chat/completions") >= 2
    assert asked.count(b"rule out pneumonia") >= 2
    assert INDICATION.encode() not in asked


def test_pictures_hold_pixels_and_no_text(story: Story, stack: Stack):
    pictures = [path.read_bytes() for path in (stack.folder.path / "store").rglob("*.png")]
    listed = story.clinic.http.get(f"/v1/studies/{story.from_header}/evidence").json()["evidence"]
    pictures += [story.clinic.get(story.from_header, f"evidence/{one['name']}.png") for one in listed]
    assert pictures
    assert {chunk for picture in pictures for chunk in chunks_of(picture)} <= PICTURE_CHUNKS
    assert not any(Image.open(io.BytesIO(picture)).info.keys() - {"dpi", "transparency"} for picture in pictures)


def chunks_of(picture: bytes) -> set[bytes]:
    found, at = set(), 8
    while at < len(picture):
        found.add(picture[at + 4 : at + 8])
        at += 12 + int.from_bytes(picture[at : at + 4], "big")
    return found


def test_the_search_finds_each_name_where_it_belongs(line: Line, story: Story):
    """In the received bytes and in the record: the search is not blind."""
    originals = b"".join(path.read_bytes() for path in (line.folder / "originals").rglob("*") if path.is_file())
    assert {"kanarien", "knryacc", "ysolde", "440771", "19430217", "nepomuk"} <= set(found_in(originals))
    record = b"".join(path.read_bytes() for path in line.folder.glob("wetread.db*"))
    assert {"kanarien", "knryord", "ysolde", "philomena", "19430217", "19880923"} <= set(found_in(record))


@pytest.mark.parametrize("form", ["text", "hl7", "fhir", "pdf"])
def test_what_goes_to_the_ward_names_the_patient(story: Story, form: str):
    for study_id, family_name, number in (
        (story.from_header, "Kanarienfürst", "KNRY-ID-440771"),
        (story.from_order, "Kanarienkind", "KNRYORDERPID9494"),
    ):
        content = story.clinic.get(study_id, f"draft/{form}")
        text = read_pdf(content) if form == "pdf" else content.decode()
        assert family_name in text
        assert number in text


def read_pdf(content: bytes) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
    ).stdout.decode()
