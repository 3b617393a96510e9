/** The films of a study side by side: frontal left, lateral right, the prior beside; views of the same projection linked. */

import { element } from "../element.js";
import { murmur } from "../say.js";
import { makeDraggable } from "./drag.js";
import { Viewport } from "./viewport.js";

const MOST_FILMS = 4;

/** @typedef {import("./regions.js").Overlay} Overlay */

export class Lightbox {
  /**
   * @param {any} hanging what the server says of the study; see `orchestrator/reading_room/hanging.py`
   * @param {{onhover: (fact: string | null) => void, onpick: (fact: string) => void, onchange: () => void}} to
   */
  constructor(hanging, to) {
    this.hanging = hanging;
    this.to = to;
    this.place = element("div.lightbox", { role: "region", "aria-label": "Films" });
    /** @type {import("./viewport.js").Tool} */
    this.tool = "window";
    this.linked = true;
    this.withPrior = false;
    this.shown = false;
    this.lines = false;
    this.opacity = 0.5;
    /** Names of overlays that the reader has switched off one by one. @type {Set<string>} */
    this.hiddenNames = new Set();
    /** @type {Set<string>} */
    this.lit = new Set();
    /** @type {Overlay[]} */
    this.overlays = [];
    /** @type {Viewport[]} */
    this.viewports = [];
    /** The film in hand. @type {Viewport | undefined} */
    this.active = undefined;
  }

  /** Hang the films anew; what hung before keeps its view. */
  hang() {
    const prior = this.withPrior ? this.hanging.priors[0] : null;
    const wanted = [
      ...this.hanging.images.slice(0, MOST_FILMS).map((image) => ({ image, key: image.pixels, title: "Current", prior: false })),
      ...(prior?.images ?? []).slice(0, 2).map((image) => ({ image, key: image.pixels, title: priorTitle(prior), prior: true })),
    ];
    const kept = new Map(this.viewports.map((viewport) => [viewport.image.pixels, viewport]));
    this.viewports = inOrder(wanted).map(({ image, key, title, prior: old }) => kept.get(key) ?? this.make(image, title, old));
    for (const [key, viewport] of kept) if (!wanted.some((one) => one.key === key)) viewport.close();
    this.place.replaceChildren(...this.viewports.map(({ frame }) => frame));
    this.place.dataset.films = String(this.viewports.length);
    this.active = this.viewports.includes(this.active) ? this.active : this.viewports[0];
    this.mark();
  }

  make(image, title, prior) {
    const viewport = new Viewport(image, {
      title,
      prior,
      onview: (from) => this.follow(from),
      onactivate: (self) => {
        this.active = self;
        this.mark();
      },
      onhover: this.to.onhover,
      onpick: this.to.onpick,
    });
    makeDraggable(viewport, () => this.tool);
    viewport.load(prior ? [] : this.overlays).then(() => this.lightUp());
    return viewport;
  }

  /** Take the regions of a draft. */
  async takeOverlays(/** @type {Overlay[]} */ overlays) {
    this.overlays = overlays;
    await Promise.all(this.viewports.filter(({ to }) => !to.prior).map((viewport) => viewport.takeOverlays(overlays)));
    this.lightUp();
  }

  close() {
    for (const viewport of this.viewports) viewport.close();
  }

  /** Linked films of the same projection show the same part at the same magnification. */
  follow(/** @type {Viewport} */ from) {
    if (!this.linked) return;
    for (const other of this.viewports) {
      if (other !== from && other.image.projection === from.image.projection) {
        other.look({ ...from.view, turns: other.view.turns }, false);
      }
    }
  }

  /** Do something to the film in hand. */
  each(/** @type {(viewport: Viewport) => void} */ act) {
    if (this.active) act(this.active);
  }

  choose(/** @type {import("./viewport.js").Tool} */ tool) {
    this.tool = tool;
    this.place.dataset.tool = tool;
    this.to.onchange();
  }

  toggleOverlays() {
    this.shown = !this.shown;
    murmur(this.shown ? "Overlays on" : "Overlays off");
    this.lightUp();
  }

  toggleLines() {
    this.lines = !this.lines;
    this.lightUp();
  }

  /** Show or hide one overlay by name. */
  toggleOverlay(/** @type {string} */ name) {
    if (this.hiddenNames.has(name)) this.hiddenNames.delete(name);
    else this.hiddenNames.add(name);
    this.lightUp();
  }

  fade(/** @type {number} */ opacity) {
    this.opacity = Math.min(1, Math.max(0.1, opacity));
    this.lightUp();
  }

  togglePrior() {
    if (!this.hanging.priors.length) {
      murmur("There is no earlier study of this person.");
      return;
    }
    this.withPrior = !this.withPrior;
    this.hang();
    this.to.onchange();
  }

  toggleLink() {
    this.linked = !this.linked;
    this.to.onchange();
  }

  /** Light the regions of these facts, and nothing else. */
  light(/** @type {Iterable<string>} */ facts, /** @type {Iterable<string>} */ images = []) {
    this.lit = new Set(facts);
    this.litImages = new Set(images);
    this.lightUp();
  }

  /** Names that one key shows: measured lines have a key of their own, and boxes of a measurement repeat the anatomy. */
  shownNames() {
    const measured = (/** @type {Overlay} */ overlay) => overlay.fact_id?.startsWith("M");
    const wanted = this.overlays.filter((overlay) => (measured(overlay) ? this.lines && overlay.kind === "line" : this.shown));
    return new Set(wanted.map(({ name }) => name).filter((name) => !this.hiddenNames.has(name)));
  }

  lightUp() {
    const shown = this.shownNames();
    for (const viewport of this.viewports) {
      const here = !viewport.to.prior && (!this.litImages?.size || this.litImages.has(viewport.image.image_id));
      viewport.light({ shown: viewport.to.prior ? new Set() : shown, lit: here ? this.lit : new Set(), opacity: this.opacity });
    }
    this.to.onchange();
  }

  mark() {
    for (const viewport of this.viewports) viewport.frame.toggleAttribute("data-active", viewport === this.active && this.viewports.length > 1);
    this.to.onchange();
  }
}

const PLACES = { frontal: 0, lateral: 2, other: 3 };

/** A prior stands to the right of the current film of its projection. */
function inOrder(films) {
  const place = ({ image, prior }) => PLACES[image.projection] + (prior ? 1 : 0);
  return [...films].sort((a, b) => place(a) - place(b));
}

function priorTitle({ days_before: days }) {
  return days === null ? "Prior, date not known" : `Prior, ${days} days earlier`;
}
