"""How fast the reading room is, on this machine: ``python -m tests.reading_room.speed``. Needs chromium and quiet.

Prints the time to the first pixels of a 2500 x 2048 film, to the whole film, and frames a second while window and level
are dragged over it, on 1280, 1920 and 3840 pixels of width.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.journeys.line import open_line
from tests.reading_room.conftest import CHROMIUM
from tests.reading_room.drawn_study import draw_study, keep_drawn_draft

AIMS = {"first_pixels_s": 2.0, "frames_per_second": 30.0}
SIZES = ((1280, 800), (1920, 1080), (3840, 2160))
FRAMES = """async () => {
  const film = document.querySelector(".viewport");
  const canvas = film.querySelector("canvas.film");
  const at = (x, y) => ({ clientX: x, clientY: y, button: 0, bubbles: true });
  const move = (type, x, y) => film.dispatchEvent(new PointerEvent(type, at(x, y)));
  const box = film.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  move("pointerdown", x, y);
  const began = performance.now();
  let frames = 0;
  while (performance.now() - began < 3000) {
    move("pointermove", x + 100 * Math.sin(frames / 5), y + 60 * Math.cos(frames / 7));
    await new Promise(requestAnimationFrame);
    canvas.getContext("2d").getImageData(0, 0, 1, 1);
    frames += 1;
  }
  move("pointerup", x, y);
  return frames / ((performance.now() - began) / 1000);
}"""


def measure(page: Page, url: str) -> dict[str, float]:
    """Open a study and drag over its film."""
    page.goto(url)
    page.wait_for_selector(".viewport[data-loaded]")
    first = page.evaluate("performance.now() / 1000")
    page.wait_for_selector(".viewport[data-loaded=whole]")
    whole = page.evaluate("performance.now() / 1000")
    frames = page.evaluate(FRAMES)
    return {"first_pixels_s": round(first, 2), "whole_film_s": round(whole, 2), "frames_per_second": round(frames, 1)}


def main() -> None:
    """Print one line of JSON a size, and the aims."""
    drawn = draw_study(rows=2500, columns=2048)
    with tempfile.TemporaryDirectory() as folder, open_line(Path(folder)) as line, sync_playwright() as playwright:
        study_id = line.upload(drawn.film).json()["study_id"]
        keep_drawn_draft(line.records, study_id, line.settings.store, drawn.chest)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width, height in SIZES:
            page = browser.new_page(viewport={"width": width, "height": height})
            found = measure(page, f"{line.api_url}/#/studies/{study_id}")
            sys.stdout.write(json.dumps({"width": width, **found, "aims": AIMS}) + "\n")
            page.close()


if __name__ == "__main__":
    main()
