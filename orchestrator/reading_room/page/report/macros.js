/**
 * Macros: a short word after a dot becomes a sentence (`.clear` and a space). Templates: several sentences at once.
 * They belong to this workstation.
 */

import { askPerson } from "../dialog.js";
import { element } from "../element.js";
import { say } from "../say.js";

const KEPT = "wetread.macros";

/** Written here; each says only what a reader has looked at. */
export const FIRST_MACROS = {
  clear: "The lungs are clear.",
  noptx: "There is no pneumothorax.",
  noeff: "There is no pleural effusion.",
  heart: "The cardiac silhouette is not enlarged.",
  bones: "No acute osseous abnormality is seen.",
  lines: "No line, tube or device is seen.",
  compare: "No earlier examination is available for comparison.",
  limited: "The examination is limited by projection and inspiration.",
};

export const TEMPLATES = {
  "Normal chest": ["The lungs are clear.", "There is no pleural effusion.", "There is no pneumothorax.", "The cardiac silhouette is not enlarged.", "No acute osseous abnormality is seen."],
  "Portable chest": ["The examination is limited by projection and inspiration.", "The lungs are clear.", "There is no pneumothorax."],
  "Lines and tubes": ["The endotracheal tube ends … cm above the carina.", "The central venous catheter ends in the superior vena cava.", "There is no pneumothorax."],
};

/** @returns {Record<string, string>} */
export function macrosInForce() {
  try {
    return { ...FIRST_MACROS, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return FIRST_MACROS;
  }
}

/**
 * Return a text with the macro before the caret written out, and where the caret then is; null without one.
 *
 * @param {string} text
 * @param {number} caret after the space that ended the macro
 * @param {Record<string, string>} macros
 */
export function expanded(text, caret, macros) {
  const found = /(?:^|\s)\.([a-z0-9]{1,20})\s$/i.exec(text.slice(0, caret));
  const words = found && macros[found[1].toLowerCase()];
  if (!words) return null;
  const start = caret - found[1].length - 2;
  return { text: `${text.slice(0, start)}${words} ${text.slice(caret)}`, caret: start + words.length + 1 };
}

/** Let the person write macros of his or her own: a line each, `word = sentence`. */
export async function editMacros() {
  const lines = Object.entries(macrosInForce()).map(([word, text]) => `${word} = ${text}`);
  const answer = await askPerson("Macros", [
    element("label", { for: "macro-lines" }, "One a line: a word, = and its sentence. In a sentence, type a dot, the word and a space."),
    element("textarea", { id: "macro-lines", name: "lines", rows: 14, spellcheck: "false" }, lines.join("\n")),
  ], "Keep");
  if (!answer) return;
  const pairs = answer.lines.split("\n").map((line) => /^\s*\.?([a-z0-9]{1,20})\s*=\s*(.+?)\s*$/i.exec(line)).filter(Boolean);
  localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(pairs.map(([, word, text]) => [word.toLowerCase(), text]))));
  say(`${pairs.length} macros kept on this workstation.`);
}
