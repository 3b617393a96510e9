/** The outline of a mask as a path, so that it is sharp at every zoom and can be pointed at. */

/**
 * Return the closed outlines of a mask in its own pixels, corners cut as marching squares would.
 *
 * @param {Uint8Array | Uint8ClampedArray} mask not 0 is inside
 * @param {number} columns
 * @param {number} rows
 * @returns {[number, number][][]}
 */
export function outlines(mask, columns, rows) {
  const edges = boundary(mask, columns, rows);
  const loops = [];
  while (edges.size) loops.push(cut(loop(edges, columns + 1)));
  return loops;
}

/** Return loops as the `d` of an SVG path, scaled into the image. */
export function pathOf(/** @type {[number, number][][]} */ loops, /** @type {number} */ across, /** @type {number} */ down) {
  const at = ([x, y]) => `${round(x * across)} ${round(y * down)}`;
  return loops.map((points) => `M${points.map(at).join("L")}Z`).join("");
}

const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;

/** Directed edges between inside and outside, the inside to the right: from each corner to the next ones. */
function boundary(mask, columns, rows) {
  /** @type {Map<number, number[]>} */
  const edges = new Map();
  const wide = columns + 1;
  const inside = (x, y) => x >= 0 && y >= 0 && x < columns && y < rows && mask[y * columns + x] !== 0;
  const add = (from, to) => edges.set(from, [...(edges.get(from) ?? []), to]);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (!inside(x, y)) continue;
      const [nw, ne, sw, se] = [y * wide + x, y * wide + x + 1, (y + 1) * wide + x, (y + 1) * wide + x + 1];
      if (!inside(x, y - 1)) add(nw, ne);
      if (!inside(x + 1, y)) add(ne, se);
      if (!inside(x, y + 1)) add(se, sw);
      if (!inside(x - 1, y)) add(sw, nw);
    }
  }
  return edges;
}

function loop(edges, wide) {
  const [start] = edges.keys();
  const points = [];
  for (let at = start; ; ) {
    points.push([at % wide, Math.floor(at / wide)]);
    const next = edges.get(at);
    const to = next.pop();
    if (!next.length) edges.delete(at);
    at = to;
    if (at === start) return points;
  }
}

/** The middles of the edges: every corner of a pixel becomes a slope. */
function cut(points) {
  return points.map(([x, y], at) => {
    const [nx, ny] = points[(at + 1) % points.length];
    return [(x + nx) / 2, (y + ny) / 2];
  });
}
