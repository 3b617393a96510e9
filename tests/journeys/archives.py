"""Archives that are not ours, with studies in them: dcmtk's dcmqrscp and Debian's Orthanc."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@contextmanager
def dcmqrscp(folder: Path, port: int, our_port: int) -> Iterator[None]:
    """Run an archive of the title ARCHIVE that knows us as WETREAD."""
    program = _program("dcmqrscp", "dcmtk")
    folder.mkdir(parents=True)
    (folder / "images").mkdir()
    (folder / "dcmqrscp.cfg").write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        f"HostTable BEGIN\nwetread = (WETREAD, 127.0.0.1, {our_port})\nHostTable END\n"
        "VendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nARCHIVE {folder}/images RW (200, 1024mb) ANY\nAETable END\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(folder / "dcmqrscp.cfg")], stdout=log, stderr=log)
    try:
        echo = ["echoscu", "-aec", "ARCHIVE", "127.0.0.1", str(port)]
        _wait(lambda: subprocess.run(echo, check=False, capture_output=True).returncode == 0, "dcmqrscp")
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def orthanc(folder: Path, port: int, http: int, our_port: int, our_api: str) -> Iterator[httpx.Client]:
    """Run Orthanc with its DICOMweb plugin, which knows our two doors as ``wetread``."""
    program = _program("Orthanc", "orthanc")
    if not PLUGIN.exists():
        pytest.skip("Orthanc's DICOMweb plugin is not installed (Debian: orthanc-dicomweb)")
    folder.mkdir(parents=True)
    configuration = {
        **{"StorageDirectory": str(folder), "IndexDirectory": str(folder), "DicomPort": port, "HttpPort": http},
        **{"DicomAet": "ORTHANC", "RemoteAccessAllowed": False, "AuthenticationEnabled": False},
        **{"DicomAlwaysAllowStore": True, "DicomAlwaysAllowFind": True, "DicomAlwaysAllowGet": True},
        "Plugins": [str(PLUGIN)],
        "DicomModalities": {"wetread": ["WETREAD", "127.0.0.1", our_port]},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "Servers": {"wetread": {"Url": f"{our_api}/dicomweb/"}}},
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=log)
    client = httpx.Client(base_url=f"http://127.0.0.1:{http}", timeout=60, trust_env=False)
    try:
        _wait(lambda: _answers(client), "Orthanc")
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(20)


def send(port: int, called: str, paths: Sequence[Path]) -> None:
    """Store files at an archive with dcmtk's storescu."""
    command = [_program("storescu", "dcmtk"), "-aec", called, "127.0.0.1", str(port), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _program(name: str, package: str) -> str:
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed (Debian: {package})")
    return program


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/system").status_code == 200
    except httpx.TransportError:
        return False


def _wait(condition, who: str, patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"{who} does not start"
        time.sleep(0.1)
