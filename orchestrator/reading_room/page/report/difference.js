/** What a person changed of the software's words, word by word. */

import { element } from "../element.js";

/** @typedef {{kind: "same" | "removed" | "added", text: string}} Part */

/** Return the shortest way from one text to another, in words. @returns {Part[]} */
export function difference(/** @type {string} */ before, /** @type {string} */ after) {
  const [a, b] = [words(before), words(after)];
  const longest = table(a, b);
  /** @type {Part[]} */
  const parts = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      put(parts, "same", a[i++]);
      j++;
    } else if (j < b.length && (i === a.length || longest[i][j + 1] > longest[i + 1][j])) put(parts, "added", b[j++]);
    else put(parts, "removed", a[i++]);
  }
  return parts;
}

const words = (/** @type {string} */ text) => text.match(/\s+|[^\s.,;:]+|[.,;:]/g) ?? [];

/** Length of the longest common tail of words from each pair of places. */
function table(a, b) {
  const longest = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) longest[i][j] = a[i] === b[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
  }
  return longest;
}

function put(parts, kind, word) {
  const last = parts.at(-1);
  if (last?.kind === kind) last.text += word;
  else parts.push({ kind, text: word });
}

/** Show the software's words against a person's. */
export function showDifference(/** @type {import("./copy.js").Sentence} */ one) {
  if (one.drafted === null || one.drafted === undefined) return element("p.difference", {}, element("ins", {}, one.text));
  if (one.decision === "rejected") return element("p.difference", {}, element("del", {}, one.drafted));
  const tags = { same: "span", removed: "del", added: "ins" };
  return element("p.difference", {}, difference(one.drafted, one.text.trim()).map(({ kind, text }) => element(tags[kind], {}, text)));
}
