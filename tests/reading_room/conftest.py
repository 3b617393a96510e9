"""The reading room as a person meets it: the real orchestrator with its page, a drawn study, a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.line import Line, open_line
from tests.reading_room.drawn_study import DrawnStudy, draw_study, keep_drawn_draft

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
PATIENCE_MS = 30_000
ORDER = {"requested_procedure": "XR chest PA", "indication": "Dyspnoea for three days"}


@dataclass
class ReadingRoom:
    """A running orchestrator, with what a test needs to put a study on the list."""

    line: Line
    drawn: DrawnStudy = field(default_factory=draw_study)

    @property
    def url(self) -> str:
        return self.line.api_url

    def send(self, drawn: DrawnStudy | None = None, order: dict | None = None) -> str:
        """Send a film without a draft, and return its study."""
        answer = self.line.upload((drawn or self.drawn).film, order=order or ORDER)
        return str(answer.raise_for_status().json()["study_id"])

    def draft(self, drawn: DrawnStudy | None = None, order: dict | None = None) -> str:
        """Send a film, have it drafted by the perfect reader, and return its study."""
        study_id = self.send(drawn, order)
        keep_drawn_draft(self.line.records, study_id, self.line.settings.store, (drawn or self.drawn).chest)
        return study_id


@pytest.fixture(scope="package")
def reading_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadingRoom]:
    with open_line(tmp_path_factory.mktemp("reading-room")) as line:
        yield ReadingRoom(line)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for this package and no longer: while it is driven, no other test can run an event loop."""
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@dataclass
class Visitor:
    """One person at a browser, whose page must not complain."""

    page: Page
    url: str
    complaints: list[str]

    def open_worklist(self) -> Page:
        self.page.goto(f"{self.url}/")
        self.page.wait_for_selector(".link[data-state=live]")
        return self.page

    def open_study(self, study_id: str) -> Page:
        """Open a study and wait until film, draft and regions are there."""
        self.page.goto(f"{self.url}/#/studies/{study_id}")
        self.page.wait_for_selector(".viewport[data-loaded=whole]")
        self.page.wait_for_selector(".sentence")
        self.page.wait_for_selector(".viewport[data-regions]:not([data-regions='0'])")
        return self.page


@pytest.fixture
def visit(browser: Browser, reading_room: ReadingRoom):
    """Open windows of one's own; at the end none may have logged an error."""
    contexts, visitors = [], []

    def open_window(width: int = 1280, height: int = 800, url: str = "") -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        visitor = Visitor(page, url or reading_room.url, [])
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        page.on("console", lambda said: said.type == "error" and visitor.complaints.append(said.text))
        contexts.append(context)
        visitors.append(visitor)
        return visitor

    yield open_window
    complaints = [one for visitor in visitors for one in visitor.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


def store_of(reading_room: ReadingRoom) -> Path:
    return reading_room.line.settings.store
