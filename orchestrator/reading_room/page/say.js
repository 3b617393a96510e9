/** Saying things: to everybody in a short notice, and to who listens with a screen reader. */

import { element } from "./element.js";

const LASTS_MS = 6000;

/** Say something that happened; it goes by itself. */
export function say(/** @type {string} */ text) {
  spoken("said", text);
  notice(text, "");
}

/** Say something that went wrong; it stays until it is closed. */
export function warn(/** @type {string} */ text) {
  spoken("alarm", text);
  notice(text, "wrong");
}

/** Say an error of {@link module:api}. */
export function warnOf(/** @type {any} */ error) {
  if (error?.name === "AbortError") return;
  warn(error?.expected ? `${error.message} Expected: ${error.expected}.` : (error?.message ?? String(error)));
}

/** Tell a screen reader only: what others see anyway. */
export function murmur(/** @type {string} */ text) {
  spoken("said", text);
}

function spoken(place, text) {
  const node = document.getElementById(place);
  if (node) node.textContent = text;
}

function notice(text, kind) {
  const shown = document.getElementById("notices");
  if ([...shown.children].some((child) => child.firstChild?.textContent === text)) return;
  const close = element("button.quiet", { type: "button", "aria-label": "Close this message" }, "×");
  const made = element("div.notice", { "data-kind": kind, "aria-hidden": kind ? undefined : "true" }, element("span", {}, text), close);
  close.addEventListener("click", () => made.remove());
  if (!kind) {
    close.setAttribute("tabindex", "-1");
    setTimeout(() => made.remove(), LASTS_MS);
  }
  shown.append(made);
}
