/** Who else looks at this report now. */

import { ask } from "../api.js";
import { element } from "../element.js";

const BEAT_MS = 8000;

/** Say every few seconds that one is here; the returned function says that one leaves. */
export function bePresent(/** @type {string} */ base, /** @type {HTMLElement} */ place, /** @type {() => string} */ name) {
  const window = crypto.randomUUID();
  const body = (leaving = false) => ({ window, leaving, name: name() || undefined });

  async function beat() {
    if (document.hidden) return;
    try {
      show(await ask(`${base}/report/presence`, { method: "POST", body: body() }));
    } catch {
      show([]);
    }
  }

  function show(/** @type {{subject: string, name?: string}[]} */ others) {
    const names = others.map((one) => one.name ?? (one.subject === "local" ? "another window" : one.subject));
    place.hidden = !names.length;
    place.replaceChildren(element("span.here-dot", { "aria-hidden": "true" }), names.length ? `Also here: ${[...new Set(names)].join(", ")}` : "");
  }

  const timer = setInterval(beat, BEAT_MS);
  const leave = () => {
    ask(`${base}/report/presence`, { method: "POST", body: body(true), keepalive: true }).catch(() => {});
  };
  addEventListener("pagehide", leave);
  beat();
  return () => {
    clearInterval(timer);
    removeEventListener("pagehide", leave);
    leave();
  };
}
