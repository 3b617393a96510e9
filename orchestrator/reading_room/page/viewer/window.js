/** Window and level (PS3.3 C.11.2): from stored values to grey, through a table with an entry for every value. */

/** @typedef {{center: number, width: number}} Window */

/**
 * Return the grey of every stored value as a pixel of canvas memory (little-endian RGBA).
 *
 * The linear function of PS3.3 C.11.2.1.2.1, without its half-pixel terms, which matter for 8-bit output of narrow
 * windows only.
 *
 * @param {Window} window
 * @param {number} highest the highest stored value
 * @param {boolean} inverted
 * @param {Uint32Array} [into] a table to write into again
 */
export function greyTable({ center, width }, highest, inverted, into = new Uint32Array(highest + 1)) {
  const low = center - width / 2;
  const per = 255 / Math.max(width, 1e-6);
  for (let value = 0; value <= highest; value++) {
    const grey = Math.min(255, Math.max(0, Math.round((value - low) * per)));
    const shown = inverted ? 255 - grey : grey;
    into[value] = 0xff000000 | (shown << 16) | (shown << 8) | shown;
  }
  return into;
}

/**
 * Return the window after a drag: to the right wider (less contrast), downwards higher (darker).
 *
 * @param {Window} window
 * @param {number} right in pixels of the screen
 * @param {number} down
 * @param {number} range what 500 pixels of drag cover, in stored values
 * @returns {Window}
 */
export function dragged(window, right, down, range) {
  const per = range / 500;
  return { center: window.center + down * per, width: Math.max(1, window.width + right * per) };
}

/**
 * The presets of keys 1 to 9. A radiograph has no units that windows could be agreed on (a CT has Hounsfield units), so
 * they are told against the window that the film came with: shift and width in widths of that window.
 */
export const PRESETS = [
  { key: "1", name: "As sent", shift: 0, width: 1 },
  { key: "2", name: "Full range", shift: 0, width: 0 },
  { key: "3", name: "Wide", shift: 0, width: 1.6 },
  { key: "4", name: "Lung", shift: -0.14, width: 0.7 },
  { key: "5", name: "Mediastinum", shift: 0.14, width: 0.6 },
  { key: "6", name: "Bone", shift: 0.26, width: 0.7 },
  { key: "7", name: "Lines and tubes", shift: 0.05, width: 0.42 },
  { key: "8", name: "Darkest parts", shift: -0.32, width: 0.4 },
  { key: "9", name: "Brightest parts", shift: 0.36, width: 0.4 },
];

/** Return the window of a preset for one film. @returns {Window} */
export function presetWindow(/** @type {typeof PRESETS[number]} */ preset, /** @type {import("./film.js").HungImage} */ image) {
  if (!preset.width) {
    return { center: (image.minimum_value + image.maximum_value) / 2, width: image.maximum_value - image.minimum_value };
  }
  const { center, width } = image.window;
  return { center: center + preset.shift * width, width: width * preset.width };
}
