/** One film in memory: its pixels at full depth, and smaller copies for looking at it from afar. */

import { bytes } from "../api.js";

/**
 * @typedef {object} HungImage what the server says of a film; see `orchestrator/reading_room/hanging.py`
 * @property {string} image_id
 * @property {string} pixels
 * @property {number} rows
 * @property {number} columns
 * @property {1 | 3} samples_per_pixel
 * @property {"uint8" | "uint16"} dtype
 * @property {number} minimum_value
 * @property {number} maximum_value
 * @property {{center: number, width: number}} window
 * @property {"header" | "percentiles"} window_source
 * @property {[number, number] | null} spacing_mm
 * @property {string | null} spacing_source
 * @property {string | null} modality
 * @property {string | null} view_position
 * @property {"frontal" | "lateral" | "other"} projection
 * @property {[string, string] | null} patient_orientation
 */

/** @typedef {{values: Uint8Array | Uint16Array, rows: number, columns: number, reduce: number}} Level */

const SMALLEST = 256;
const PREVIEW_FROM = 2_000_000;
const PREVIEW = 4;

export class Film {
  /** @param {HungImage} image */
  constructor(image) {
    this.image = image;
    /** Levels, the full film first once it is there; each has half the sides of the one before. @type {Level[]} */
    this.levels = [];
    this.complete = false;
  }

  /**
   * Load the film: a quarter of each side first where it is large, then all of it.
   *
   * @param {() => void} onmore called each time there is more to see
   * @param {AbortSignal} [signal]
   */
  async load(onmore, signal) {
    const { rows, columns } = this.image;
    const whole = bytes(this.image.pixels, signal);
    whole.catch(() => {});
    if (rows * columns > PREVIEW_FROM) {
      const small = await bytes(`${this.image.pixels}?reduce=${PREVIEW}`, signal);
      if (!this.complete) this.levels = [this.level(small, Math.floor(rows / PREVIEW), Math.floor(columns / PREVIEW), PREVIEW)];
      onmore();
    }
    this.levels = pyramid(this.level(await whole, rows, columns, 1), this.image.samples_per_pixel);
    this.complete = true;
    onmore();
  }

  /** The coarsest level that still has a pixel for each pixel of the screen. */
  levelFor(/** @type {number} */ screenPerPixel) {
    const fine = this.levels.filter((level) => level.reduce * screenPerPixel <= 1.0001);
    return fine.at(-1) ?? this.levels[0] ?? null;
  }

  /** The stored value at a pixel, or null outside the film or before it is there. */
  valueAt(/** @type {number} */ column, /** @type {number} */ row) {
    const level = this.levels[0];
    if (!level || level.reduce !== 1 || column < 0 || row < 0 || column >= level.columns || row >= level.rows) return null;
    return level.values[(Math.floor(row) * level.columns + Math.floor(column)) * this.image.samples_per_pixel];
  }

  level(/** @type {ArrayBuffer} */ data, /** @type {number} */ rows, /** @type {number} */ columns, /** @type {number} */ reduce) {
    const values = this.image.dtype === "uint16" ? new Uint16Array(data) : new Uint8Array(data);
    if (values.length !== rows * columns * this.image.samples_per_pixel) throw new Error("The film came incomplete; reload the page.");
    return { values, rows, columns, reduce };
  }
}

/** Return a level and its halves, each pixel the mean of four. */
export function pyramid(/** @type {Level} */ full, samples = 1) {
  const levels = [full];
  for (let level = full; Math.max(level.rows, level.columns) > SMALLEST; ) {
    level = halved(level, samples);
    levels.push(level);
  }
  return levels;
}

/** @returns {Level} */
function halved({ values, rows, columns, reduce }, samples) {
  const [r, c] = [Math.max(1, rows >> 1), Math.max(1, columns >> 1)];
  const Kind = /** @type {any} */ (values.constructor);
  const half = new Kind(r * c * samples);
  const across = columns > 1 ? samples : 0;
  const down = rows > 1 ? columns * samples : 0;
  for (let y = 0, to = 0; y < r; y++) {
    let from = y * 2 * columns * samples;
    for (let x = 0; x < c; x++, from += samples) {
      for (let s = 0; s < samples; s++, from++, to++) {
        half[to] = (values[from] + values[from + across] + values[from + down] + values[from + across + down] + 2) >> 2;
      }
    }
  }
  return { values: half, rows: r, columns: c, reduce: reduce * 2 };
}
