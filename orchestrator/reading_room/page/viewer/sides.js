/** Which side of the patient is where (Patient Orientation, PS3.3 C.7.6.1.1.1). Never guessed: doubt shows. */

const OPPOSITE = { L: "R", R: "L", A: "P", P: "A", H: "F", F: "H" };

/**
 * Return the letters at the four edges of the viewport.
 *
 * @param {import("./film.js").HungImage} image
 * @param {0 | 1 | 2 | 3} turns
 * @returns {{left: string, right: string, top: string, bottom: string, stated: boolean}}
 */
export function sidesOf(image, turns) {
  const stated = Boolean(image.patient_orientation);
  const [row, column] = image.patient_orientation ?? (image.projection === "frontal" ? ["L", "F"] : ["", ""]);
  const edges = [opposite(column), row, column, opposite(row)]; // top, right, bottom, left
  const [top, right, bottom, left] = edges.map((_, at) => doubt(edges[(at - turns + 4) % 4], stated));
  return { top, right, bottom, left, stated };
}

const opposite = (/** @type {string} */ letters) => [...letters].map((letter) => OPPOSITE[letter] ?? "").join("");

const doubt = (letters, stated) => (letters && !stated ? `${letters}?` : letters);
