/**
 * Where one looks at a film from. Told in fractions of the film and against the size that fits, so that the same view
 * of two films of different size shows the same part of the chest, and survives a resized window.
 */

/**
 * @typedef {object} View
 * @property {number} x what lies in the middle of the viewport, as a fraction of the film's width
 * @property {number} y
 * @property {number} magnification 1 fits the film into the viewport
 * @property {0 | 1 | 2 | 3} turns quarter turns clockwise
 */

/** @typedef {{columns: number, rows: number}} Size of a film in pixels */
/** @typedef {{width: number, height: number}} Room of a viewport in CSS pixels */

/** @type {View} */
export const FITTED = { x: 0.5, y: 0.5, magnification: 1, turns: 0 };

const LEAST = 0.2;
const MOST = 40;

/** Screen pixels per film pixel. */
export function scaleOf(/** @type {View} */ view, /** @type {Size} */ film, /** @type {Room} */ room) {
  const lying = view.turns % 2 === 1;
  const [across, down] = lying ? [film.rows, film.columns] : [film.columns, film.rows];
  return Math.min(room.width / across, room.height / down) * view.magnification;
}

/**
 * Return the transform from film to screen as `[a, b, c, d, e, f]` of a canvas or SVG matrix.
 *
 * @returns {[number, number, number, number, number, number]}
 */
export function matrixOf(/** @type {View} */ view, /** @type {Size} */ film, /** @type {Room} */ room) {
  const scale = scaleOf(view, film, room);
  const [cos, sin] = [[1, 0], [0, 1], [-1, 0], [0, -1]][view.turns];
  const [a, b, c, d] = [scale * cos, scale * sin, -scale * sin, scale * cos];
  const [x, y] = [view.x * film.columns, view.y * film.rows];
  return [a, b, c, d, room.width / 2 - a * x - c * y, room.height / 2 - b * x - d * y];
}

/** Return where a point of the film is on the screen. */
export function toScreen([a, b, c, d, e, f], [x, y]) {
  return [a * x + c * y + e, b * x + d * y + f];
}

/** Return which point of the film lies under a point of the screen. */
export function toFilm([a, b, c, d, e, f], [x, y]) {
  const area = a * d - b * c;
  return [(d * (x - e) - c * (y - f)) / area, (a * (y - f) - b * (x - e)) / area];
}

/** Return the view after a zoom that keeps the point under the pointer where it is. */
export function zoomed(view, film, room, factor, at = [room.width / 2, room.height / 2]) {
  const [x, y] = toFilm(matrixOf(view, film, room), at);
  const magnification = Math.min(MOST, Math.max(LEAST, view.magnification * factor));
  const closer = { ...view, magnification };
  const [nx, ny] = toFilm(matrixOf(closer, film, room), at);
  return within({ ...closer, x: view.x + (x - nx) / film.columns, y: view.y + (y - ny) / film.rows });
}

/** Return the view after the film was pushed by some pixels of the screen. */
export function panned(view, film, room, right, down) {
  const matrix = matrixOf(view, film, room);
  const [x0, y0] = toFilm(matrix, [0, 0]);
  const [x1, y1] = toFilm(matrix, [right, down]);
  return within({ ...view, x: view.x - (x1 - x0) / film.columns, y: view.y - (y1 - y0) / film.rows });
}

/** Return the view turned by quarters, clockwise. */
export const turned = (view, quarters) => ({ ...view, turns: /** @type {0|1|2|3} */ ((view.turns + quarters + 4) % 4) });

const within = (view) => ({ ...view, x: Math.min(1, Math.max(0, view.x)), y: Math.min(1, Math.max(0, view.y)) });
