/** The regions of a draft over one film: outlines, boxes and lines as shapes, heat maps as pictures. */

import { reach } from "../api.js";
import { element, svg } from "../element.js";
import { outlines, pathOf } from "./contours.js";

/**
 * @typedef {object} Overlay what the server says of a region; see `orchestrator/reading_room/overlays.py`
 * @property {string} name
 * @property {string} title
 * @property {string} label
 * @property {string | null} fact_id
 * @property {string} image_id
 * @property {"box" | "line" | "mask" | "heat_map"} kind
 * @property {string} colour
 * @property {{left: number, top: number, right: number, bottom: number} | null} box
 * @property {{start: [number, number], end: [number, number], name: string} | null} line
 * @property {string | null} link
 */

/** @typedef {{overlay: Overlay, shape: SVGElement | null, heat: HTMLCanvasElement | null, bounds: [number, number, number, number]}} Region */

const TICK = 0.008;
/** Pixels along the longer side of an array; a finer outline than that cannot be seen. */
const FINEST = 1024;

/**
 * Load the regions of one film.
 *
 * @param {Overlay[]} overlays
 * @param {import("./film.js").HungImage} image
 * @returns {Promise<Region[]>}
 */
export async function loadRegions(overlays, image) {
  const loaded = await Promise.allSettled(overlays.map((overlay) => loadRegion(overlay, image)));
  return loaded.filter((one) => one.status === "fulfilled").map((one) => /** @type {any} */ (one).value);
}

async function loadRegion(overlay, image) {
  if (overlay.kind === "box") return boxRegion(overlay);
  if (overlay.kind === "line") return lineRegion(overlay, image);
  const array = await loadGrey(overlay.link);
  return overlay.kind === "mask" ? maskRegion(overlay, image, array) : heatRegion(overlay, image, array);
}

/** Attributes that every shape has: what it shows, and its colour. */
function attributes(overlay) {
  return { "data-overlay": overlay.name, "data-fact": overlay.fact_id, "data-kind": overlay.kind, stroke: overlay.colour };
}

function boxRegion(overlay) {
  const { left, top, right, bottom } = overlay.box;
  const shape = svg("rect", { ...attributes(overlay), x: left, y: top, width: right - left, height: bottom - top, fill: overlay.colour });
  return { overlay, shape, heat: null, bounds: [left, top, right, bottom] };
}

/** The very line measured, with a tick at each end. */
function lineRegion(overlay, image) {
  const { start, end } = overlay.line;
  const long = Math.hypot(end[0] - start[0], end[1] - start[1]) || 1;
  const tick = TICK * Math.max(image.rows, image.columns);
  const [across, down] = [(-(end[1] - start[1]) / long) * tick, ((end[0] - start[0]) / long) * tick];
  const ticks = [start, end].map(([x, y]) => `M${x - across} ${y - down}L${x + across} ${y + down}`).join("");
  const shape = svg("path", { ...attributes(overlay), d: `M${start.join(" ")}L${end.join(" ")}${ticks}`, fill: "none" });
  const [xs, ys] = [[start[0], end[0]], [start[1], end[1]]];
  return { overlay, shape, heat: null, bounds: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] };
}

function maskRegion(overlay, image, { data, width, height }) {
  const inside = new Uint8Array(width * height);
  for (let at = 0; at < inside.length; at++) inside[at] = data[at * 4] > 127 ? 1 : 0;
  const loops = outlines(inside, width, height);
  const [across, down] = [image.columns / width, image.rows / height];
  const shape = svg("path", { ...attributes(overlay), d: pathOf(loops, across, down), fill: overlay.colour, "fill-rule": "evenodd" });
  return { overlay, shape, heat: null, bounds: boundsOf(loops.flat(), across, down, image) };
}

function heatRegion(overlay, image, { data, width, height }) {
  const heat = /** @type {HTMLCanvasElement} */ (element("canvas", { width, height, "data-overlay": overlay.name }));
  const context = heat.getContext("2d");
  const pixels = context.createImageData(width, height);
  const hot = [];
  for (let at = 0; at < width * height; at++) {
    const value = data[at * 4];
    pixels.data.set(heatColour(value), at * 4);
    if (value > 127) hot.push([at % width, Math.floor(at / width)]);
  }
  context.putImageData(pixels, 0, 0);
  return { overlay, shape: null, heat, bounds: boundsOf(hot, image.columns / width, image.rows / height, image) };
}

function boundsOf(points, across, down, image) {
  if (!points.length) return [0, 0, image.columns, image.rows];
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  return [left * across, top * down, right * across, bottom * down];
}

const STOPS = [[20, 11, 53], [101, 21, 110], [187, 55, 84], [249, 142, 9], [252, 255, 164]];

/** The stronger a place moved the score, the brighter its colour and the less of the film shows through. */
function heatColour(/** @type {number} */ value) {
  const along = (value / 255) * (STOPS.length - 1);
  const [low, high] = [STOPS[Math.floor(along)], STOPS[Math.min(STOPS.length - 1, Math.floor(along) + 1)]];
  const colour = low.map((channel, at) => Math.round(channel + (high[at] - channel) * (along % 1)));
  return [...colour, Math.round(Math.max(0, (value - 64) / 191) * 255)];
}

async function loadGrey(link) {
  const answer = await reach(link);
  const bitmap = await createImageBitmap(await answer.blob());
  const reduce = Math.max(1, Math.max(bitmap.width, bitmap.height) / FINEST);
  const [width, height] = [Math.round(bitmap.width / reduce), Math.round(bitmap.height / reduce)];
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
