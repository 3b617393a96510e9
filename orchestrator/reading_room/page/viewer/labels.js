/** Where the names of overlays stand, so that no two of them ever lie over each other. */

/** @typedef {{x: number, y: number, width: number, height: number}} Rectangle */

const GAP = 3;

/**
 * Return a place for each name, in order; the first come closest to what they name.
 *
 * @param {{anchor: Rectangle, width: number, height: number}[]} names the region on the screen, and the size of its name
 * @param {{width: number, height: number}} room
 * @param {Rectangle[]} [taken] places that other things have
 * @returns {Rectangle[]}
 */
export function placeNames(names, room, taken = []) {
  const placed = [];
  for (const name of names) {
    const free = candidates(name, room).find((place) => ![...taken, ...placed].some((other) => touch(place, other)));
    placed.push(free ?? { x: 0, y: room.height + placed.length * (name.height + GAP), width: name.width, height: name.height });
  }
  return placed;
}

/** Above, below and beside the region; then every line of the viewport, the closest first. */
function candidates({ anchor, width, height }, room) {
  const at = (x, y) => ({ x: clamp(x, 0, room.width - width), y: clamp(y, 0, room.height - height), width, height });
  const right = anchor.x + anchor.width;
  const below = anchor.y + anchor.height;
  const near = [
    at(anchor.x, anchor.y - height - GAP),
    at(anchor.x, below + GAP),
    at(right - width, anchor.y - height - GAP),
    at(right + GAP, anchor.y),
    at(anchor.x - width - GAP, anchor.y),
    at(anchor.x + GAP, anchor.y + GAP),
  ];
  const lines = Math.max(1, Math.floor(room.height / (height + GAP)));
  const columns = Math.max(1, Math.floor(room.width / (width + GAP)));
  const grid = [];
  for (let line = 0; line < lines; line++) {
    for (let column = 0; column < columns; column++) grid.push(at(column * (width + GAP), line * (height + GAP)));
  }
  const far = (place) => Math.abs(place.x - anchor.x) + Math.abs(place.y - anchor.y);
  return [...near, ...grid.sort((a, b) => far(a) - far(b))];
}

const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

/** Whether two places overlap. */
export function touch(/** @type {Rectangle} */ a, /** @type {Rectangle} */ b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
