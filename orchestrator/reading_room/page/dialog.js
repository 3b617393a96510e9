/** Questions and sheets, in the browser's own dialog: it keeps the focus inside and gives it back. */

import { element } from "./element.js";

/**
 * Open a dialog; Escape and its cross close it.
 *
 * @param {string} title
 * @param {(Node | string | null)[]} content
 * @param {string} [kind] `"wide"` for sheets
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, content, kind = "") {
  const close = element("button.quiet", { type: "button", "aria-label": "Close" }, "×");
  const made = /** @type {HTMLDialogElement} */ (
    element("dialog", { "aria-labelledby": "dialog-title", "data-kind": kind }, element("header", {}, element("h2", { id: "dialog-title" }, title), close), ...content)
  );
  close.addEventListener("click", () => made.close("closed"));
  made.addEventListener("close", () => made.remove());
  document.body.append(made);
  made.showModal();
  return made;
}

/**
 * Ask and return what the form holds, or null when the person went back.
 *
 * @param {string} title
 * @param {(Node | string | null)[]} content fields with names
 * @param {string} does the words of the button that agrees
 * @returns {Promise<Record<string, string> | null>}
 */
export function askPerson(title, content, does) {
  return new Promise((resolve) => {
    const form = /** @type {HTMLFormElement} */ (
      element("form", { method: "dialog" }, ...content, element("footer", {}, element("button", { type: "button", onclick: () => dialog.close() }, "Go back"), element("button.primary", { type: "submit" }, does)))
    );
    const dialog = openDialog(title, [form]);
    let answer = null;
    form.addEventListener("submit", () => {
      answer = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    });
    dialog.addEventListener("close", () => resolve(answer));
    /** @type {HTMLElement | null} */ (form.querySelector("textarea, input, select, button.primary"))?.focus();
  });
}
