/** The bar of tools over the films, and their keys. */

import { button, element } from "../element.js";
import { addKeys } from "../keys.js";
import { PRESETS } from "./window.js";

const TOOLS = [
  { tool: "window", words: "Window", key: "w", does: "Tool: drag for window and level" },
  { tool: "pan", words: "Pan", key: "p", does: "Tool: drag to pan (also Shift or middle button)" },
  { tool: "zoom", words: "Zoom", key: "z", does: "Tool: drag to zoom (also wheel or right button)" },
  { tool: "measure", words: "Measure", key: "m", does: "Tool: measure a length" },
  { tool: "region", words: "Region", key: "g", does: "Tool: mark a region, to have it read again or to ask about it" },
  { tool: "ratio", words: "Ratio", key: "t", does: "Tool: cardiothoracic ratio, heart then chest" },
];
const STEP = 0.1;
const PAN_PX = 60;

/**
 * Return the bar, and a function that closes it.
 *
 * @param {import("./lightbox.js").Lightbox} box
 */
export function makeTools(box) {
  const film = "Films";
  const tools = TOOLS.map(({ tool, words, key }) => button(words, () => box.choose(/** @type {any} */ (tool)), { "data-tool": tool }, key));
  const preset = element("select", { "aria-label": "Window preset" }, PRESETS.map(({ key, name }) => element("option", { value: key }, `${key} ${name}`)));
  preset.addEventListener("change", () => box.each((viewport) => viewport.preset(PRESETS.find(({ key }) => key === /** @type {any} */ (preset).value))));
  const overlays = button("Overlays", () => box.toggleOverlays(), {}, "o");
  const lines = button("CTR lines", () => box.toggleLines(), {}, "c");
  const prior = button("Prior", () => box.togglePrior(), { disabled: !box.hanging.priors.length }, "b");
  const link = button("Link", () => box.toggleLink(), {}, "l");
  const opacity = element("input", { type: "range", min: 10, max: 100, step: 5, value: 50, "aria-label": "Opacity of overlays", title: "Opacity of overlays ([ and ])" });
  opacity.addEventListener("input", () => box.fade(Number(/** @type {any} */ (opacity).value) / 100));

  const one = (/** @type {string} */ words, /** @type {(v: any) => void} */ act, /** @type {string} */ key) => button(words, () => box.each(act), {}, key);
  const bar = element(
    "div.tools", { role: "toolbar", "aria-label": "Film tools" },
    element("div.tool-group", {}, tools),
    element("div.tool-group", {}, preset),
    element("div.tool-group", {}, one("Invert", (v) => v.invert(), "i"), one("Turn", (v) => v.turn(1), "r"), one("Fit", (v) => v.fit(), "f"), one("1:1", (v) => v.actual(), "a"), one("Reset", (v) => v.reset(), "0")),
    element("div.tool-group", {}, overlays, opacity, lines),
    element("div.tool-group", {}, prior, link),
  );

  const unkey = addKeys([
    ...TOOLS.map(({ tool, key, does }) => ({ key, does, group: film, run: () => box.choose(/** @type {any} */ (tool)) })),
    ...PRESETS.map((wanted) => ({ key: wanted.key, does: `${wanted.name} window`, group: "Windows", run: () => box.each((v) => v.preset(wanted)) })),
    { key: "i", does: "Invert", group: film, run: () => box.each((v) => v.invert()) },
    { key: "r", does: "Turn clockwise", group: film, run: () => box.each((v) => v.turn(1)) },
    { key: "Shift+r", does: "Turn the other way", group: film, run: () => box.each((v) => v.turn(-1)) },
    { key: "f", does: "Fit", group: film, run: () => box.each((v) => v.fit()) },
    { key: "a", does: "Actual size, one pixel a pixel", group: film, run: () => box.each((v) => v.actual()) },
    { key: "0", does: "Reset", group: film, run: () => box.each((v) => v.reset()) },
    { key: "+", does: "Closer", group: film, run: () => box.each((v) => v.zoom(1.25)) },
    { key: "-", does: "Farther", group: film, run: () => box.each((v) => v.zoom(0.8)) },
    { key: "Alt+ArrowLeft", does: "Pan", group: film, run: () => box.each((v) => v.pan(PAN_PX, 0)) },
    { key: "Alt+ArrowRight", does: "Pan", group: film, run: () => box.each((v) => v.pan(-PAN_PX, 0)) },
    { key: "Alt+ArrowUp", does: "Pan", group: film, run: () => box.each((v) => v.pan(0, PAN_PX)) },
    { key: "Alt+ArrowDown", does: "Pan", group: film, run: () => box.each((v) => v.pan(0, -PAN_PX)) },
    { key: "Shift+ArrowRight", does: "Wider window", group: "Windows", run: () => box.each((v) => v.dragWindow(20, 0)) },
    { key: "Shift+ArrowLeft", does: "Narrower window", group: "Windows", run: () => box.each((v) => v.dragWindow(-20, 0)) },
    { key: "Shift+ArrowUp", does: "Lower level: brighter", group: "Windows", run: () => box.each((v) => v.dragWindow(0, -20)) },
    { key: "Shift+ArrowDown", does: "Higher level: darker", group: "Windows", run: () => box.each((v) => v.dragWindow(0, 20)) },
    { key: "o", does: "Overlays on and off", group: "Overlays", run: () => box.toggleOverlays() },
    { key: "c", does: "Cardiothoracic lines on and off", group: "Overlays", run: () => box.toggleLines() },
    { key: "[", does: "Fainter", group: "Overlays", run: () => box.fade(box.opacity - STEP) },
    { key: "]", does: "Stronger", group: "Overlays", run: () => box.fade(box.opacity + STEP) },
    { key: "b", does: "Prior beside", group: film, run: () => box.togglePrior() },
    { key: "l", does: "Link films of the same projection", group: film, run: () => box.toggleLink() },
  ]);

  function show() {
    for (const tool of tools) tool.setAttribute("aria-pressed", String(tool.dataset.tool === box.tool));
    overlays.setAttribute("aria-pressed", String(box.shown));
    lines.setAttribute("aria-pressed", String(box.lines));
    prior.setAttribute("aria-pressed", String(box.withPrior));
    link.setAttribute("aria-pressed", String(box.linked));
    /** @type {any} */ (opacity).value = String(Math.round(box.opacity * 100));
  }
  return { bar, show, close: unkey };
}
