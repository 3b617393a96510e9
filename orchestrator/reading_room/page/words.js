/** How times and numbers are written. */

const MINUTE = 60_000;

/** `"4 min"`, `"3 h 05"`, `"6 d"` since a moment. */
export function age(/** @type {string} */ iso, now = Date.now()) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(iso)) / MINUTE));
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
  return `${Math.floor(minutes / 1440)} d`;
}

/** `"in 40 min"` or `"12 min late"`. */
export function until(/** @type {string} */ iso, now = Date.now()) {
  const left = Date.parse(iso) - now;
  return left >= 0 ? `in ${age(new Date(now - left).toISOString(), now)}` : `${age(iso, now)} late`;
}

/** A moment to the minute, in the reader's own zone. */
export function moment(/** @type {string} */ iso) {
  const at = new Date(iso);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `1 sentence`, `2 sentences`. */
export const count = (/** @type {number} */ number, /** @type {string} */ noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** The first letter large. */
export const capital = (/** @type {string} */ text) => text.slice(0, 1).toUpperCase() + text.slice(1);
