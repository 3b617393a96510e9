/** Studies dropped on the page, or chosen: everything dropped at once is one study. */

import { ask } from "../api.js";
import { element } from "../element.js";
import { say, warnOf } from "../say.js";
import { count } from "../words.js";

/** Accept files and folders dropped anywhere on an element; the returned function stops it. */
export function acceptDrops(/** @type {HTMLElement} */ on) {
  const veil = element("div.drop-veil", { "aria-hidden": "true" }, "Drop to send as one study");
  let deep = 0;
  const steps = {
    dragenter: (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (deep++ === 0) on.append(veil);
    },
    dragover: (event) => event.preventDefault(),
    dragleave: () => {
      if (deep > 0 && --deep === 0) veil.remove();
    },
    drop: async (event) => {
      event.preventDefault();
      deep = 0;
      veil.remove();
      await send(await filesOf(event.dataTransfer));
    },
  };
  for (const [name, step] of Object.entries(steps)) on.addEventListener(name, step);
  return () => {
    for (const [name, step] of Object.entries(steps)) on.removeEventListener(name, step);
    veil.remove();
  };
}

/** Let the person choose files. */
export function chooseFiles() {
  const input = /** @type {HTMLInputElement} */ (element("input", { type: "file", multiple: true, "aria-label": "Files of one study" }));
  input.addEventListener("change", () => send([...(input.files ?? [])]));
  input.click();
}

/** Send files as one study; the list shows it as soon as it is accepted. */
export async function send(/** @type {File[]} */ files) {
  if (!files.length) return;
  const form = new FormData();
  for (const file of files) form.append("files", file);
  try {
    await ask("/v1/studies", { method: "POST", body: form, headers: { "Idempotency-Key": crypto.randomUUID() } });
    say(`${count(files.length, "file")} accepted as one study.`);
  } catch (error) {
    warnOf(error);
  }
}

async function filesOf(/** @type {DataTransfer | null} */ dropped) {
  const entries = [...(dropped?.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...(dropped?.files ?? [])];
  return (await Promise.all(entries.map((entry) => inside(entry)))).flat();
}

async function inside(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    all.push(...some);
  }
  return (await Promise.all(all.map(inside))).flat();
}
