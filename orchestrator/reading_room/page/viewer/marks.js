/** Everything drawn over a film: regions with their names, and what the reader measured. */

import { element, svg } from "../element.js";
import { placeNames } from "./labels.js";
import { lengthText, ratioText } from "./measure.js";
import { toScreen } from "./view.js";

/** A name in widths of the page's letters: of one letter, of the box's height, and from its edge to the words. */
const [LETTER, LINE, EDGE, FOOT] = [0.56, 1.36, 0.4, 0.98];

/** @typedef {{shown: Set<string>, lit: Set<string>, opacity: number}} Lighting what is shown by name, and which facts are lit */
/** @typedef {{start: [number, number], end: [number, number], name?: string}} Ruler */

export class Marks {
  constructor() {
    this.heat = /** @type {HTMLCanvasElement} */ (element("canvas.heat", { "aria-hidden": "true" }));
    this.shapes = svg("g");
    this.rulers = svg("g.rulers");
    this.names = svg("g.names");
    this.picture = svg("svg.marks", { "aria-hidden": "true" }, this.shapes, this.rulers, this.names);
    /** @type {import("./regions.js").Region[]} */
    this.regions = [];
  }

  /** Take the regions of the film; none is shown yet. */
  take(/** @type {import("./regions.js").Region[]} */ regions) {
    this.regions = regions;
    this.shapes.replaceChildren(...regions.flatMap(({ shape }) => (shape ? [shape] : [])));
  }

  /**
   * Draw what is shown and lit.
   *
   * @param {[number, number, number, number, number, number]} matrix from film to CSS pixels
   * @param {{width: number, height: number}} room in CSS pixels
   * @param {Lighting} lighting
   * @param {Ruler[]} rulers
   * @param {import("./film.js").HungImage} image
   * @param {import("./viewport.js").Region | null} region what the reader marked
   */
  draw(matrix, room, lighting, rulers, image, region) {
    const seen = this.regions.filter((region) => isSeen(region, lighting));
    this.shapes.setAttribute("transform", `matrix(${matrix.join(" ")})`);
    for (const region of this.regions) {
      const lit = lighting.lit.has(region.overlay.fact_id ?? "");
      if (!region.shape) continue;
      region.shape.toggleAttribute("hidden", !seen.includes(region));
      region.shape.toggleAttribute("data-lit", lit);
      region.shape.setAttribute("fill-opacity", String(fillOf(region.overlay.kind, lighting.opacity, lit)));
    }
    this.drawHeat(matrix, room, seen, lighting, image);
    this.drawRulers(matrix, rulers, image, region);
    this.drawNames(matrix, room, seen, rulers, image);
  }

  drawHeat(matrix, room, seen, lighting, image) {
    const heats = seen.filter(({ heat }) => heat);
    this.heat.hidden = !heats.length;
    this.heat.dataset.shown = heats.map(({ overlay }) => overlay.name).join(" ");
    if (!heats.length) return;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(room.width * ratio), Math.round(room.height * ratio)];
    if (this.heat.width !== width) this.heat.width = width;
    if (this.heat.height !== height) this.heat.height = height;
    const context = this.heat.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(...matrix.map((value) => value * ratio));
    context.globalAlpha = lighting.opacity;
    for (const { heat } of heats) context.drawImage(heat, 0, 0, image.columns, image.rows);
  }

  drawRulers(matrix, rulers, image, region) {
    const marked = region && onScreen(matrix, [region.left, region.top, region.right, region.bottom]);
    this.rulers.replaceChildren(
      ...(marked ? [svg("rect.region", { ...marked })] : []),
      ...rulers.map(({ start, end }) => {
        const [[x1, y1], [x2, y2]] = [toScreen(matrix, start), toScreen(matrix, end)];
        return svg("line", { x1, y1, x2, y2, "data-length": lengthText(start, end, image) });
      }),
    );
  }

  drawNames(matrix, room, seen, rulers, image) {
    const said = [
      ...rulers.map((ruler, at) => ({ text: rulerText(rulers, at, image), bounds: spanOf(ruler), colour: "var(--text-strong)" })),
      ...seen.map(({ overlay, bounds }) => ({ text: overlay.label, bounds, colour: overlay.colour, name: overlay.name })),
    ];
    if (!said.length && !this.names.childElementCount) return;
    const em = parseFloat(getComputedStyle(this.picture).fontSize);
    const wanted = said.map(({ text, bounds }) => ({ anchor: onScreen(matrix, bounds), width: (text.length * LETTER + 2 * EDGE) * em, height: LINE * em }));
    const places = placeNames(wanted, room, edgesOf(room, em));
    this.names.replaceChildren(
      ...said.map(({ text, colour, name }, at) => {
        const { x, y, width, height } = places[at];
        return svg("g", { "data-name-of": name }, svg("rect", { x, y, width, height, rx: 3 }), svg("text", { x: x + EDGE * em, y: y + FOOT * em, fill: colour }, text));
      }),
    );
  }
}

const isSeen = ({ overlay }, { shown, lit }) => shown.has(overlay.name) || lit.has(overlay.fact_id ?? "");

function fillOf(kind, opacity, lit) {
  if (kind === "box") return lit ? 0.12 : 0;
  return kind === "mask" ? opacity * (lit ? 0.5 : 0.25) : 0;
}

/** The edges hold the side markers and the corners what is said of the film; no name goes there. */
function edgesOf({ width, height }, /** @type {number} */ em) {
  const [side, corner, line] = [3.7 * em, 20 * em, 3.3 * em];
  return [
    { x: 0, y: height / 2 - side / 2, width: side, height: side },
    { x: width - side, y: height / 2 - side / 2, width: side, height: side },
    { x: width / 2 - side / 2, y: 0, width: side, height: 2 * em },
    { x: width / 2 - side / 2, y: height - 2 * em, width: side, height: 2 * em },
    { x: 0, y: 0, width: 16 * em, height: line },
    { x: 0, y: height - line, width: corner, height: line },
    { x: width - corner, y: height - line, width: corner, height: line },
  ];
}

function onScreen(matrix, [left, top, right, bottom]) {
  const [[x0, y0], [x1, y1]] = [toScreen(matrix, [left, top]), toScreen(matrix, [right, bottom])];
  return { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
}

const spanOf = ({ start, end }) => [Math.min(start[0], end[0]), Math.min(start[1], end[1]), Math.max(start[0], end[0]), Math.max(start[1], end[1])];

/** A length; on the chest line of a pair also the ratio of heart to chest. */
function rulerText(rulers, at, image) {
  const { start, end, name } = rulers[at];
  const length = `${name ? `${name} ` : ""}${lengthText(start, end, image)}`;
  const heart = name === "chest" ? rulers.slice(0, at).findLast((ruler) => ruler.name === "heart") : null;
  return heart ? `${length}, ${ratioText([heart.start, heart.end], [start, end])}` : length;
}
