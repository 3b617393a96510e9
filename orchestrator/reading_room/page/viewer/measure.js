/** Lengths on a film: in mm only where somebody calibrated it (PS3.3 10.7.1.3), else in pixels, and said so. */

/**
 * Return a length with its unit.
 *
 * @param {[number, number]} start `(column, row)` of the film
 * @param {[number, number]} end
 * @param {import("./film.js").HungImage} image
 */
export function lengthText(start, end, image) {
  const [across, down] = [end[0] - start[0], end[1] - start[1]];
  if (!image.spacing_mm) return `${Math.hypot(across, down).toFixed(0)} px, not calibrated`;
  const [row, column] = image.spacing_mm;
  const length = Math.hypot(across * column, down * row);
  return `${length.toFixed(length < 10 ? 1 : 0)} mm`;
}

/** Return how a film is calibrated, in words. */
export function calibrationText(/** @type {import("./film.js").HungImage} */ image) {
  return image.spacing_mm ? `mm by ${image.spacing_source}` : "not calibrated: no mm";
}

/** Return the ratio of two lengths on one film, where both run along its rows. */
export function ratioText(part, whole) {
  const long = ([[x0, y0], [x1, y1]]) => Math.hypot(x1 - x0, y1 - y0);
  return `ratio ${(long(part) / long(whole)).toFixed(2)}`;
}
