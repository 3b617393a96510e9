/**
 * Events as they happen, for as long as somebody looks. A hidden tab listens to nothing: a browser keeps six
 * connections to one server, and ten open tabs would leave none for the pixels. Coming back, it is told everything anew.
 */

import { readStream } from "./stream.js";

const AGAIN_MS = 1000;

/**
 * Listen until the returned function is called.
 *
 * @param {string} path
 * @param {Record<string, (data: any) => void>} handlers by event name
 * @param {(connected: boolean) => void} [onstate]
 * @returns {() => void}
 */
export function listen(path, handlers, onstate = () => {}) {
  /** @type {AbortController | null} */
  let open = null;

  async function run(/** @type {AbortController} */ now) {
    while (!now.signal.aborted) {
      try {
        await readStream(path, { signal: now.signal }, ({ name, data }) => {
          onstate(true);
          handlers[name]?.(data);
        });
      } catch (error) {
        if (error.status === 403) now.abort();
      }
      if (now.signal.aborted) return;
      onstate(false);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  function turn() {
    open?.abort();
    open = document.hidden ? null : new AbortController();
    if (open) run(open);
  }

  document.addEventListener("visibilitychange", turn);
  turn();
  return () => {
    document.removeEventListener("visibilitychange", turn);
    open?.abort();
  };
}
