"""The page looks as it did: small pictures of the phantom, compared with tolerance for other fonts and smoothing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

REFERENCES = Path(__file__).parent / "references"
WIDTH = 240
MEAN, SHARE, FAR = 6.0, 0.03, 60
"""Mean difference in grey levels, and the share of pixels that may be farther apart than ``FAR``."""

SHOTS = (
    ("page", "body", ""),
    ("overlays", ".viewport", "oc"),
    ("inverted", ".viewport", "oci"),
    ("turned", ".viewport", "ir"),
)
MOVED = {
    "the report is too wide": "document.querySelector('.side-panel').style.width = '60%'",
    "the film is not fitted": "document.querySelector('canvas.film').style.transform = 'translate(60px, 40px)'",
    "the tools are gone": "document.querySelector('.tools').style.display = 'none'",
    "the page is light": "document.body.style.filter = 'invert(1)'",
}


def small(picture: bytes) -> np.ndarray:
    """Return a screenshot as ``(rows, 240)`` uint8: letters become shades, shapes stay."""
    whole = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    return cv2.resize(whole, (WIDTH, round(WIDTH * whole.shape[0] / whole.shape[1])), interpolation=cv2.INTER_AREA)


def apart(seen: np.ndarray, name: str) -> tuple[float, float]:
    """Return the mean difference from the reference, and the share of pixels that are far from it."""
    expected = cv2.imread(str(REFERENCES / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    differences = np.abs(cv2.resize(seen, expected.shape[::-1]).astype(float) - expected)
    return float(differences.mean()), float((differences > FAR).mean())


def looks_alike(seen: np.ndarray, name: str) -> bool:
    mean, share = apart(seen, name)
    return mean < MEAN and share < SHARE


@pytest.fixture
def page(visit, reading_room):
    page = visit().open_study(reading_room.draft())
    page.wait_for_function("document.querySelectorAll('.marks [data-overlay]').length >= 8")
    page.wait_for_function("!document.querySelector('.banner .muted')")
    return page


def test_the_page_looks_as_it_did_and_what_is_moved_is_seen(page):
    """A missing reference is a failure that writes it, to be looked at and committed."""
    for name, selector, keys in SHOTS:
        for key in keys:
            page.keyboard.press(key)
        page.evaluate("new Promise(done => setTimeout(done, 250))")
        seen = small(page.locator(selector).screenshot())
        path = REFERENCES / f"{name}.png"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            cv2.imwrite(str(path), seen)
            pytest.fail(f"{path.name} was not there; it is now: look at it")
        assert looks_alike(seen, name), f"{name} looks otherwise: {apart(seen, name)}"
        for key in reversed(keys):
            page.keyboard.press("0" if key in "ir" else key)
    for what, mutation in MOVED.items():
        page.evaluate(mutation)
        page.evaluate("new Promise(done => setTimeout(done, 150))")
        assert not looks_alike(small(page.locator("body").screenshot()), "page"), f"nobody would notice that {what}"
        page.evaluate("for (const one of document.querySelectorAll('[style]')) one.removeAttribute('style')")
