/** One film on the wall: its picture, what lies over it, its sides, and what the pointer does to it. */

import { element } from "../element.js";
import { murmur, warnOf } from "../say.js";
import { Film } from "./film.js";
import { Marks } from "./marks.js";
import { calibrationText } from "./measure.js";
import { divisorOf, Picture } from "./picture.js";
import { loadRegions } from "./regions.js";
import { sidesOf } from "./sides.js";
import { FITTED, matrixOf, panned, scaleOf, toFilm, turned, zoomed } from "./view.js";
import { dragged, presetWindow } from "./window.js";

/** @typedef {import("./film.js").HungImage} HungImage */

/** @typedef {"window" | "pan" | "zoom" | "measure" | "ratio" | "region"} Tool */

/** @typedef {{kind: "box", left: number, top: number, right: number, bottom: number}} Region in pixels of the film */

/** How long a pointer stands still in a drag before the film is drawn sharp; letting go draws it sharp at once. */
const REST_MS = 300;

export class Viewport {
  /**
   * @param {HungImage} image
   * @param {{title: string, prior: boolean, onview: (from: Viewport) => void, onactivate: (self: Viewport) => void, onhover: (fact: string | null) => void, onpick: (fact: string) => void}} to
   */
  constructor(image, to) {
    this.image = image;
    this.to = to;
    this.film = new Film(image);
    this.picture = new Picture(this.film);
    this.marks = new Marks();
    this.view = FITTED;
    this.window = { ...image.window };
    this.inverted = false;
    /** @type {import("./marks.js").Lighting} */
    this.lighting = { shown: new Set(), lit: new Set(), opacity: 0.5 };
    /** @type {import("./marks.js").Ruler[]} */
    this.rulers = [];
    /** What the reader marked, for a specialist or a question. @type {Region | null} */
    this.region = null;
    this.moving = false;
    this.planned = 0;
    this.resting = 0;
    this.leaving = new AbortController();
    this.build();
    this.watcher = new ResizeObserver(() => this.plan());
    this.watcher.observe(this.frame);
  }

  build() {
    const corner = (/** @type {string} */ place) => element(`div.corner.${place}`, { "aria-hidden": "true" });
    const side = (/** @type {string} */ place) => element(`div.side.${place}`, { "data-side": place });
    this.canvas = /** @type {HTMLCanvasElement} */ (element("canvas.film", { "aria-hidden": "true" }));
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.corners = { title: corner("north-west"), calibration: corner("south-east"), window: corner("south-west") };
    this.sides = { left: side("left"), right: side("right"), top: side("top"), bottom: side("bottom") };
    this.wait = element("div.waiting", {}, "loading the film");
    this.frame = element(
      "div.viewport", { tabindex: "0", role: "group", "data-image": this.image.image_id, "data-prior": this.to.prior },
      this.canvas, this.marks.heat, this.marks.picture, ...Object.values(this.corners), ...Object.values(this.sides), this.wait,
    );
    this.frame.addEventListener("focus", () => this.to.onactivate(this));
    this.frame.addEventListener("pointerover", (event) => this.to.onhover(factUnder(event)));
    this.frame.addEventListener("pointerleave", () => this.to.onhover(null));
    this.frame.addEventListener("click", (event) => factUnder(event) && !this.wasDragged && this.to.onpick(/** @type {string} */ (factUnder(event))));
  }

  /** Load the pixels, and then the regions. */
  async load(/** @type {import("./regions.js").Overlay[]} */ overlays) {
    try {
      await this.film.load(() => {
        this.wait.hidden = true;
        this.frame.dataset.loaded = this.film.complete ? "whole" : "preview";
        this.plan();
      }, this.leaving.signal);
      await this.takeOverlays(overlays);
    } catch (error) {
      this.wait.hidden = false;
      this.wait.textContent = "the film could not be loaded";
      warnOf(error);
    }
  }

  /** Lay the regions of a draft over the film. */
  async takeOverlays(/** @type {import("./regions.js").Overlay[]} */ overlays) {
    const here = overlays.filter((overlay) => overlay.image_id === this.image.image_id);
    this.marks.take(await loadRegions(here, this.image));
    this.frame.dataset.regions = String(this.marks.regions.length);
    this.plan();
  }

  close() {
    this.leaving.abort();
    this.watcher.disconnect();
    clearTimeout(this.resting);
    cancelAnimationFrame(this.planned);
  }

  /** The viewport in CSS pixels. */
  get room() {
    return { width: this.frame.clientWidth, height: this.frame.clientHeight };
  }

  get matrix() {
    return matrixOf(this.view, this.image, this.room);
  }

