"""The process that decodes: imports the codecs once, and forks a fresh child for every file.

``python -m orchestrator.ingest.decode DESCRIPTOR`` is started by :mod:`orchestrator.ingest.child`. It never
touches untrusted bytes itself: over the socket DESCRIPTOR it is handed one end of a new socket for each job,
and forks. The child says ``ready``, reads a :class:`~orchestrator.ingest.decoded.Job` on one line, takes
limits on itself that nothing can lift again, answers with an :class:`~orchestrator.ingest.decoded.Answer` on
one line, and is gone. Whatever else goes wrong ends the child; a watcher that touches nothing says so for it.
Nothing is said on stderr that anybody keeps: a traceback could hold a header value.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Literal, NoReturn

from orchestrator.errors import RefusedInput, TooLarge, UnreadableImage, UnsupportedImage
from orchestrator.ingest.decoded import Answer, Decoded, Job, PixelFacts
from orchestrator.ingest.dicom import DicomImage
from orchestrator.ingest.index import index
from orchestrator.ingest.kind import Kind, kind_of
from orchestrator.ingest.limits import IngestLimits
from orchestrator.ingest.pictures import read_picture
from orchestrator.ingest.store import put_array
from orchestrator.ingest.unpack import unpack
from orchestrator.ingest.values import Grey
from services.contract import Window

READY = b"ready\n"
REFUSALS: dict[Literal["TooLarge", "UnsupportedImage", "UnreadableImage"], type[RefusedInput]] = {
    "TooLarge": TooLarge,
    "UnsupportedImage": UnsupportedImage,
    "UnreadableImage": UnreadableImage,
}


def main() -> None:
    """Fork a child for every socket that comes, until the parent is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        while True:
            said, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
            if not said:
                return
            if os.fork() == 0:
                channel.close()
                watch_one_job(descriptors[0])
            os.close(descriptors[0])


def watch_one_job(descriptor: int) -> NoReturn:
    """Fork the process that does the job, and say what killed it when something did."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with socket.socket(fileno=descriptor) as line:
            worker = os.fork()
            if worker == 0:
                status = do_one_job(line)
            else:
                death = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
                if death != 0:
                    line.sendall(obituary(death).model_dump_json().encode() + b"\n")
                status = 0
    finally:
        os._exit(status)


def do_one_job(line: socket.socket) -> int:
    """Serve one job over a socket and return the exit status."""
    line.sendall(READY)
    with line.makefile("rb") as asked:
        job = Job.model_validate_json(asked.readline())
    take_limits(job.limits)
    line.sendall(answer(job).model_dump_json().encode() + b"\n")
    return 0


def obituary(death: int) -> Answer:
    """Return the answer for a process that could not give one; ``death`` is minus the signal that killed it."""
    if -death in {signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL, signal.SIGXFSZ}:
        return Answer(error="TooLarge", message="the file needs more time or memory to decode than the limits allow")
    return Answer(error="UnreadableImage", message="the file is damaged or not what it says it is")


def answer(job: Job) -> Answer:
    """Return what became of a job, typed errors included."""
    try:
        if job.task == "unpack":
            members, skipped = unpack(job)
            return Answer(members=members, skipped=skipped)
        if job.task == "index":
            return Answer(indexed=index(job.path, job.limits))
        return Answer(decoded=decode(job))
    except RefusedInput as error:
        kind = next(name for name, refusal in REFUSALS.items() if isinstance(error, refusal))
        return Answer(error=kind, message=str(error))
    except RecursionError:
        return Answer(error="UnreadableImage", message="the header is nested too deeply")
    except MemoryError:
        return Answer(error="TooLarge", message="the file needs more memory than the limits allow")


def decode(job: Job) -> Decoded:
    """Decode one image file into the store.

    Raises
    ------
    RefusedInput
        One of its kinds; see :mod:`orchestrator.errors`.
    """
    with job.path.open("rb") as file:
        head = file.read(256)
    kind = kind_of(head)
    if not head:
        raise UnreadableImage("the file is empty")
    if kind is Kind.DICOM:
        image = DicomImage(job.path, job.limits)
        pixels = _stored(job, image.values, image.highest, image.window)
        return Decoded(header=image.header, pixels=pixels, frame_count=image.frame_count, caveats=image.caveats)
    if kind in {Kind.PNG, Kind.JPEG}:
        values, highest = read_picture(job.path, job.limits)
        return Decoded(pixels=_stored(job, values, highest, None))
    raise UnsupportedImage("not a DICOM, PNG, JPEG or zip file")


def _stored(job: Job, values: Grey, highest: int, window: Window | None) -> PixelFacts:
    location, sha256 = put_array(job.root, values, job.scratch)
    return PixelFacts(
        location=location,
        sha256=sha256,
        rows=values.shape[0],
        columns=values.shape[1],
        samples_per_pixel=3 if values.ndim == 3 else 1,
        dtype="uint8" if values.dtype.itemsize == 1 else "uint16",
        minimum_value=0,
        maximum_value=max(highest, 1),
        window=window,
    )


def take_limits(limits: IngestLimits) -> None:
    """Bound what this process may use from here on; nothing can lift it again."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * os.sysconf("SC_PAGE_SIZE") + limits.memory_bytes
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, limits.processor_s),
        (resource.RLIMIT_FSIZE, max(limits.array_bytes, limits.upload_bytes)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(kind, (value, value))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.wall_clock_s)


if __name__ == "__main__":
    main()
