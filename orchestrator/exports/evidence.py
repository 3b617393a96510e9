"""Draw masks, boxes, measured lines and heat maps over the film, so that a sentence can be walked back to pixels."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import reportlab
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from orchestrator.exports.arrays import Array, Arrays, images_of
from orchestrator.exports.pictures import Colour, Mark, Picture, pictures_of
from orchestrator.release import Told
from orchestrator.study import Study
from services.contract import Box, HeatMap, ImageReference, Line, Mask

_SIDE = 1024
"""Longer side of a picture in pixels, without its legend."""
_INK, _PAPER = (235, 235, 235), (18, 20, 24)
Canvas = NDArray[np.uint8]


def draw_evidence(draft: Told, study: Study, arrays: Arrays, name: str | None = None) -> dict[str, bytes]:
    """Return the pictures of a draft as PNG bytes, by file name such as ``F1-pleural-effusion.png``.

    Parameters
    ----------
    name
        The one picture that is wanted, without its ending; all of them where it is not given.
    """
    images = images_of(study)
    drawn: dict[str, bytes] = {}
    for picture in pictures_of(draft):
        reference = images.get(picture.image_id)
        if name in (None, picture.name) and reference is not None and reference.location in arrays:
            drawn[f"{picture.name}.png"] = png(draw_picture(picture, reference, arrays))
    return drawn


def draw_picture(picture: Picture, reference: ImageReference, arrays: Arrays, legend: bool = True) -> Canvas:
    """Return the film with everything a picture marks, ``(rows, columns, 3)`` uint8 RGB.

    Parameters
    ----------
    arrays
        Must hold the film at ``reference.location``; a mask or heat map that it lacks is not drawn.
    legend
        Whether a strip below the film names what is marked.
    """
    canvas, scale = film(reference, arrays[reference.location])
    for mark in picture.marks:
        canvas = _marked(canvas, mark, scale, arrays)
    return _with_legend(canvas, picture) if legend else canvas


def film(reference: ImageReference, pixels: Array) -> tuple[Canvas, float]:
    """Return an image as it is shown, 8-bit RGB with its longer side at 1024, and the scale it was brought to.

    The VOI window of the image where it has one (PS3.3 C.11.2), else its 0.5 to 99.5 percentile.
    """
    scale = _SIDE / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=how).astype(np.float32)
    low, high = _window(reference, small)
    grey = np.clip((small - low) / max(high - low, 1e-6) * 255, 0, 255).astype(np.uint8)
    return (grey if grey.ndim == 3 else np.repeat(grey[..., None], 3, axis=2)), scale


def png(canvas: Canvas) -> bytes:
    """Return a canvas as PNG bytes without any metadata."""
    return cv2.imencode(".png", np.ascontiguousarray(canvas[..., ::-1]), (cv2.IMWRITE_PNG_COMPRESSION, 4))[1].tobytes()


def _window(reference: ImageReference, pixels: NDArray[np.float32]) -> tuple[float, float]:
    if reference.window is not None:
        half = reference.window.width / 2
        return reference.window.center - half, reference.window.center + half
    if reference.samples_per_pixel == 3:
        return float(reference.minimum_value), float(reference.maximum_value)
    low, high = np.percentile(pixels, (0.5, 99.5))
    return float(low), float(high)


def _marked(canvas: Canvas, mark: Mark, scale: float, arrays: Arrays) -> Canvas:
    region = mark.region
    if isinstance(region, Box):
        return _box(canvas, region, mark.colour, scale)
    if isinstance(region, Line):
        return _line(canvas, region, mark.colour, scale)
    array = arrays.get(region.array.location)
    if array is None:
        return canvas
    how = cv2.INTER_LINEAR if isinstance(region, HeatMap) else cv2.INTER_NEAREST
    grown = cv2.resize(np.asarray(array, np.uint8), canvas.shape[1::-1], interpolation=how)
    return (
        _mask(canvas, np.asarray(grown), mark.colour) if isinstance(region, Mask) else _heat(canvas, np.asarray(grown))
    )


def _mask(canvas: Canvas, mask: NDArray[np.uint8], colour: Colour) -> Canvas:
    """A light tint inside, a line around, and a dark edge that holds the line apart from bright bone."""
    inside = mask > 127 if mask.max() > 1 else mask > 0
    tinted = canvas.astype(np.float32)
    tinted[inside] = 0.86 * tinted[inside] + 0.14 * np.asarray(colour, np.float32)
    drawn = np.ascontiguousarray(tinted.astype(np.uint8))
    contours, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, contours, -1, (0, 0, 0), 5, cv2.LINE_AA)
    cv2.drawContours(drawn, contours, -1, colour, 2, cv2.LINE_AA)
    return np.asarray(drawn)


def _heat(canvas: Canvas, heat: NDArray[np.uint8]) -> Canvas:
    """The stronger a place moved the score, the less of the film shows through."""
    coloured = cv2.applyColorMap(heat, cv2.COLORMAP_INFERNO)[..., ::-1].astype(np.float32)
    weight = np.clip((heat.astype(np.float32) - 64) / 191, 0, 1)[..., None] * 0.6
    return np.asarray((canvas * (1 - weight) + coloured * weight).astype(np.uint8))


def _box(canvas: Canvas, box: Box, colour: Colour, scale: float) -> Canvas:
    drawn = canvas.copy()
    corners = (_at((box.left, box.top), scale), _at((box.right, box.bottom), scale))
    cv2.rectangle(drawn, *corners, (0, 0, 0), 6, cv2.LINE_AA)
    cv2.rectangle(drawn, *corners, colour, 3, cv2.LINE_AA)
    return drawn


def _line(canvas: Canvas, line: Line, colour: Colour, scale: float) -> Canvas:
    """The very line measured, with a tick at each end."""
    drawn = canvas.copy()
    start, end = np.array(_at(line.start, scale)), np.array(_at(line.end, scale))
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    across = np.rint(np.array((-along[1], along[0])) * 12).astype(int)
    strokes = [(start, end), (start - across, start + across), (end - across, end + across)]
    for ink, width in (((0, 0, 0), 7), (colour, 3)):
        for first, last in strokes:
            cv2.line(drawn, _point(first), _point(last), ink, width, cv2.LINE_AA)
    return drawn


def _at(place: tuple[float, float], scale: float) -> tuple[int, int]:
    return round(place[0] * scale), round(place[1] * scale)


def _point(place: NDArray[np.int_]) -> tuple[int, int]:
    return int(place[0]), int(place[1])


def _with_legend(canvas: Canvas, picture: Picture) -> Canvas:
    marks = tuple(dict.fromkeys((mark.words, mark.colour) for mark in picture.marks))
    rows = _legend_rows(marks, canvas.shape[1])
    strip = Image.new("RGB", (canvas.shape[1], 46 + 30 * len(rows)), _PAPER)
    pen = ImageDraw.Draw(strip)
    pen.text((14, 9), picture.title, fill=_INK, font=_font(24, bold=True))
    for number, row in enumerate(rows):
        left = 14
        for words, colour in row:
            top = 46 + 30 * number
            pen.rectangle((left, top + 3, left + 18, top + 19), fill=colour)
            pen.text((left + 26, top), words, fill=_INK, font=_font(18))
            left += _width(words)
    return np.vstack([canvas, np.asarray(strip, np.uint8)])


def _legend_rows(marks: tuple[tuple[str, Colour], ...], width: int) -> list[list[tuple[str, Colour]]]:
    rows: list[list[tuple[str, Colour]]] = [[]]
    room = width - 28
    for words, colour in marks:
        if rows[-1] and _width(words) > room:
            rows.append([])
            room = width - 28
        rows[-1].append((words, colour))
        room -= _width(words)
    return rows


def _width(words: str) -> int:
    return 26 + round(_font(18).getlength(words)) + 28


@lru_cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Bitstream Vera, which comes with reportlab: the same letters on every machine."""
    folder = Path(reportlab.__file__).parent / "fonts"
    return ImageFont.truetype(str(folder / ("VeraBd.ttf" if bold else "Vera.ttf")), size)
