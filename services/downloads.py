"""Fetch a published file of weights; where there is no way out, give up within seconds."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import structlog

from services.errors import WeightsMissing

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 10.0
FIRST_BYTE_TIMEOUT_S = 6.0
"""Also covers a name that does not resolve, which a socket's own timeout does not."""

log = structlog.get_logger()


def download(url: str, path: Path) -> None:
    """Fetch a file under another name, then rename it: a file that is there is whole.

    Raises
    ------
    WeightsMissing
        If the publisher does not answer, or the transfer stops.
    """
    log.info("weights_download", file=path.name)
    if not answers(url):
        raise WeightsMissing(f"{path.name} is in no folder, and its publisher cannot be reached from here")
    part = path.with_name(path.name + ".part")
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with httpx.stream("GET", url, timeout=timeout, follow_redirects=True) as answer, part.open("wb") as opened:
            answer.raise_for_status()
            for chunk in answer.iter_bytes(1 << 20):
                opened.write(chunk)
        part.replace(path)
    except (httpx.HTTPError, OSError) as error:
        part.unlink(missing_ok=True)
        raise WeightsMissing(f"the download of {path.name} stopped ({type(error).__name__})") from error


def answers(url: str) -> bool:
    """Whether the publisher answers in time, tried in a thread that may be left behind."""
    answered = threading.Event()

    def ask() -> None:
        try:
            answer = httpx.head(url, timeout=CONNECT_TIMEOUT_S)
        except (httpx.HTTPError, OSError):
            return
        if answer.status_code < 400:
            answered.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(FIRST_BYTE_TIMEOUT_S)
    return answered.is_set()
