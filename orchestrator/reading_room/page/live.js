/**
 * Events as they happen. A hidden tab listens to nothing: a browser keeps six connections to one server, and ten open
 * tabs would leave none for the pixels. Coming back, it is told everything anew.
 */

/**
 * Listen until the returned function is called.
 *
 * @param {string} path
 * @param {Record<string, (data: any) => void>} handlers by event name; each gets the parsed data
 * @param {(connected: boolean) => void} [onstate]
 * @returns {() => void}
 */
export function listen(path, handlers, onstate = () => {}) {
  /** @type {EventSource | null} */
  let source = null;

  function open() {
    if (source || document.hidden) return;
    source = new EventSource(path);
    source.onopen = () => onstate(true);
    source.onerror = () => onstate(false);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(JSON.parse(/** @type {MessageEvent} */ (event).data)));
    }
  }

  function close() {
    source?.close();
    source = null;
  }

  const turn = () => (document.hidden ? close() : open());
  document.addEventListener("visibilitychange", turn);
  open();
  return () => {
    document.removeEventListener("visibilitychange", turn);
    close();
  };
}