  /** The film is dragged: drawn fast until it rests, then sharp. */
  move() {
    this.moving = true;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), REST_MS);
  }

  rest() {
    clearTimeout(this.resting);
    this.moving = false;
    this.plan();
  }

  /** Draw with the next frame. */
  plan() {
    cancelAnimationFrame(this.planned);
    this.planned = requestAnimationFrame(() => this.draw());
  }

  draw() {
    const { width, height } = this.room;
    if (!width || !height) return;
    const divisor = divisorOf({ width: width * devicePixelRatio, height: height * devicePixelRatio }, this.moving);
    const ratio = devicePixelRatio / divisor;
    this.canvas.toggleAttribute("data-coarse", divisor > 1);
    const room = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    if (this.canvas.width !== room.width) this.canvas.width = room.width;
    if (this.canvas.height !== room.height) this.canvas.height = room.height;
    this.picture.draw(this.context, this.view, room, this.window, this.inverted, this.moving);
    this.marks.draw(this.matrix, this.room, this.lighting, this.rulers, this.image, this.region);
    this.writeCorners();
  }

  writeCorners() {
    const { center, width } = this.window;
    const zoom = Math.round(scaleOf(this.view, this.image, this.room) * devicePixelRatio * 100);
    this.corners.title.textContent = [this.to.title, this.image.view_position, this.inverted ? "inverted" : "", this.view.turns ? `turned ${this.view.turns * 90}°` : ""].filter(Boolean).join(" · ");
    this.corners.window.textContent = `L ${center.toFixed(0)} · W ${width.toFixed(0)} · ${zoom} %`;
    this.corners.calibration.textContent = calibrationText(this.image);
    const sides = sidesOf(this.image, this.view.turns);
    for (const [place, node] of Object.entries(this.sides)) {
      node.textContent = sides[place];
      node.title = sides.stated ? "Patient's side, from the header" : "The header does not state the sides; the usual hanging is assumed";
    }
    this.frame.setAttribute("aria-label", `${this.to.title}, ${this.image.view_position ?? this.image.projection}; ${calibrationText(this.image)}; patient's ${sides.left || "unknown side"} on the left`);
  }

  /** Look from elsewhere, and let linked films follow. */
  look(/** @type {import("./view.js").View} */ view, follow = true) {
    this.view = view;
    this.plan();
    if (follow) this.to.onview(this);
  }

  /** Show other grey values. */
  expose(/** @type {import("./window.js").Window} */ window) {
    this.window = window;
    this.plan();
  }

  preset(/** @type {any} */ preset) {
    this.expose(presetWindow(preset, this.image));
    murmur(`${preset.name} window`);
  }

  invert() {
    this.inverted = !this.inverted;
    this.plan();
  }

  turn(/** @type {number} */ quarters) {
    this.look(turned(this.view, quarters), false);
  }

  fit() {
    this.look({ ...FITTED, turns: this.view.turns });
  }

  /** One pixel of the film on one pixel of the screen. */
  actual() {
    this.look(zoomed(this.view, this.image, this.room, 1 / (scaleOf(this.view, this.image, this.room) * devicePixelRatio)));
  }

  reset() {
    this.inverted = false;
    this.rulers = [];
    this.region = null;
    this.window = { ...this.image.window };
    this.look(FITTED);
  }

  zoom(/** @type {number} */ factor, /** @type {[number, number] | undefined} */ at) {
    this.look(zoomed(this.view, this.image, this.room, factor, at));
  }

  pan(/** @type {number} */ right, /** @type {number} */ down) {
    this.look(panned(this.view, this.image, this.room, right, down));
  }

  dragWindow(/** @type {number} */ right, /** @type {number} */ down) {
    this.expose(dragged(this.window, right, down, Math.max(this.image.window.width, 64)));
  }

  /** The point of the film under a pointer. @returns {[number, number]} */
  filmPoint(/** @type {MouseEvent} */ event) {
    const box = this.frame.getBoundingClientRect();
    return /** @type {[number, number]} */ (toFilm(this.matrix, [event.clientX - box.left, event.clientY - box.top]));
  }

  /** Mark a part of the film between two of its points. */
  markRegion(/** @type {[number, number]} */ [x0, y0], /** @type {[number, number]} */ [x1, y1]) {
    const { columns, rows } = this.image;
    const inside = (/** @type {number} */ value, /** @type {number} */ most) => Math.round(Math.min(most, Math.max(0, value)));
    const [left, right] = [inside(Math.min(x0, x1), columns), inside(Math.max(x0, x1), columns)];
    const [top, bottom] = [inside(Math.min(y0, y1), rows), inside(Math.max(y0, y1), rows)];
    this.region = right - left > 4 && bottom - top > 4 ? { kind: "box", left, top, right, bottom } : null;
    this.plan();
  }

  light(/** @type {Partial<import("./marks.js").Lighting>} */ change) {
    this.lighting = { ...this.lighting, ...change };
    this.frame.toggleAttribute("data-whole-lit", Boolean(change.lit?.size) && this.showsNothingOf(this.lighting.lit));
    this.plan();
  }

  /** True when a fact rests on this film and has no region in it: then the whole film is lit. */
  showsNothingOf(/** @type {Set<string>} */ facts) {
    return ![...facts].some((fact) => this.marks.regions.some(({ overlay }) => overlay.fact_id === fact));
  }
}

/** @returns {string | null} */
function factUnder(/** @type {Event} */ event) {
  return event.target instanceof Element ? event.target.getAttribute("data-fact") : null;
}
