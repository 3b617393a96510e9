/** The sheet of keys (`?`). */

import { element } from "./element.js";
import { keysInForce, letterKeysOn, switchLetterKeys } from "./keys.js";
import { openDialog } from "./dialog.js";

/** Show every key in force, by group. */
export function showSheet() {
  /** @type {Map<string, {key: string, does: string}[]>} */
  const groups = new Map();
  for (const key of keysInForce()) groups.set(key.group, [...(groups.get(key.group) ?? []), key]);
  const lists = [...groups].map(([name, keys]) =>
    element("section", {}, element("h3", {}, name), element("dl.keys", {}, keys.map(({ key, does }) => element("div", {}, element("dt", {}, element("kbd", {}, shown(key))), element("dd", {}, does))))),
  );
  const box = element("input", { type: "checkbox", id: "letter-keys", checked: letterKeysOn() });
  box.addEventListener("change", () => switchLetterKeys(/** @type {HTMLInputElement} */ (box).checked));
  const choice = element("label.choice", { for: "letter-keys" }, box, " Keys of one letter work (switch off for speech input)");
  openDialog("Keys", [element("div.sheet", {}, lists), choice], "wide");
}

const SIGNS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", Enter: "Enter", " ": "Space" };

function shown(/** @type {string} */ key) {
  const parts = key.split(/(?<=\+)/);
  const last = parts.pop() ?? "";
  return [...parts, SIGNS[last] ?? last.toUpperCase()].join("");
}
