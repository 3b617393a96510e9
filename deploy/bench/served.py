"""Our way: one decode in a child, references, and two specialist services over HTTP, as they are deployed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import cv2
import httpx
import numpy as np
import numpy.typing as npt

from deploy.local.ports import choose
from deploy.local.settings import ROOT
from orchestrator.ingest.assemble import assemble
from orchestrator.ingest.child import Children
from orchestrator.ingest.limits import limits_from
from orchestrator.ingest.received import ReceivedFile
from orchestrator.settings import Settings
from services.anatomy import CHEST_STRUCTURES
from services.classification.chest_radiograph import ChestRadiograph
from services.classification.published_networks import LABELS
from services.contract import AnalyzeRequest, AnalyzeResponse, ImageReference, Mask, ServiceCard, Subject, label_of
from services.pixels import Pixels
from services.segmentation.chest_anatomy_pspnet import ChestAnatomyPspnet
from services.settings import ServiceSettings
from services.store import Store

READY_S = 600.0
TRAINED = "chest_anatomy"
"""The bundled outlines: masks are held to a network that was trained."""
ASKED = {"classification": ("chest_radiograph",), "segmentation": ("chest_anatomy_pspnet",)}


class Installation:
    """Two running services, a store, and a decoding process.

    Parameters
    ----------
    folder
        Its run folder.
    weights
        Where the official files lie.
    """

    def __init__(self, folder: Path, weights: Path) -> None:
        self.store = folder / "store"
        self.services = ServiceSettings(store=self.store, run=folder, weights=weights, air_gapped=True)
        self._settings = Settings(store=self.store, originals=folder / "originals")
        self._folder, self._weights = folder, weights
        self.urls: dict[str, str] = {}
        self._loop = asyncio.Runner()
        self._client = httpx.Client(trust_env=False, timeout=READY_S, limits=httpx.Limits(max_connections=64))
        self._threads = ThreadPoolExecutor(32)

    @contextmanager
    def running(self) -> Iterator[Installation]:
        """Start everything, and end it again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        processes: list[subprocess.Popen[bytes]] = []
        children = Children(limits_from(self._settings))
        try:
            for name, port in choose(tuple(ASKED), {}).items():
                self.urls[name] = f"http://127.0.0.1:{port}"
                processes.append(self._start(name, port))
            self._children = self._loop.run(children.__aenter__())
            for name in ASKED:
                self._until_ready(name)
            yield self
        finally:
            self._loop.run(children.__aexit__(None, None, None))
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()
            self._threads.shutdown()
            self._loop.close()

    def decode(self, film: Path) -> ImageReference:
        """Return a film in the store."""
        received = ReceivedFile(path=film, sha256="0" * 64, size_bytes=film.stat().st_size)
        study = self._loop.run(assemble([received], None, self._settings, self._children))
        return study.series[0].instances[0].image.model_copy(update={"image_id": "image-1"})

    def ask(self, service: str, image: ImageReference, specialists: tuple[str, ...] = ()) -> AnalyzeResponse:
        """Ask one service over HTTP: the specialists that are timed, where none are named."""
        asked = specialists or ASKED[service]
        body = AnalyzeRequest(images=(image,), specialists=asked, deadline_s=READY_S).model_dump_json()
        headers = {"content-type": "application/json"}
        answer = self._client.post(f"{self.urls[service]}/v1/analyze", content=body, headers=headers)
        answer.raise_for_status()
        response = AnalyzeResponse.model_validate_json(answer.content)
        if not response.results:
            raise RuntimeError(f"the {service} service gave no result: {response.limitations}")
        return response

    def ask_both(self, image: ImageReference) -> tuple[AnalyzeResponse, ...]:
        """Ask both services at once, as the orchestrator does."""
        return tuple(self._threads.map(lambda service: self.ask(service, image), ASKED))

    def backends(self) -> dict[str, str]:
        """Return what runs each network, and what else was measured."""
        described: dict[str, str] = {}
        for name, (specialist,) in ASKED.items():
            card = ServiceCard.model_validate_json(self._client.get(f"{self.urls[name]}/v1/card").content)
            described |= {one.specialist: one.backend for one in card.specialists if one.specialist == specialist}
        return described

    def study(self, film: Path) -> None:
        """Read one film from the file on."""
        self.ask_both(self.decode(film))

    def scores(self, response: AnalyzeResponse) -> dict[str, float]:
        """Return the score of each label, by the library's names."""
        names = {label: name for name, label in LABELS.items()}
        found = response.results[0].findings
        return {names[label_of(one.code)]: one.evidence[0].score or 0.0 for one in found}

    def trained_masks(self, image: ImageReference) -> dict[str, npt.NDArray[np.bool_]]:
        """Return the outlines of the bundled network, which was trained, by the names of the structures."""
        names = {(one.label, one.laterality): one.name for one in CHEST_STRUCTURES}
        masks = {}
        for one in self.ask("segmentation", image, (TRAINED,)).results[0].structures:
            region = one.evidence.regions[0]
            assert isinstance(region, Mask)
            read = np.asarray(cv2.imread(str(self.store / region.array.location), cv2.IMREAD_GRAYSCALE))
            label = label_of(one.code)
            assert label is not None
            masks[names[label, one.laterality]] = read > 0
        return masks

    def _start(self, name: str, port: int) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "WETREAD_STORE": str(self.store),
            "WETREAD_RUN": str(self._folder),
            "WETREAD_WEIGHTS": str(self._weights),
            "WETREAD_AIR_GAPPED": "1",
            "OMP_WAIT_POLICY": "PASSIVE",
            "GOMP_SPINCOUNT": "0",
        }
        command = [sys.executable, "-m", "uvicorn", f"services.{name}.main:app", "--port", str(port)]
        with (self._folder / f"{name}.log").open("wb") as log:
            options = ["--host", "127.0.0.1", "--no-access-log"]
            return subprocess.Popen([*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log)

    def _until_ready(self, name: str) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            try:
                if self._client.get(f"{self.urls[name]}/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise RuntimeError(f"the {name} service is not ready; {self._folder / name}.log says why")


class InProcess:
    """The same specialists called as functions: the bound that HTTP is held to."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._store = Store(settings.store, fsync=settings.fsync)
        self._readers = (ChestRadiograph(settings), ChestAnatomyPspnet(settings))
        for reader in self._readers:
            reader.load()
        self._threads = ThreadPoolExecutor(32)

    def ask_both(self, image: ImageReference) -> None:
        """Read one image with both."""
        pixels = Pixels(image, self._store)
        list(self._threads.map(lambda reader: reader.analyze([pixels], Subject()), self._readers))


def all_at_once(ask: Callable[[ImageReference], object], images: Sequence[ImageReference], in_flight: int) -> None:
    """Ask about every image, so many at a time."""
    with ThreadPoolExecutor(in_flight) as pool:
        list(pool.map(ask, images))
