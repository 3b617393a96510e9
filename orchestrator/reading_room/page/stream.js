/** Server-sent events over `fetch`: unlike the browser's own, they can be asked for with a body and a key. */

import { reach } from "./api.js";

/**
 * Read a stream to its end.
 *
 * @param {string} path
 * @param {{method?: string, body?: unknown, signal: AbortSignal}} how
 * @param {(event: {name: string, data: any}) => void} tell
 */
export async function readStream(path, { method = "GET", body, signal }, tell) {
  const headers = { Accept: "text/event-stream", ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  const answer = await reach(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parsed(block);
      if (event) tell(event);
    }
  }
}

/** One event, or null for a comment. */
export function parsed(/** @type {string} */ block) {
  const lines = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line)).filter(Boolean);
  const of = (/** @type {string} */ field) => lines.filter(([, name]) => name === field).map(([, , value]) => value).join("\n");
  const data = of("data");
  return data ? { name: of("event") || "message", data: JSON.parse(data) } : null;
}
