/**
 * Draws a film: the part that is seen goes through the grey table into a small canvas of its own, which the browser
 * then scales and turns. 16-bit values never become 8-bit ones before the window has been applied.
 */

import { greyTable } from "./window.js";
import { matrixOf, scaleOf, toFilm } from "./view.js";

const MARGIN = 0.15;
const SLOW_MS = 24;
/** While something is dragged no more pixels than these are drawn; the browser stretches them, and a film at rest is sharp. */
const MOVING_PIXELS = 2_000_000;

/**
 * Return by how much the sides of a canvas are divided while the film moves: 1 where all of it can be drawn.
 *
 * @param {import("./view.js").Room} room in pixels of the screen
 * @param {boolean} moving
 */
export function divisorOf({ width, height }, moving) {
  return moving ? Math.max(1, Math.ceil(Math.sqrt((width * height) / MOVING_PIXELS))) : 1;
}

export class Picture {
  /** @param {import("./film.js").Film} film */
  constructor(film) {
    this.film = film;
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.table = new Uint32Array(film.image.maximum_value + 1);
    /** What the small canvas holds. @type {{level: any, x: number, y: number, key: string} | null} */
    this.held = null;
    this.coarser = false;
  }

  /**
   * Draw the film as it is looked at.
   *
   * @param {CanvasRenderingContext2D} context of the viewport
   * @param {import("./view.js").View} view
   * @param {import("./view.js").Room} room in pixels of the canvas
   * @param {{center: number, width: number}} window
   * @param {boolean} inverted
   * @param {boolean} moving while something is dragged: a coarser level if the last frame was slow
   */
  draw(context, view, room, window, inverted, moving) {
    const began = performance.now();
    const { image } = this.film;
    const matrix = matrixOf(view, image, room);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, room.width, room.height);
    const scale = scaleOf(view, image, room);
    const level = this.film.levelFor(moving && this.coarser ? scale / 2 : scale);
    if (!level) return;
    this.hold(level, seen(matrix, image, room), window, inverted);
    const across = image.columns / level.columns;
    const down = image.rows / level.rows;
    context.setTransform(...matrix);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = moving ? "low" : "high";
    context.drawImage(this.canvas, this.held.x * across, this.held.y * down, this.canvas.width * across, this.canvas.height * down);
    this.coarser = moving && (this.coarser || performance.now() - began > SLOW_MS);
  }

  /** Fill the small canvas with a part of a level, unless it holds it already. */
  hold(level, part, window, inverted) {
    const scaled = [part[0] * level.columns, part[1] * level.rows, part[2] * level.columns, part[3] * level.rows];
    const key = `${level.reduce} ${this.film.complete} ${window.center} ${window.width} ${inverted}`;
    if (this.held?.key === key && covers(this.held, this.canvas, scaled)) return;
    const [x0, x1] = widened(scaled[0], scaled[2], level.columns);
    const [y0, y1] = widened(scaled[1], scaled[3], level.rows);
    if (this.canvas.width !== x1 - x0) this.canvas.width = x1 - x0;
    if (this.canvas.height !== y1 - y0) this.canvas.height = y1 - y0;
    const pixels = this.context.createImageData(x1 - x0, y1 - y0);
    greyTable(window, this.film.image.maximum_value, inverted, this.table);
    const fill = this.film.image.samples_per_pixel === 3 ? fillColour : fillGrey;
    fill(new Uint32Array(pixels.data.buffer), level, this.table, x0, y0, x1, y1);
    this.context.putImageData(pixels, 0, 0);
    this.held = { level, x: x0, y: y0, key };
  }
}

function fillGrey(into, { values, columns }, table, x0, y0, x1, y1) {
  for (let y = y0, to = 0; y < y1; y++) {
    for (let from = y * columns + x0, end = y * columns + x1; from < end; from++, to++) into[to] = table[values[from]];
  }
}

function fillColour(into, { values, columns }, table, x0, y0, x1, y1) {
  for (let y = y0, to = 0; y < y1; y++) {
    for (let from = (y * columns + x0) * 3, x = x0; x < x1; x++, from += 3, to++) {
      into[to] = 0xff000000 | (table[values[from + 2]] & 0xff0000) | (table[values[from + 1]] & 0xff00) | (table[values[from]] & 0xff);
    }
  }
}

/** The part of the film that is on the screen, as fractions `[x0, y0, x1, y1]`. */
function seen(matrix, image, room) {
  const corners = [[0, 0], [room.width, 0], [0, room.height], [room.width, room.height]].map((corner) => toFilm(matrix, corner));
  const xs = corners.map(([x]) => Math.min(1, Math.max(0, x / image.columns)));
  const ys = corners.map(([, y]) => Math.min(1, Math.max(0, y / image.rows)));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function covers(held, canvas, [x0, y0, x1, y1]) {
  return held.x <= x0 && held.y <= y0 && held.x + canvas.width >= x1 && held.y + canvas.height >= y1;
}

function widened(from, to, most) {
  const margin = (to - from) * MARGIN;
  const low = Math.min(most - 1, Math.max(0, Math.floor(from - margin)));
  return [low, Math.max(low + 1, Math.min(most, Math.ceil(to + margin)))];
}
