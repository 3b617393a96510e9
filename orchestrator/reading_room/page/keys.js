/**
 * Every key of the page, in one table that the sheet (`?`) shows.
 *
 * Keys of one letter rest while somebody writes, and can be switched off for speech input (WCAG 2.1.4).
 */

/**
 * @typedef {object} Key
 * @property {string} key as `KeyboardEvent.key` says it, with `Ctrl+`, `Alt+` or `Shift+` before: `"Ctrl+Enter"`
 * @property {string} does what it does, in words
 * @property {string} group
 * @property {(event: KeyboardEvent) => void} run
 * @property {boolean} [whileWriting] whether it works inside a text field too
 */

const SWITCH = "wetread.letter-keys";

/** @type {Key[]} */
let keys = [];

/** Add keys; the returned function takes them away again. */
export function addKeys(/** @type {Key[]} */ more) {
  keys = [...keys, ...more];
  return () => {
    keys = keys.filter((key) => !more.includes(key));
  };
}

/** Every key in force. */
export const keysInForce = () => keys;

/** Whether keys of one letter work. */
export const letterKeysOn = () => localStorage.getItem(SWITCH) !== "off";

export function switchLetterKeys(/** @type {boolean} */ on) {
  localStorage.setItem(SWITCH, on ? "on" : "off");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const pressed = nameOf(event);
  const writing = isWriting(event.target);
  const single = pressed.length === 1;
  if (single && !letterKeysOn() && pressed !== "?") return;
  if (document.querySelector("dialog[open]")) return; // Escape is the dialog's: it closes, and nobody leaves the study
  const wanted = [...keys].reverse().find((key) => key.key === pressed && (key.whileWriting || !writing));
  if (!wanted) return;
  event.preventDefault();
  wanted.run(event);
});

function nameOf(/** @type {KeyboardEvent} */ event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key));
  return [event.ctrlKey || event.metaKey ? "Ctrl+" : "", event.altKey ? "Alt+" : "", shift ? "Shift+" : "", key].join("");
}

function isWriting(/** @type {EventTarget | null} */ target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "range", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}
